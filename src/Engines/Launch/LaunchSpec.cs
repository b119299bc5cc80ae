namespace Nemotron.Engines.Launch;

/// <summary>How the engine of one replica is started: everything but where it runs.</summary>
public sealed record LaunchSpec
{
    /// <summary>The container image.</summary>
    public required string Image { get; init; }

    /// <summary>The release that is started.</summary>
    public required EngineRelease Release { get; init; }

    /// <summary>The program in the foreground; nothing that returns before the engine ends.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The program's arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>What the other pods run, where a replica has several; null where it has one.</summary>
    public IReadOnlyList<string>? WorkerCommand { get; init; }

    /// <summary>Files the engine reads, by name within <see cref="ConfigFolder"/>.</summary>
    public required IReadOnlyDictionary<string, string> ConfigFiles { get; init; }

    /// <summary>Environment the engine needs, without the user's own.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Named ports the engine listens on for others than its own pods.</summary>
    public required IReadOnlyList<EnginePort> Ports { get; init; }

    /// <summary>The port on which the pods of a replica find together; null where it has one.</summary>
    public EnginePort? GroupPort { get; init; }

    /// <summary>How the engine is asked how it is.</summary>
    public required EngineProbes Probes { get; init; }

    /// <summary>How long a start may take before the container is killed.</summary>
    public TimeSpan StartupTimeout => Probes.Startup.Period * Probes.Startup.Failures;

    /// <summary>Where Prometheus finds the engine's metrics; null where it has none.</summary>
    public MetricsEndpoint? Metrics { get; init; }

    /// <summary>How the engine is stopped.</summary>
    public required EngineStop Stop { get; init; }

    /// <summary>Size of <c>/dev/shm</c> in bytes: NCCL and Python back ends fail with the 64 MiB that Kubernetes gives.</summary>
    public required long SharedMemoryBytes { get; init; }

    /// <summary>What a person should know about the choices made; mostly empty.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>By which parser the engine tells a trace from the answer; null where it does not, so that the trace stays in the text.</summary>
    public string? ReasoningParser { get; init; }

    /// <summary>How a client of the operator's own asks the engine: <c>Http</c>, <c>TritonGrpc</c> or <c>TrtLlmGrpc</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The folder in the container at which <see cref="ConfigFiles"/> are mounted.</summary>
    public const string ConfigFolder = "/etc/nemotron";

    /// <summary>The name of the port that answers OpenAI requests, or the engine's HTTP API.</summary>
    public const string HttpPortName = "http";

    /// <summary>The name of the engine's HTTP port where a gateway has the clients' one.</summary>
    public const string EnginePortName = "engine";

    /// <summary>The number of the engine's HTTP port where a gateway has the clients' one.</summary>
    public const int PortBehindGateway = 8010;

    /// <summary>The clients' HTTP port, of the gateway or of an engine without one.</summary>
    public const int HttpPort = 8000;

    /// <summary>The engine's HTTP port.</summary>
    internal static EnginePort HttpOf(LaunchRequest request) =>
        request.BehindGateway ? new EnginePort(EnginePortName, PortBehindGateway) : new EnginePort(HttpPortName, HttpPort);

    /// <summary>The name of the gRPC port.</summary>
    public const string GrpcPortName = "grpc";

    /// <summary>The name of a port that answers Prometheus alone.</summary>
    public const string MetricsPortName = "metrics";

    /// <summary>The name of the port on which the pods of a replica find together.</summary>
    public const string GroupPortName = "group";
}

/// <summary>A port the engine listens on.</summary>
/// <param name="Name">The port's name in pod and Services.</param>
/// <param name="Number">1 to 65535.</param>
public sealed record EnginePort(string Name, int Number);

/// <summary>Where Prometheus finds the engine's metrics.</summary>
/// <param name="Port">The port's name.</param>
/// <param name="Path">Answers with Prometheus' exposition text.</param>
public sealed record MetricsEndpoint(string Port, string Path);

/// <summary>How an engine is stopped.</summary>
/// <param name="WaitBefore">Between the decision and SIGTERM: for Endpoints to leave every node's tables, and for requests in flight where the engine itself does not wait for them.</param>
/// <param name="DrainAfter">After SIGTERM: how long the engine goes on with requests in flight.</param>
/// <param name="Unload">What it may take to end once its last request has; killed after.</param>
public sealed record EngineStop(TimeSpan WaitBefore, TimeSpan DrainAfter, TimeSpan Unload)
{
    /// <summary>All of it: what Kubernetes is to wait before it kills.</summary>
    public TimeSpan Grace => WaitBefore + DrainAfter + Unload;
}
