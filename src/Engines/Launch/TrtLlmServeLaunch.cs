namespace Nemotron.Engines.Launch;

/// <summary>trtllm-serve: OpenAI API, <c>/health</c> and Prometheus on one HTTP port, or gRPC with token ids in place of all that.</summary>
internal static class TrtLlmServeLaunch
{
    private const int GrpcPort = 50051;
    private const string ConfigFile = "engine.yaml";
    private const string ChatTemplateFile = "chat-template.jinja";
    private const string GrpcHealthFile = "grpc_health.py";

    public static LaunchSpec Build(LaunchRequest request, EngineRelease release)
    {
        var grpc = request.Api == EngineApi.TokenGrpc;
        var config = EngineOptions.Common(request, release);
        if (!grpc && release.Has(TrtLlmFeature.PrometheusMetrics))
        {
            // Without the first the Prometheus route answers 404; without the second it has no gauges.
            config["return_perf_metrics"] = true;
        }

        config["enable_iter_perf_stats"] = true;
        var files = new Dictionary<string, string> { [ConfigFile] = EngineYaml.Render(config, request.ExtraConfig) };
        if (request.ChatTemplate is { } template) files[ChatTemplateFile] = template;
        if (grpc) files[GrpcHealthFile] = EmbeddedScript.Read(GrpcHealthFile);

        return new LaunchSpec
        {
            Image = request.Image ?? EngineImages.For(request.Engine, request.Version),
            Release = release,
            Command = ["trtllm-serve"],
            Args = Arguments(request, release, grpc),
            ConfigFiles = files,
            Environment = new Dictionary<string, string>(),
            Ports = [grpc ? new EnginePort(LaunchSpec.GrpcPortName, GrpcPort) : LaunchSpec.HttpOf(request)],
            Probes = Probes(request, grpc),
            Metrics = grpc || !release.Has(TrtLlmFeature.PrometheusMetrics) ? null : new MetricsEndpoint(LaunchSpec.HttpOf(request).Name, "/prometheus/metrics"),
            Stop = Stop(request, grpc),
            SharedMemoryBytes = SharedMemory.For(request.Layout.GpusPerPod),
            ReasoningParser = grpc ? null : EngineOptions.Parsers(request, release).Reasoning,
            Protocol = grpc ? "TrtLlmGrpc" : "Http",
        };
    }

    private static List<string> Arguments(LaunchRequest request, EngineRelease release, bool grpc)
    {
        List<string> args =
        [
            "serve", request.Model,
            // The engine's own default is localhost, which nothing outside the container reaches.
            "--host", "0.0.0.0",
            "--port", $"{(grpc ? GrpcPort : LaunchSpec.HttpOf(request).Number)}",
            "--backend", "pytorch",
            "--tp_size", $"{request.TensorParallel}",
            "--pp_size", $"{request.PipelineParallel}",
            "--max_batch_size", $"{request.MaxBatchSize}",
            "--max_num_tokens", $"{request.MaxBatchedTokens}",
            "--max_seq_len", $"{request.MaxContextTokens}",
            // Every release knows this spelling; "--config" is a newer alias.
            "--extra_llm_api_options", $"{LaunchSpec.ConfigFolder}/{ConfigFile}",
        ];
        if (request.Layout.Pods > 1) args.AddRange(["--gpus_per_node", $"{request.Layout.GpusPerPod}"]);
        if (request.TrustRemoteCode) args.Add("--trust_remote_code");
        if (grpc)
        {
            args.Add("--grpc");
        }
        else
        {
            var (reasoning, tool) = EngineOptions.Parsers(request, release);
            if (reasoning is not null) args.AddRange(["--reasoning_parser", reasoning]);
            if (tool is not null) args.AddRange(["--tool_parser", tool]);
            if (request.ChatTemplate is not null) args.AddRange(["--chat_template", $"{LaunchSpec.ConfigFolder}/{ChatTemplateFile}"]);
        }

        args.AddRange(request.ExtraArgs);
        return args;
    }

    private static EngineProbes Probes(LaunchRequest request, bool grpc)
    {
        // Its gRPC has no grpc.health.v1, and its own health answers OK to everything with the truth in a string: only a client of it can tell.
        ProbeCheck check = grpc
            ? new ProbeCheck.Command(["python3", $"{LaunchSpec.ConfigFolder}/{GrpcHealthFile}", $"{GrpcPort}"])
            : new ProbeCheck.Http(LaunchSpec.HttpOf(request).Name, "/health");
        return EngineProbes.Of(check, check, StartupTime.Of(request), deadAfter: TimeSpan.FromMinutes(2));
    }

    // Over HTTP it goes on until its requests have ended; over gRPC it cuts them after five seconds, so the wait comes before.
    private static EngineStop Stop(LaunchRequest request, bool grpc) => grpc
        ? new EngineStop(StopTimes.Leaving + request.DrainTimeout, TimeSpan.FromSeconds(5), StopTimes.Unload(request))
        : new EngineStop(StopTimes.Leaving, request.DrainTimeout, StopTimes.Unload(request));
}
