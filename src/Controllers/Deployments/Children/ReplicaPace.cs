using System.Globalization;
using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>How many replicas are replaced at once.</summary>
/// <param name="MaxSurge">Above the wanted number.</param>
/// <param name="MaxUnavailable">Missing from the wanted number.</param>
internal sealed record ReplicaPace(IntOrString MaxSurge, IntOrString MaxUnavailable)
{
    /// <summary>
    /// The pace. How to replace replicas is decided when there is something to replace; in between it stays as it is: GPUs come and go all day,
    /// and each change of the strategy would be a write on a settled object. Only where what should come before the old ones finds no place do those go first after all,
    /// for the rest of that change.
    /// </summary>
    /// <param name="rollout">What the spec says.</param>
    /// <param name="surge">Whether new replicas come before old ones go.</param>
    /// <param name="hash">The hash of the templates that are wanted.</param>
    /// <param name="annotations">The annotations of the object that keeps the replicas, or null while there is none.</param>
    /// <param name="settled">Its pace, or null.</param>
    /// <param name="stalled">Whether a replica that should come first has waited in vain for its place.</param>
    public static ReplicaPace Of(RolloutSpec? rollout, bool surge, string hash, IDictionary<string, string>? annotations, ReplicaPace? settled, bool stalled = false) =>
        (rollout?.Strategy ?? RolloutStrategy.Auto) == RolloutStrategy.Auto
        && settled is not null && annotations?.TryGetValue(ChildLabels.TemplateHash, out var old) == true && old == hash
            ? stalled && settled.MaxSurge.Value is not ("0" or "0%") ? new ReplicaPace(0, NotZero(rollout?.MaxUnavailable)) : settled
            : surge ? new ReplicaPace(NotZero(rollout?.MaxSurge), 0) : new ReplicaPace(0, NotZero(rollout?.MaxUnavailable));

    /// <summary>
    /// The same in counts, for what refuses a percentage that comes to none where the other is 0, as the webhook of LeaderWorkerSets does at each write:
    /// a quarter of three replicas, or any share of none.
    /// </summary>
    /// <param name="replicas">The wanted number.</param>
    public ReplicaPace InCounts(int replicas) => new(Count(MaxSurge, replicas, roundUp: true), Count(MaxUnavailable, replicas, roundUp: false));

    private static IntOrString Count(IntOrString asked, int replicas, bool roundUp) =>
        asked.Value.EndsWith('%') && int.TryParse(asked.Value[..^1], CultureInfo.InvariantCulture, out var percent)
            ? (int)Math.Clamp(((long)percent * replicas + (roundUp ? 99 : 0)) / 100, 1, int.MaxValue)
            : asked;

    // Both at zero would never move; Kubernetes refuses it.
    private static IntOrString NotZero(IntOrString? asked) => asked is null || asked.Value is "0" or "0%" ? 1 : asked;
}
