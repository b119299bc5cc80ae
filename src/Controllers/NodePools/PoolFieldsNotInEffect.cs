using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>Fields of a GpuNodePool that the schema has and this version does not act on.</summary>
internal static class PoolFieldsNotInEffect
{
    /// <summary>Their paths, of those that were set to something other than their default.</summary>
    public static IReadOnlyList<string> Of(GpuNodePoolSpec spec)
    {
        var paths = new List<string>();
        if (spec.Provisioner?.Type is ProvisionerType.Karpenter) paths.Add("spec.provisioner");
        if (spec.Budgets is { } budgets && !(budgets.Count == 1 && budgets[0] is { Nodes.Value: "1", Reasons: null, Schedule: null })) paths.Add("spec.budgets");
        if (spec.Health is { Repair: RepairAction.Drain or RepairAction.Replace }) paths.Add("spec.health.repair");
        if (spec.Health?.IgnoreXids is { Count: > 0 }) paths.Add("spec.health.ignoreXids");
        if (spec.Consolidation?.Mode is ConsolidationMode.DryRun or ConsolidationMode.WhenFragmented) paths.Add("spec.consolidation.mode");
        return paths;
    }
}
