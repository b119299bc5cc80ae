using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>What is started and yet worth a sentence to the person who asked for it.</summary>
internal static class LaunchNotes
{
    public static IEnumerable<string> Of(LaunchRequest request, EngineRelease release)
    {
        if (request is { KvPrecision: KvPrecision.BF16, Precision: not Precision.BF16 })
            yield return "The engine takes the KV cache's format from a quantised checkpoint when it is not FP8 or NVFP4: if the checkpoint says FP8, the cache holds more than was planned.";
        if (request.ChunksPrefill && request.Hybrid && !release.Has(TrtLlmFeature.HybridChunkedPrefill))
            yield return $"TensorRT-LLM {release.TrtLlm} refuses prompts of more than {request.MaxBatchedTokens} tokens for models with Mamba layers; {TrtLlmFeature.HybridChunkedPrefill.Since} and newer take them in parts.";
        if (request.Hybrid && request.ReusesBlocks)
            yield return "The memory plan counts one state of the Mamba layers for each sequence; those that are kept for reuse come on top.";
        if (request.Facts.GuidedDecoding == FeatureSupport.Untested && request.ExtraConfig?.Contains("guided_decoding_backend", StringComparison.Ordinal) == true)
            yield return $"TensorRT-LLM's documentation calls guided decoding with {request.ModelName}'s architecture untested.";
        if (request is { Engine: EngineKind.TrtLlmServe, Api: EngineApi.TokenGrpc })
            yield return "Over gRPC the engine has no metrics, and each replica takes spec.drain.timeout in full to stop, since it does not say when its requests have ended.";
    }
}
