using System.Globalization;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines;

/// <summary>Reads the command line of <c>tritonserver</c> and the <c>model.yaml</c> of its llmapi model.</summary>
internal static class TritonLine
{
    private static readonly ProgramOption[] Options =
    [
        ProgramOption.Of("--model-repository", "--model-store"), ProgramOption.Of("--http-port"), ProgramOption.Of("--grpc-port"), ProgramOption.Of("--metrics-port"),
        ProgramOption.Of("--http-address"), ProgramOption.Of("--grpc-address"), ProgramOption.Of("--metrics-address"), ProgramOption.Of("--allow-http"), ProgramOption.Of("--allow-grpc"),
        ProgramOption.Of("--allow-metrics"), ProgramOption.Of("--allow-gpu-metrics"), ProgramOption.Of("--allow-cpu-metrics"), ProgramOption.Of("--metrics-interval-ms"),
        ProgramOption.Of("--metrics-config"), ProgramOption.Of("--model-control-mode"), ProgramOption.Of("--load-model"), ProgramOption.Of("--repository-poll-secs"),
        ProgramOption.Of("--exit-timeout-secs"), ProgramOption.Of("--strict-readiness"), ProgramOption.Of("--exit-on-error"), ProgramOption.Flag("--disable-auto-complete-config"),
        ProgramOption.Of("--backend-config"), ProgramOption.Of("--backend-directory"), ProgramOption.Of("--log-verbose"), ProgramOption.Of("--log-info"), ProgramOption.Of("--log-warning"),
        ProgramOption.Of("--log-error"), ProgramOption.Of("--log-format"), ProgramOption.Of("--log-file"), ProgramOption.Of("--id"), ProgramOption.Of("--rate-limit"),
        ProgramOption.Of("--pinned-memory-pool-byte-size"), ProgramOption.Of("--cuda-memory-pool-byte-size"), ProgramOption.Of("--cache-config"), ProgramOption.Of("--grpc-use-ssl"),
        ProgramOption.Of("--grpc-restricted-protocol"), ProgramOption.Of("--http-restricted-api"), ProgramOption.Of("--http-thread-count"), ProgramOption.Of("--trace-config"),
        ProgramOption.Of("--grpc-infer-allocation-pool-size"), ProgramOption.Of("--grpc-keepalive-time"), ProgramOption.Of("--grpc-keepalive-timeout"),
        ProgramOption.Of("--grpc-http2-min-recv-ping-interval-without-data"), ProgramOption.Of("--grpc-http2-max-pings-without-data"), ProgramOption.Of("--reuse-http-port"),
        ProgramOption.Of("--reuse-grpc-port"), ProgramOption.Of("--model-namespacing"), ProgramOption.Of("--response-cache-byte-size"), ProgramOption.Of("--buffer-manager-thread-count"),
        ProgramOption.Of("--model-load-thread-count"), ProgramOption.Of("--http-header-forward-pattern"), ProgramOption.Of("--grpc-header-forward-pattern"),
    ];

    private static readonly HashSet<string> Simulated = new(StringComparer.Ordinal)
    {
        "--model-repository", "--http-port", "--grpc-port", "--metrics-port", "--http-address", "--allow-http", "--allow-grpc", "--allow-metrics", "--exit-timeout-secs",
        "--disable-auto-complete-config", "--model-control-mode", "--load-model",
    };

    /// <summary>Reads it.</summary>
    /// <param name="arguments">What follows <c>tritonserver</c>.</param>
    /// <param name="start">The container, for its files and environment.</param>
    /// <param name="version">The container's version by its image: year and month.</param>
    /// <param name="versionText">The same as the tag spells it.</param>
    /// <exception cref="StartRefusedException">The real one would not start either.</exception>
    public static EngineSettings Read(IReadOnlyList<string> arguments, ContainerStart start, EngineVersion version, string versionText)
    {
        var options = ParsedOptions.Read(Options, arguments);
        if (options.Unknown is [var unknown, ..])
        {
            var nearest = ParsedOptions.Nearest(Options, unknown);
            throw new StartRefusedException(1, $"tritonserver: unrecognized option '{unknown}'", "Usage: tritonserver [options]", $"error: unrecognized option '{unknown}'{(nearest is null ? "" : $"; the nearest is {nearest}")}");
        }

        if (options.Valueless is { } valueless) throw new StartRefusedException(1, $"tritonserver: option '{valueless}' requires an argument");
        var repository = options["--model-repository"] ?? throw new StartRefusedException(1, "error: creating server: Invalid argument - --model-repository must be specified");
        if (options["--grpc-use-ssl"] is "true" or "1") throw new StartRefusedException(1, "nemotron-lab: --grpc-use-ssl is not simulated");
        var ensemble = repository.Contains("inflight_batcher_llm", StringComparison.Ordinal) || repository.Contains("ensemble", StringComparison.Ordinal);
        var settings = new EngineSettings
        {
            Product = EngineProduct.Triton,
            Version = version,
            VersionText = versionText,
            Model = "",
            ServedName = ensemble ? "ensemble" : "tensorrt_llm",
            Host = options["--http-address"] ?? "0.0.0.0",
            HttpPort = Allowed(options, "--allow-http") ? Port(options, "--http-port", 8000) : null,
            GrpcPort = Allowed(options, "--allow-grpc") ? Port(options, "--grpc-port", 8001) : null,
            MetricsPort = Allowed(options, "--allow-metrics") ? Port(options, "--metrics-port", 8002) : null,
            ExitTimeout = TimeSpan.FromSeconds(Math.Max(0, Whole(options, "--exit-timeout-secs") ?? 30)),
            Ensemble = ensemble,
            NotSimulated = [.. Options.Select(option => option.Names[0]).Where(name => options.Has(name) && !Simulated.Contains(name))],
        };
        return ensemble ? Ensemble(settings, start) : LlmApi(settings, start, repository);
    }

    private static EngineSettings LlmApi(EngineSettings settings, ContainerStart start, string repository)
    {
        var path = start.Environment.GetValueOrDefault("LLM_CONFIG_PATH") ?? $"{repository.TrimEnd('/')}/tensorrt_llm/1/model.yaml";
        if (!start.Files.TryGetValue(path, out var yaml))
        {
            throw new StartRefusedException(1,
                $"FileNotFoundError: [Errno 2] No such file or directory: '{path}' (the container has the files of its ConfigMaps and Secrets only; LLM_CONFIG_PATH says where model.yaml is)",
                "error: creating server: Internal - failed to load all models");
        }

        var file = LlmArguments.Read(path, yaml, "triton_config");
        var over = file.Over(settings);
        if (over.Model.Length == 0) throw new StartRefusedException(1, $"ValueError: {path}: model is required", "error: creating server: Internal - failed to load all models");
        return over with { Decoupled = file.Flag("triton_config", "decoupled") ?? false };
    }

    // Engine files say nothing that the Lab could read: the model is taken from what the pod says about itself.
    private static EngineSettings Ensemble(EngineSettings settings, ContainerStart start) => settings with
    {
        Model = start.Environment.GetValueOrDefault("MODEL_NAME") ?? "",
        TensorParallel = Math.Max(1, start.Gpus.Count),
    };

    private static bool Allowed(ParsedOptions options, string name) => options[name] is not ("false" or "0");

    private static int Port(ParsedOptions options, string name, int usual) => Whole(options, name) ?? usual;

    private static int? Whole(ParsedOptions options, string name)
    {
        if (options[name] is not { } text) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new StartRefusedException(1, $"tritonserver: invalid argument '{text}' of option '{name}'");
    }
}
