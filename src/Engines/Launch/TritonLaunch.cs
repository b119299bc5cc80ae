using System.Globalization;

namespace Nemotron.Engines.Launch;

/// <summary>
/// Triton with TensorRT-LLM's <c>llmapi</c> model: KServe v2 over HTTP and gRPC, Prometheus on a port of its own. The image has the model under
/// <c>/app/all_models/llmapi</c> (tensorrtllm_backend, dockerfile/Dockerfile.triton.trt_llm_backend); it reads its options from the file that
/// <c>LLM_CONFIG_PATH</c> names (TensorRT-LLM, triton_backend/all_models/llmapi/tensorrt_llm/1/model.py).
/// </summary>
internal static class TritonLaunch
{
    private const int GrpcPort = 8001;
    private const int MetricsPort = 8002;
    private const string ConfigFile = "model.yaml";

    public static LaunchSpec Build(LaunchRequest request, EngineRelease release)
    {
        var config = new Dictionary<string, object>
        {
            ["model"] = request.Model,
            ["backend"] = "pytorch",
            ["tensor_parallel_size"] = request.TensorParallel,
            ["pipeline_parallel_size"] = request.PipelineParallel,
            ["max_batch_size"] = request.MaxBatchSize,
            ["max_num_tokens"] = request.MaxBatchedTokens,
            ["max_seq_len"] = request.MaxContextTokens,
            ["trust_remote_code"] = request.TrustRemoteCode,
        };
        if (request.Layout.Pods > 1) config["gpus_per_node"] = request.Layout.GpusPerPod;
        foreach (var (key, value) in EngineOptions.Common(request, release)) config[key] = value;
        // The model takes this section for itself: no batching by Triton, and streaming, which only a decoupled model does.
        config["triton_config"] = new Dictionary<object, object> { ["max_batch_size"] = 0, ["decoupled"] = true };

        var http = LaunchSpec.HttpOf(request);
        List<string> args =
        [
            "--model-repository=/app/all_models/llmapi",
            // Not --disable-auto-complete-config: the model turns decoupled only while Triton completes its configuration.
            $"--http-port={http.Number}",
            $"--grpc-port={GrpcPort}",
            $"--metrics-port={MetricsPort}",
            // Triton cuts what is in flight after 30 s otherwise.
            string.Create(CultureInfo.InvariantCulture, $"--exit-timeout-secs={Math.Ceiling(request.DrainTimeout.TotalSeconds)}"),
            .. request.ExtraArgs,
        ];

        return new LaunchSpec
        {
            Image = request.Image ?? EngineImages.For(request.Engine, release.VersionText),
            Release = release,
            // Not launch_triton_server.py: it returns at once, and with it the container.
            Command = ["tritonserver"],
            Args = args,
            ConfigFiles = new Dictionary<string, string> { [ConfigFile] = EngineYaml.Render(config, request.ExtraConfig) },
            Environment = new Dictionary<string, string> { ["LLM_CONFIG_PATH"] = $"{LaunchSpec.ConfigFolder}/{ConfigFile}" },
            Ports =
            [
                http,
                new EnginePort(LaunchSpec.GrpcPortName, GrpcPort),
                new EnginePort(LaunchSpec.MetricsPortName, MetricsPort),
            ],
            Probes = Probes(request, release),
            Metrics = new MetricsEndpoint(LaunchSpec.MetricsPortName, "/metrics"),
            Stop = new EngineStop(StopTimes.Leaving, request.DrainTimeout, StopTimes.Unload(request)),
            SharedMemoryBytes = SharedMemory.For(request.Layout.GpusPerPod),
            Protocol = "TritonGrpc",
        };
    }

    private static EngineProbes Probes(LaunchRequest request, EngineRelease release)
    {
        var ready = new ProbeCheck.Http(LaunchSpec.HttpOf(request).Name, "/v2/health/ready");
        var live = new ProbeCheck.Http(LaunchSpec.HttpOf(request).Name, "/v2/health/live");
        // Live stays well when the model's process has died. Where ready notices that, five minutes without it end the container:
        // the server has one model and loads it once, so nothing else makes it unready for long.
        return release.Version >= TritonReleases.SeesDeadModels
            ? EngineProbes.Of(ready, ready, StartupTime.Of(request), deadAfter: TimeSpan.FromMinutes(5))
            : EngineProbes.Of(ready, live, StartupTime.Of(request), deadAfter: TimeSpan.FromMinutes(2));
    }
}
