namespace Nemotron.Engines.Launch;

/// <summary>How one engine container is started: everything but where it runs.</summary>
public sealed record LaunchSpec
{
    /// <summary>The container image.</summary>
    public required string Image { get; init; }

    /// <summary>The program in the foreground, as PID 1's command line; nothing that returns before the engine ends.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The program's arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>Files the engine reads, by name within <see cref="ConfigFolder"/>.</summary>
    public required IReadOnlyDictionary<string, string> ConfigFiles { get; init; }

    /// <summary>Environment the engine needs, without the user's own.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Named ports the engine listens on.</summary>
    public required IReadOnlyList<EnginePort> Ports { get; init; }

    /// <summary>HTTP probes.</summary>
    public required EngineProbes Probes { get; init; }

    /// <summary>Size of <c>/dev/shm</c> in bytes: NCCL and Python back ends fail with the 64 MiB that Kubernetes gives.</summary>
    public required long SharedMemoryBytes { get; init; }

    /// <summary>The folder in the container at which <see cref="ConfigFiles"/> are mounted.</summary>
    public const string ConfigFolder = "/etc/nemotron";

    /// <summary>The name of the port that answers OpenAI requests, or the engine's HTTP API.</summary>
    public const string HttpPortName = "http";

    /// <summary>The name of the gRPC port.</summary>
    public const string GrpcPortName = "grpc";

    /// <summary>The name of the port that answers Prometheus; null-object when the HTTP port does.</summary>
    public const string MetricsPortName = "metrics";
}

/// <summary>A port the engine listens on.</summary>
/// <param name="Name">The port's name in pod and Services.</param>
/// <param name="Number">1 to 65535.</param>
public sealed record EnginePort(string Name, int Number);

/// <summary>Where and how often the engine is asked how it is.</summary>
/// <param name="Port">The port's name.</param>
/// <param name="ReadyPath">Answers 200 when requests can be served.</param>
/// <param name="LivePath">Answers 200 while a restart would not help.</param>
/// <param name="MetricsPath">Prometheus exposition text.</param>
/// <param name="MetricsPort">The port's name for <paramref name="MetricsPath"/>.</param>
/// <param name="StartupTimeout">How long a start may take before the container is killed: engines refuse connections while they load, so a refused connection is no fault until then.</param>
public sealed record EngineProbes(string Port, string ReadyPath, string LivePath, string MetricsPath, string MetricsPort, TimeSpan StartupTimeout);
