namespace Nemotron.Engines.Launch;

/// <summary>trtllm-serve over HTTP: OpenAI API, <c>/health</c> and Prometheus on one port.</summary>
internal static class TrtLlmServeLaunch
{
    private const int Port = 8000;

    public static LaunchSpec Build(LaunchRequest request)
    {
        var config = new Dictionary<string, object>
        {
            ["kv_cache_config"] = KvCacheConfig.For(request),
            ["cuda_graph_config"] = new Dictionary<object, object> { ["enable_padding"] = true },
            // Without the first the Prometheus route answers 404; without the second it has no gauges.
            ["return_perf_metrics"] = true,
            ["enable_iter_perf_stats"] = true,
        };

        List<string> args =
        [
            "serve", request.Model,
            // The engine's own default is localhost, which nothing outside the container reaches.
            "--host", "0.0.0.0",
            "--port", $"{Port}",
            "--backend", "pytorch",
            "--tp_size", $"{request.TensorParallel}",
            "--pp_size", $"{request.PipelineParallel}",
            "--max_batch_size", $"{request.MaxBatchSize}",
            "--max_seq_len", $"{request.MaxContextTokens}",
            // Every release knows this spelling; "--config" is a newer alias.
            "--extra_llm_api_options", $"{LaunchSpec.ConfigFolder}/engine.yaml",
        ];
        if (request.Revision is not null) args.AddRange(["--hf_revision", request.Revision]);
        if (request.TrustRemoteCode) args.Add("--trust_remote_code");
        args.AddRange(request.ExtraArgs);

        return new LaunchSpec
        {
            Image = request.Image ?? EngineImages.For(request.Engine, request.Version),
            Command = ["trtllm-serve"],
            Args = args,
            ConfigFiles = new Dictionary<string, string> { ["engine.yaml"] = EngineYaml.Render(config, request.ExtraConfig) },
            Environment = new Dictionary<string, string>(),
            Ports = [new EnginePort(LaunchSpec.HttpPortName, Port)],
            Probes = new EngineProbes(LaunchSpec.HttpPortName, "/health", "/health", "/prometheus/metrics", LaunchSpec.HttpPortName, StartupTime.Limit(request.WeightsBytes)),
            SharedMemoryBytes = SharedMemory.For(request.TensorParallel * request.PipelineParallel),
        };
    }
}
