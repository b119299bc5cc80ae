namespace Nemotron.Engines.Launch;

/// <summary>Triton with TensorRT-LLM's <c>llmapi</c> model: KServe v2 over HTTP and gRPC, Prometheus on a port of its own.</summary>
internal static class TritonLaunch
{
    private const int HttpPort = 8000;
    private const int GrpcPort = 8001;
    private const int MetricsPort = 8002;

    public static LaunchSpec Build(LaunchRequest request)
    {
        if (request.Revision is not null)
            throw new LaunchRefusedException("checkpoint.huggingFace.revision",
                "Triton's llmapi model has no option for a Hugging Face revision. Leave it out, or put that revision on a PVC and name it in checkpoint.pvc.");

        var config = new Dictionary<string, object>
        {
            ["model"] = request.Model,
            ["backend"] = "pytorch",
            ["tensor_parallel_size"] = request.TensorParallel,
            ["pipeline_parallel_size"] = request.PipelineParallel,
            ["max_batch_size"] = request.MaxBatchSize,
            ["max_seq_len"] = request.MaxContextTokens,
            ["trust_remote_code"] = request.TrustRemoteCode,
            ["kv_cache_config"] = KvCacheConfig.For(request),
            ["triton_config"] = new Dictionary<object, object> { ["max_batch_size"] = 0, ["decoupled"] = true },
        };

        List<string> args =
        [
            "--model-repository=/app/all_models/llmapi",
            "--disable-auto-complete-config",
            $"--http-port={HttpPort}",
            $"--grpc-port={GrpcPort}",
            $"--metrics-port={MetricsPort}",
            .. request.ExtraArgs,
        ];

        return new LaunchSpec
        {
            Image = request.Image ?? EngineImages.For(request.Engine, request.Version),
            // Not launch_triton_server.py: it returns at once, and with it the container.
            Command = ["tritonserver"],
            Args = args,
            ConfigFiles = new Dictionary<string, string> { ["model.yaml"] = EngineYaml.Render(config, request.ExtraConfig) },
            Environment = new Dictionary<string, string> { ["LLM_CONFIG_PATH"] = $"{LaunchSpec.ConfigFolder}/model.yaml" },
            Ports =
            [
                new EnginePort(LaunchSpec.HttpPortName, HttpPort),
                new EnginePort(LaunchSpec.GrpcPortName, GrpcPort),
                new EnginePort(LaunchSpec.MetricsPortName, MetricsPort),
            ],
            Probes = new EngineProbes(LaunchSpec.HttpPortName, "/v2/health/ready", "/v2/health/live", "/metrics", LaunchSpec.MetricsPortName, StartupTime.Limit(request.WeightsBytes)),
            SharedMemoryBytes = SharedMemory.For(request.TensorParallel * request.PipelineParallel),
        };
    }
}
