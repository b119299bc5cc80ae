using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>What a growing pool's provisioner is asked for, and what has come of it: for status. Pure.</summary>
/// <param name="DesiredNodes">Nodes that it is asked for; null where that is the provisioner's own business, or unknown.</param>
/// <param name="OnTheirWay">Nodes that were asked for and have not joined.</param>
/// <param name="Provisioned">Whether the pool has the nodes that it should have; null where that is not known.</param>
/// <param name="Reason">Why, in a word.</param>
/// <param name="Message">Why, in a sentence.</param>
internal sealed record ProvisionReport(int? DesiredNodes, int OnTheirWay, bool? Provisioned, string Reason, string Message)
{
    /// <summary>The same, where asking for nodes was refused.</summary>
    public ProvisionReport Refused(string trouble) => this with { Provisioned = false, Reason = ConditionReasons.ProvisioningFailed, Message = $"{Message} It could not be asked for: {trouble}" };

    /// <summary>Of a pool of type Scale.</summary>
    public static ProvisionReport Of(PoolSnapshot snapshot, ScaleState state, ScaleDecision decision)
    {
        if (decision.Size is not { } size || state.Reading is not { } reading)
        {
            var reason = state.KindMissing ? ConditionReasons.CrdMissing : ConditionReasons.ProvisioningFailed;
            return new ProvisionReport(snapshot.Pool.Status?.DesiredNodes, 0, state.KindMissing ? false : null, reason,
                $"spec.provisioner.scale.targetRef: {state.Trouble} The number of nodes is left as it is.");
        }

        var there = snapshot.Members.Nodes.Count;
        var onTheirWay = Math.Max(0, size.Target - there);
        var message = $"{state.Target}: {size.Message}";
        if (size.Unplaced.Count > 0) return new ProvisionReport(size.Target, onTheirWay, false, ConditionReasons.AtMaxNodes, $"{message} Raise spec.maxNodes, or lower replicas.");
        if (decision.Held is { } held) return new ProvisionReport(size.Target, onTheirWay, true, ConditionReasons.ScaleDownHeld, $"{message} {held}");
        return onTheirWay > 0
            ? new ProvisionReport(size.Target, onTheirWay, false, ConditionReasons.WaitingForNodes, message)
            : new ProvisionReport(size.Target, 0, true, ConditionReasons.AsManyAsNeeded, message);
    }
}
