using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>What an engine in a version does not support, refused with the reason before a GPU is taken.</summary>
internal static class LaunchRules
{
    /// <summary>Returns when there is nothing against it.</summary>
    /// <exception cref="LaunchRefusedException">There is.</exception>
    public static void Check(LaunchRequest request, EngineRelease release)
    {
        CheckCheckpoint(request);
        CheckCache(request, release);
        CheckApi(request, release);
        CheckTexts(request, release);
    }

    private static void CheckCheckpoint(LaunchRequest request)
    {
        if (request.NeedsRemoteCode && !request.TrustRemoteCode)
            throw new LaunchRefusedException(LaunchRefusal.CodeNotTrusted, "checkpoint.trustRemoteCode",
                $"{request.ModelName} is loaded through Python code that comes with its checkpoint, and no engine reads its configuration without it. "
                + "Read that code, then set it to true.");
    }

    private static void CheckCache(LaunchRequest request, EngineRelease release)
    {
        if (request.Hybrid && request.ReusesBlocks)
            Need(release, TrtLlmFeature.HybridBlockReuse, "kvCache.blockReuse", "Leave it out, or set it to false");
        if (request.MambaState == StatePrecision.FP32)
            Need(release, TrtLlmFeature.MambaStateType, "engine.version", null);
        if (request.KvPrecision == KvPrecision.NVFP4)
            Need(release, TrtLlmFeature.Nvfp4KvCache, "kvCache.precision", "Use FP8");
    }

    private static void CheckApi(LaunchRequest request, EngineRelease release)
    {
        if (request.Api != EngineApi.TokenGrpc) return;
        if (request.Engine == EngineKind.Triton)
            throw LaunchRefusedException.Unsupported("engine.api", "Triton serves gRPC beside HTTP in any case; leave it out.");
        Need(release, TrtLlmFeature.TokenGrpc, "engine.api", "Leave it out");
    }

    private static void CheckTexts(LaunchRequest request, EngineRelease release)
    {
        foreach (var (field, value, feature) in new (string, string?, TrtLlmFeature?)[]
        {
            ("engine.reasoningParser", request.ReasoningParser, null),
            ("engine.toolParser", request.ToolParser, TrtLlmFeature.ToolParser),
            ("engine.chatTemplate", request.ChatTemplate, TrtLlmFeature.ChatTemplate),
        })
        {
            if (value is null) continue;
            if (request.Engine == EngineKind.Triton)
                throw LaunchRefusedException.Unsupported(field, "Triton's llmapi model takes a prompt as it is and gives text as it comes: it has no chat messages, templates or parsers. Remove it, or use TrtLlmServe.");
            if (request.Api == EngineApi.TokenGrpc)
                throw LaunchRefusedException.Unsupported(field, "with engine.api Grpc the engine sees token ids only: whoever makes them applies templates and parsers. Remove it.");
            if (feature is not null) Need(release, feature, field, "Remove it");
        }
    }

    private static void Need(EngineRelease release, TrtLlmFeature feature, string field, string? otherwise)
    {
        if (release.Has(feature)) return;
        var inside = release.Engine == EngineKind.Triton ? $"Triton {release.VersionText} with TensorRT-LLM {release.TrtLlm} inside" : $"TensorRT-LLM {release.TrtLlm}";
        var newer = release.Engine == EngineKind.Triton ? "an image with such a version inside" : "such a version in spec.engine.version";
        throw LaunchRefusedException.Unsupported(field,
            $"{feature.What} needs TensorRT-LLM {feature.Since} or newer; this is {inside}. {(otherwise is null ? "Use" : otherwise + ", or use")} {newer}.");
    }
}
