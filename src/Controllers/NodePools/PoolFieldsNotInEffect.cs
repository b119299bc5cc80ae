using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>Fields of a GpuNodePool that the schema has and this version does not act on.</summary>
internal static class PoolFieldsNotInEffect
{
    private static readonly TimeSpan DefaultAfter = TimeSpan.FromMinutes(15);

    /// <summary>Their paths, of those that were set to something other than their default.</summary>
    public static IReadOnlyList<string> Of(GpuNodePoolSpec spec)
    {
        var paths = new List<string>();
        if (spec is { Provisioner.Type: ProvisionerType.Karpenter, MinNodes: > 0 }) paths.Add("spec.minNodes (Karpenter makes nodes for pods that wait, and keeps none that are empty)");
        if (spec is { Health.Repair: RepairAction.Replace, Provisioner.Type: not ProvisionerType.Karpenter })
            paths.Add("spec.health.repair: Replace (only Karpenter replaces nodes; here the node is drained and left to a person, as with Drain)");
        if (spec.Consolidation is { Mode: not ConsolidationMode.WhenFragmented, After: { } after } && after.Value != DefaultAfter)
            paths.Add("spec.consolidation.after (nothing is moved but with spec.consolidation.mode: WhenFragmented)");
        for (var i = 0; i < (spec.Budgets?.Count ?? 0); i++)
        {
            // Drift is Karpenter's to carry out; what people do by hand nobody can hold to a budget.
            if (spec.Provisioner?.Type != ProvisionerType.Karpenter && spec.Budgets![i].Reasons is { Count: > 0 } reasons && reasons.All(reason => reason == DisruptionReason.Maintenance))
                paths.Add($"spec.budgets[{i}] (the operator maintains no nodes; only Karpenter has budgets for that)");
        }

        return paths;
    }
}
