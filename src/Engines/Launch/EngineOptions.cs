using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nemotron.Engines.Launch;

/// <summary>The options of TensorRT-LLM's LLM class that are written as YAML whatever serves it: trtllm-serve reads them over its arguments, Triton's llmapi model has nothing else.</summary>
internal static class EngineOptions
{
    public static Dictionary<string, object> Common(LaunchRequest request, EngineRelease release)
    {
        var options = new Dictionary<string, object>
        {
            ["kv_cache_config"] = KvCacheConfig.For(request, release),
            // Graphs up to the largest batch, and smaller batches padded to the next graph.
            ["cuda_graph_config"] = new Dictionary<object, object> { ["enable_padding"] = true, ["max_batch_size"] = request.MaxBatchSize },
        };
        // As an argument the revision has had three names; as an option of the LLM class one since 0.18. Quoted, since one such as 1.0, 2024 or on would be read as a number or a truth.
        if (request.Revision is { } revision) options["revision"] = new YamlScalarNode(revision) { Style = ScalarStyle.DoubleQuoted };
        // A prompt longer than one forward pass is refused by the engine otherwise.
        if (request.ChunksPrefill && (!request.Hybrid || release.Has(TrtLlmFeature.HybridChunkedPrefill))) options["enable_chunked_prefill"] = true;
        return options;
    }

    /// <summary>The parsers to set: the deployment's, else those of the model that the release has.</summary>
    public static (string? Reasoning, string? Tool) Parsers(LaunchRequest request, EngineRelease release)
    {
        var known = request.Facts.Parsers
            .Select(parsers => (Since: EngineVersion.Parse(parsers.Since), Parsers: parsers))
            .Where(entry => entry.Since <= release.TrtLlm)
            .OrderByDescending(entry => entry.Since)
            .Select(entry => entry.Parsers)
            .FirstOrDefault();
        return (request.ReasoningParser ?? known?.Reasoning, request.ToolParser ?? known?.Tool);
    }
}
