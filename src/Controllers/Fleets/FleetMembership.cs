using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Fleets;

/// <summary>Which deployment belongs to which fleet: of several that select it, to the oldest.</summary>
internal sealed class FleetMembership(IInformerCache<NemotronFleet> fleets, IInformerCache<NamespaceView> namespaces)
{
    private volatile Known? _known;

    /// <summary>The fleets that act, the oldest first: those that are being deleted or have a fault select nobody.</summary>
    public IReadOnlyList<NemotronFleet> Fleets
    {
        get
        {
            var version = fleets.Changes;
            if (_known is { } known && known.Version == version) return known.Fleets;
            IReadOnlyList<NemotronFleet> all =
            [
                .. fleets.List().Where(fleet => fleet.Metadata.DeletionTimestamp is null && FleetRules.Refusal(fleet) is null)
                    .OrderBy(fleet => fleet.Metadata.CreationTimestamp ?? DateTime.MaxValue).ThenBy(fleet => fleet.Metadata.Name, StringComparer.Ordinal),
            ];
            _known = new Known(version, all);
            return all;
        }
    }

    /// <summary>Goes up whenever a fleet or the labels of a namespace change.</summary>
    public long Changes => fleets.Changes + namespaces.Changes;

    /// <summary>The fleets that select a deployment, the one it belongs to first.</summary>
    public IEnumerable<NemotronFleet> Selecting(NemotronDeployment deployment) => Fleets.Where(fleet => Selects(fleet, deployment));

    /// <summary>The fleet that a deployment belongs to, or null.</summary>
    public NemotronFleet? Of(NemotronDeployment deployment) => Selecting(deployment).FirstOrDefault();

    private bool Selects(NemotronFleet fleet, NemotronDeployment deployment) =>
        LabelSelection.Matches(fleet.Spec.Selector, deployment.Metadata.Labels)
        && (fleet.Spec.NamespaceSelector is not { } selector || LabelSelection.Matches(selector, namespaces.Get(null, deployment.Metadata.NamespaceProperty)?.Metadata.Labels));

    private sealed record Known(long Version, IReadOnlyList<NemotronFleet> Fleets);
}
