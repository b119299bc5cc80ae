using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Clients;

/// <summary>What an engine speaks.</summary>
public enum EngineProtocol
{
    /// <summary>Triton: KServe v2 over gRPC, or over HTTP where gRPC is off.</summary>
    Triton,

    /// <summary>trtllm-serve as it starts by default: OpenAI over HTTP, no gRPC.</summary>
    TrtLlmHttp,

    /// <summary>trtllm-serve <c>--grpc</c>: <c>trtllm.TrtllmService</c>, no HTTP and so no metrics.</summary>
    TrtLlmGrpc,

    /// <summary>Experimental: trtllm-serve <c>--grpc --grpc-protocol openengine</c>.</summary>
    OpenEngine,

    /// <summary>vLLM's OpenAI server.</summary>
    Vllm,

    /// <summary>NVIDIA NIM for language models, 1.x and 2.x.</summary>
    Nim,
}

/// <summary>One engine to talk to: where it is, what it speaks, and what the cluster knows of it.</summary>
public sealed record EngineEndpoint
{
    /// <summary>Names the engine for its whole life, such as <c>namespace/pod</c>.</summary>
    public required string Key { get; init; }

    /// <summary>
    /// Changes whenever the engine starts anew under the same key, such as the pod's UID and the container's restart count. What was
    /// known of one incarnation is not held against the next.
    /// </summary>
    public string Incarnation { get; init; } = "";

    /// <summary>What it speaks.</summary>
    public required EngineProtocol Protocol { get; init; }

    /// <summary>IP address (v4 or v6, without brackets) or host name.</summary>
    public required string Host { get; init; }

    /// <summary>The gRPC port; null where the engine has none.</summary>
    public int? GrpcPort { get; init; }

    /// <summary>The HTTP port; null where the engine has none.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The port of the Prometheus text; null: the HTTP port.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>The path of the Prometheus text; null: the protocol's own.</summary>
    public string? MetricsPath { get; init; }

    /// <summary>The name under which the model is served; null: whatever the engine serves.</summary>
    public string? Model { get; init; }

    /// <summary>The engine's version where known, such as <c>1.2.1</c> or <c>26.07</c>: pins the metric dialect.</summary>
    public string? Version { get; init; }

    /// <summary>What the cluster knows of its pod.</summary>
    public PodFacts Pod { get; init; } = PodFacts.None;

    /// <summary>TLS; null for plain text.</summary>
    public TlsSettings? Tls { get; init; }

    /// <summary>
    /// Headers sent with every call: a bearer token for an engine with an API key, or the header that Triton's
    /// <c>--grpc-restricted-protocol</c> names. Never logged.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>What is known of the dialect before anything is scraped.</summary>
    public DialectHint DialectHint => new(Protocol switch
    {
        EngineProtocol.Triton => MetricSource.Triton,
        EngineProtocol.Vllm => MetricSource.Vllm,
        EngineProtocol.Nim => MetricSource.Nim,
        _ => MetricSource.TrtLlmServe,
    }, Version);

    /// <summary>Whether a client opened for the other can serve this one: same place, same protocol, same secrets.</summary>
    internal bool SameConnection(EngineEndpoint other) =>
        this with { Incarnation = other.Incarnation, Pod = other.Pod, Headers = other.Headers } == other
        && (Headers ?? NoHeaders).OrderBy(h => h.Key, StringComparer.Ordinal).SequenceEqual((other.Headers ?? NoHeaders).OrderBy(h => h.Key, StringComparer.Ordinal));

    private static readonly IReadOnlyDictionary<string, string> NoHeaders = new Dictionary<string, string>();
}
