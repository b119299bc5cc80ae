using Grpc.Core;

namespace Nemotron.Engines.Health;

/// <summary>What one poll of an engine brought, in the words of its own protocol and not yet judged.</summary>
public abstract record HealthAnswer
{
    private HealthAnswer() { }

    /// <summary>The host answered that nothing listens on the port.</summary>
    public sealed record Refused : HealthAnswer;

    /// <summary>No connection came about. <paramref name="Detail"/>: the system's words.</summary>
    public sealed record NoConnection(string Detail) : HealthAnswer;

    /// <summary>Connected, and then nothing: the deadline passed or the connection broke.</summary>
    public sealed record NoReply(string Detail) : HealthAnswer;

    /// <summary>TLS was not agreed on.</summary>
    public sealed record TlsFailed(string Detail) : HealthAnswer;

    /// <summary>An HTTP health route answered.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Body">The body's beginning, "" when empty.</param>
    /// <param name="StateHeader">The header <c>x-trtllm-server-state</c>, null when absent.</param>
    public sealed record Http(int Status, string Body, string? StateHeader = null) : HealthAnswer;

    /// <summary>A gRPC call failed with a status of the server's.</summary>
    public sealed record GrpcFailure(StatusCode Code, string Detail) : HealthAnswer;

    /// <summary><c>trtllm.TrtllmService/HealthCheck</c>: the call succeeds always, the string is the answer.</summary>
    public sealed record TrtLlmStatus(string Status) : HealthAnswer;

    /// <summary>Triton answered.</summary>
    /// <param name="ServerReady">ServerReady: with strict readiness, that every model is ready.</param>
    /// <param name="ModelReady">ModelReady of the served model; null when none was named.</param>
    /// <param name="Index">The repository's index; null when it was not needed.</param>
    public sealed record Triton(bool ServerReady, bool? ModelReady, IReadOnlyList<RepositoryModel>? Index) : HealthAnswer
    {
        /// <summary>The answer of a server with nothing to complain about.</summary>
        public static readonly Triton AllReady = new(true, true, null);
    }

    /// <summary><c>openengine.v1.Control/Health</c>. <paramref name="Detail"/>: the checks that are not ready.</summary>
    public sealed record OpenEngine(Protos.OpenEngine.HealthState State, string Detail) : HealthAnswer;
}

/// <summary>One line of Triton's repository index.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">Its version, "" when it has none loaded.</param>
/// <param name="State">UNKNOWN, READY, UNAVAILABLE, LOADING, UNLOADING, or "" for one that was never loaded.</param>
/// <param name="Reason">Why it is not ready; "unloaded" after an explicit unload.</param>
public sealed record RepositoryModel(string Name, string Version, string State, string Reason)
{
    /// <summary>Whether it serves.</summary>
    public bool Ready => State == "READY";

    /// <summary>Whether it is on its way to serve.</summary>
    public bool Loading => State == "LOADING";

    /// <summary>Whether it keeps a strict server from being ready: never loaded and unloaded on purpose do not.</summary>
    public bool HoldsReadiness => !Ready && State.Length > 0 && Reason != "unloaded";
}
