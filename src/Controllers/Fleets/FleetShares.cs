using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>What part a deployment has in which fleet.</summary>
internal sealed class FleetShares(FleetMembership membership, FleetBoard board)
{
    /// <summary>Its part; null where no fleet selects it.</summary>
    public FleetShare? Of(NemotronDeployment entity)
    {
        if (membership.Of(entity) is not { } fleet) return null;
        var grant = board.GrantOf(NamespacedName.Of(entity), entity.Metadata.Uid);
        var (ns, name) = (entity.Metadata.NamespaceProperty, entity.Metadata.Name);
        // One of the fleet it was in before says nothing about this one.
        // Who serves its clients holds over a change of leaders.
        var standIns = fleet.Spec.TierFallback?.Enabled == true ? board.ReportOf(fleet.Metadata.Name)?.Status.Fallbacks ?? fleet.Status?.Fallbacks : null;
        return new FleetShare(
            fleet.Metadata.Name,
            grant?.Fleet == fleet.Metadata.Name ? grant : null,
            standIns?.FirstOrDefault(row => row.Namespace == ns && row.Name == name)?.ServedBy)
        {
            StandsInFor = [.. (standIns ?? []).Where(row => row.Namespace == ns && row.ServedBy == name).Select(row => row.Name).Order(StringComparer.Ordinal)],
        };
    }
}
