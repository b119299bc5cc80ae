using Nemotron.Controllers.Scaling;

namespace Nemotron.Cli.Loads;

/// <summary>What one replica says of its load. What nobody said is null, which is not zero.</summary>
internal sealed record PodLoad
{
    /// <summary>Output tokens per second.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Tokens of KV cache in use.</summary>
    public double? KvUsedTokens { get; init; }

    /// <summary>Tokens of KV cache in all.</summary>
    public double? KvTotalTokens { get; init; }

    /// <summary>Share of the KV cache in use, in [0, 1], where the engine says only that.</summary>
    public double? KvFraction { get; init; }

    /// <summary>Requests in flight.</summary>
    public double? InFlight { get; init; }

    /// <summary>Requests that wait for a place in a batch.</summary>
    public double? Queued { get; init; }

    /// <summary>Times to first token of the last interval.</summary>
    public LatencyBuckets? Ttft { get; init; }

    /// <summary>Why it could not be read whole; null where it could.</summary>
    public string? Trouble { get; init; }
}

/// <summary>Where loads are read.</summary>
internal interface ILoadSource
{
    /// <summary>The loads of replicas, by pod; a pod that is not there was not seen.</summary>
    /// <param name="pods">The pods that answer requests.</param>
    /// <param name="cancellationToken">Cancels.</param>
    Task<IReadOnlyDictionary<(string Namespace, string Pod), PodLoad>> ReadAsync(IReadOnlyList<ServingPod> pods, CancellationToken cancellationToken);

    /// <summary>Whether a first reading says nothing of rates, so that a second is needed.</summary>
    bool NeedsTwo { get; }
}

/// <summary>A pod that answers requests.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Deployment">The NemotronDeployment that it is a replica of.</param>
/// <param name="Ready">Whether it serves.</param>
/// <param name="Ports">Numbers of its containers' ports by name.</param>
internal sealed record ServingPod(string Namespace, string Name, string Deployment, bool Ready, IReadOnlyDictionary<string, int> Ports);
