using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Clients;

/// <summary>
/// One running engine, whatever it speaks. Every call has a deadline of its own (<see cref="EngineTimeouts"/>) besides the caller's
/// token. Health and probe report failure as their result; the others throw.
/// </summary>
public interface IEngine : IDisposable
{
    /// <summary>Where it is.</summary>
    EngineEndpoint Endpoint { get; }

    /// <summary>Asks once how the engine is, without retry: what comes is the answer. Judged by <see cref="HealthRules.Next"/>.</summary>
    Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation);

    /// <summary>The models it has loaded, ready or not.</summary>
    /// <exception cref="EngineCallException">It could not be asked.</exception>
    Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation);

    /// <summary>What it says of itself.</summary>
    /// <exception cref="EngineCallException">It could not be asked.</exception>
    Task<EngineInfo> InfoAsync(CancellationToken cancellation);

    /// <summary>
    /// Its load as it reports it. What a protocol or version does not report is unknown with a reason, never zero. Never reads
    /// trtllm-serve's JSON <c>/metrics</c>, which is emptied by reading.
    /// </summary>
    /// <exception cref="EngineCallException">It could not be asked.</exception>
    Task<EngineSignals> LoadAsync(CancellationToken cancellation);

    /// <summary>Generates one token. Costs the engine a real request, and is counted by it as one: only on suspicion.</summary>
    Task<TokenProbe> ProbeAsync(CancellationToken cancellation);
}

/// <summary>A model in an engine.</summary>
/// <param name="Name">As requests name it.</param>
/// <param name="Version">Triton's model version, null elsewhere.</param>
/// <param name="Ready">Whether it serves.</param>
/// <param name="Reason">Why not, "" when it does or gives none.</param>
public sealed record EngineModel(string Name, string? Version, bool Ready, string Reason);

/// <summary>What an engine says of itself; null is unknown.</summary>
public sealed record EngineInfo
{
    /// <summary>The server's name, such as <c>triton</c> or <c>tensorrt-llm</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its version: Triton's own (2.73.0), or TensorRT-LLM's (1.2.1).</summary>
    public string? Version { get; init; }

    /// <summary>GPUs one layer is split over.</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Stages the layers are split into.</summary>
    public int? PipelineParallel { get; init; }

    /// <summary>Most sequences in one batch.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>Longest sequence in tokens.</summary>
    public long? MaxSequenceTokens { get; init; }

    /// <summary>Tokens in one block of the KV cache.</summary>
    public int? TokensPerBlock { get; init; }
}

/// <summary>How a probe by one token ended.</summary>
public enum ProbeOutcome
{
    /// <summary>A token came.</summary>
    Token,

    /// <summary>None came before the deadline.</summary>
    TimedOut,

    /// <summary>The engine refused or failed the request.</summary>
    Failed,

    /// <summary>This engine cannot be probed so; nothing is said of its health.</summary>
    Unsupported,
}

/// <summary>The result of a probe.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Detail">The engine's words on failure, else "".</param>
public sealed record TokenProbe(ProbeOutcome Outcome, TimeSpan Elapsed, string Detail = "");

/// <summary>An engine could not be asked something. The message says what and why.</summary>
/// <param name="answer">The fault, as a health poll would report it.</param>
/// <param name="message">What was asked, of whom, and what came.</param>
/// <param name="inner">The transport's exception.</param>
public sealed class EngineCallException(HealthAnswer answer, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The fault, as a health poll would report it.</summary>
    public HealthAnswer Answer { get; } = answer;
}

/// <summary>How long calls may take. Engines answer these from memory: what takes longer is a fault worth seeing.</summary>
public sealed record EngineTimeouts
{
    /// <summary>The defaults.</summary>
    public static readonly EngineTimeouts Default = new();

    /// <summary>For a connection to come about. Default 2 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For a health poll, all of its calls together. Default 3 s.</summary>
    public TimeSpan Health { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>For models, info and load, retries included. Default 5 s.</summary>
    public TimeSpan Query { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For a probe by one token, which waits its turn in the engine's queue. Default 30 s, as OpenEngine's own.</summary>
    public TimeSpan Probe { get; init; } = TimeSpan.FromSeconds(30);
}
