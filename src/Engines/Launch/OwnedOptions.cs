using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>
/// Options that are the operator's: what Services, probes and the memory plan rest on, and what may run in the engine. Given a second time through
/// <c>extraArgs</c> or <c>extraConfig</c>, the engine would take the later and the rest would not fit any more.
/// </summary>
internal static class OwnedOptions
{
    private static readonly Dictionary<string, string> TrtLlmServeArguments = new(StringComparer.Ordinal)
    {
        ["--host"] = "the kubelet and clients reach the engine by it",
        ["--port"] = "the Service and the probes rest on it",
        ["--tp_size"] = TensorParallel,
        ["--tensor_parallel_size"] = TensorParallel,
        ["--pp_size"] = PipelineParallel,
        ["--pipeline_parallel_size"] = PipelineParallel,
        ["--gpus_per_node"] = "it follows from the node pool",
        ["--max_seq_len"] = "set spec.maxContextTokens",
        ["--max_batch_size"] = "set spec.maxConcurrentRequests",
        ["--kv_cache_free_gpu_memory_fraction"] = MemoryFraction,
        ["--free_gpu_memory_fraction"] = MemoryFraction,
        ["--kv_cache_dtype"] = "set spec.kvCache.precision",
        ["--trust_remote_code"] = RemoteCode,
        ["--hf_revision"] = Revision,
        ["--revision"] = Revision,
        ["--config"] = ConfigurationFile,
        ["--extra_llm_api_options"] = ConfigurationFile,
        ["--reasoning_parser"] = "set spec.engine.reasoningParser",
        ["--tool_parser"] = "set spec.engine.toolParser",
        ["--chat_template"] = "set spec.engine.chatTemplate",
        ["--grpc"] = "set spec.engine.api to Grpc: the probes must know",
    };

    private static readonly Dictionary<string, string> TritonArguments = new(StringComparer.Ordinal)
    {
        ["--http-port"] = Ports,
        ["--grpc-port"] = Ports,
        ["--metrics-port"] = Ports,
        ["--allow-http"] = Ports,
        ["--allow-grpc"] = Ports,
        ["--allow-metrics"] = Ports,
        ["--model-repository"] = "the operator starts the image's own llmapi model",
        ["--model-store"] = "the operator starts the image's own llmapi model",
        ["--model-control-mode"] = "the one model must be loaded before the pod is ready",
        ["--strict-readiness"] = "readiness must say whether the model is loaded",
        ["--exit-timeout-secs"] = "set spec.drain.timeout",
        ["--disable-auto-complete-config"] = "streaming needs the model to complete its configuration",
    };

    private static readonly Dictionary<string, string> Keys = new(StringComparer.Ordinal)
    {
        ["model"] = "set spec.checkpoint",
        ["revision"] = Revision,
        ["trust_remote_code"] = RemoteCode,
        ["tensor_parallel_size"] = TensorParallel,
        ["pipeline_parallel_size"] = PipelineParallel,
        ["gpus_per_node"] = "it follows from the node pool",
        ["max_seq_len"] = "set spec.maxContextTokens",
        ["max_batch_size"] = "set spec.maxConcurrentRequests",
    };

    private const string TensorParallel = "set spec.tensorParallel";
    private const string PipelineParallel = "set spec.pipelineParallel";
    private const string MemoryFraction = "set spec.kvCache.freeGpuMemoryFraction";
    private const string RemoteCode = "set spec.checkpoint.trustRemoteCode";
    private const string Revision = "set spec.checkpoint.huggingFace.revision";
    private const string ConfigurationFile = "put its content into spec.engine.extraConfig";
    private const string Ports = "the Service and the probes rest on it";

    /// <summary>Returns when none of them is given.</summary>
    /// <exception cref="LaunchRefusedException">One is.</exception>
    public static void Check(LaunchRequest request)
    {
        var owned = request.Engine == EngineKind.Triton ? TritonArguments : TrtLlmServeArguments;
        for (var index = 0; index < request.ExtraArgs.Count; index++)
        {
            var name = request.ExtraArgs[index].Split('=', 2)[0];
            // Triton's parser takes one dash for two.
            if (owned.TryGetValue(name, out var instead) || (name.StartsWith('-') && !name.StartsWith("--", StringComparison.Ordinal) && owned.TryGetValue("-" + name, out instead)))
                throw LaunchRefusedException.Invalid($"engine.extraArgs[{index}]", $"{name} is the operator's to set: {instead}.");
        }

        if (string.IsNullOrWhiteSpace(request.ExtraConfig)) return;
        foreach (var key in EngineYaml.Read(request.ExtraConfig).Children.Keys)
        {
            if (Keys.TryGetValue(key.ToString(), out var instead))
                throw LaunchRefusedException.Invalid("engine.extraConfig", $"{key} is the operator's to set: {instead}.");
        }
    }
}
