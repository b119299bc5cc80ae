using Nemotron.Controllers.Deployments;
using Nemotron.Planning.Fleet;

namespace Nemotron.Controllers.Fleets;

/// <summary>
/// Holds the scheduler's bindings against the plan. The scheduler has the last word: the next plan begins with what it did, and how often it did as planned is counted.
/// </summary>
internal sealed class PlacementCheck(FleetMetrics metrics)
{
    private readonly Dictionary<string, (HashSet<string> Known, List<string> Planned)> _before = new(StringComparer.Ordinal);

    /// <summary>Looks at where a claim's new groups are, and takes note of where the next ones should go.</summary>
    /// <returns>Groups bound since the last look: to nodes that were planned, and to others.</returns>
    public (int AsPlanned, int Elsewhere) Look(Grant grant)
    {
        var bound = grant.Claim.Held.Where(held => held.Nodes.Count > 0).ToList();
        var (asPlanned, elsewhere) = (0, 0);
        if (_before.TryGetValue(grant.Claim.Key, out var before))
        {
            foreach (var held in bound.Where(held => !before.Known.Contains(held.Id)))
            {
                // What was bound before a plan could be made is no deviation from one.
                if (before.Planned.Remove(Nodes(held.Nodes))) asPlanned++;
                else if (before.Planned.Count > 0) elsewhere++;
            }
        }

        // The plan has a place for those that are bound to no node, among the kept, only until they are: its starts and they go where it says next.
        // Which node that will be nobody knows that does not exist yet.
        var planned = grant.Starts.Where(start => !start.Nodes.Any(NodesToCome.IsToCome)).Select(start => Nodes(start.Nodes)).ToList();
        if (planned.Count == 0 && before.Planned is { } still && bound.Count < grant.Granted) planned = still;
        _before[grant.Claim.Key] = ([.. bound.Select(held => held.Id)], planned);
        if (asPlanned > 0) metrics.Placements.WithLabels("true").Inc(asPlanned);
        if (elsewhere > 0) metrics.Placements.WithLabels("false").Inc(elsewhere);
        return (asPlanned, elsewhere);
    }

    /// <summary>Forgets all but these claims.</summary>
    public void KeepOnly(IReadOnlySet<string> keys)
    {
        foreach (var gone in _before.Keys.Where(key => !keys.Contains(key)).ToList()) _before.Remove(gone);
    }

    private static string Nodes(IReadOnlyList<string> nodes) => string.Join(' ', nodes);
}
