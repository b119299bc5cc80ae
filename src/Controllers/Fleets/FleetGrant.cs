using Nemotron.Crds;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Fleets;

/// <summary>What a deployment would have if it were alone.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Shape">The pods and GPUs of a replica.</param>
/// <param name="Wanted">Replicas, by the spec or the autoscaler.</param>
internal sealed record FleetDemand(string Pool, GroupShape Shape, int Wanted);

/// <summary>What a fleet lets a deployment have.</summary>
internal sealed record FleetGrant
{
    /// <summary>The fleet.</summary>
    public required string Fleet { get; init; }

    /// <summary>Replicas that it wanted.</summary>
    public required int Wanted { get; init; }

    /// <summary>Replicas that it may have.</summary>
    public required int Granted { get; init; }

    /// <summary>Why, in a word (see <see cref="ConditionReasons"/>).</summary>
    public required string Reason { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>The replicas that are to go, should fewer be granted than there are: those on the nodes that somebody else needs.</summary>
    public IReadOnlyList<string> Release { get; init; } = [];

    /// <summary>Whether the reconciler would do or write the same.</summary>
    public bool SameAs(FleetGrant? other) => other is not null && this with { Release = [] } == other with { Release = [] } && Release.SequenceEqual(other.Release);
}

/// <summary>A deployment's part in a fleet.</summary>
/// <param name="Fleet">The fleet.</param>
/// <param name="Grant">What it was granted; null while that has not been worked out since this process leads: what there is, is held.</param>
/// <param name="ServedBy">The deployment of the same namespace whose replicas answer its clients for now; null for its own.</param>
internal sealed record FleetShare(string Fleet, FleetGrant? Grant, string? ServedBy = null)
{
    /// <summary>The deployments of the same namespace whose clients its replicas answer for now, by name.</summary>
    public IReadOnlyList<string> StandsInFor { get; init; } = [];

    /// <summary>Replicas that a deployment may have: never more than it wants, so that a scale-down waits for nobody.</summary>
    /// <param name="wanted">Replicas that it wants.</param>
    /// <param name="live">Replicas that its workload is told to keep; null while there is none.</param>
    /// <param name="share">Its part in a fleet; null where it is in none and has what it wants.</param>
    public static int Replicas(int wanted, int? live, FleetShare? share) => share switch
    {
        null => wanted,
        { Grant: { } grant } => Math.Min(wanted, grant.Granted),
        _ => Math.Min(wanted, live ?? 0),
    };
}
