using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>Pools have nodes of one kind, and what they grow by is installed.</summary>
internal static class PoolCheck
{
    private const string Name = "pools";
    private const string KarpenterDefinition = "nodepools.karpenter.sh";

    public static CheckResult Of(Survey survey)
    {
        if (survey.Pools.Value is not { } pools) return CheckResult.NotDone(Name, survey.Pools.Trouble!);
        if (survey.Nodes.Value is not { } nodes) return CheckResult.NotDone(Name, survey.Nodes.Trouble!);
        if (pools.Count == 0)
        {
            return new CheckResult(Name, "none", (survey.Deployments.Value ?? []).Count == 0 ? [] :
                [Finding.Fault("pools", "There is no GpuNodePool, so no NemotronDeployment has a place.", "kubectl apply -f config/samples/gpunodepool.yaml, with your nodes' labels.")]);
        }

        return new CheckResult(Name, $"{pools.Count}", [.. pools.OrderBy(pool => pool.Metadata.Name, StringComparer.Ordinal).SelectMany(pool => One(pool, pools, nodes, survey))]);
    }

    private static IEnumerable<Finding> One(GpuNodePool pool, IReadOnlyList<GpuNodePool> pools, IReadOnlyList<NodeView> nodes, Survey survey)
    {
        var subject = $"pool {pool.Metadata.Name}";
        var members = PoolMembership.Of(pool, pools, nodes);
        var provisioner = pool.Spec.Provisioner?.Type ?? ProvisionerType.Static;
        if (provisioner == ProvisionerType.Karpenter && survey.Definitions.Value is { } installed && !installed.ContainsKey(KarpenterDefinition))
            yield return Finding.Fault(subject, $"It grows through Karpenter, and the CRD {KarpenterDefinition} is not installed.", "Install Karpenter, or make the pool anew with provisioner.type Static.");
        if (members.Nodes.Count == 0 && members.Overlapping.Count > 0)
            yield return Finding.Fault(subject, $"All of its nodes belong to the older pool {string.Join(", ", members.Overlapping)}.", "Make the nodeSelectors exclude each other.");
        else if (members.Nodes.Count == 0 && (provisioner == ProvisionerType.Static || pool.Spec.MinNodes is > 0))
            yield return Finding.Fault(subject, $"No node carries {Selector(pool)}.", Nearest(pool, nodes) is { } near ? $"Nodes have {near}: correct spec.nodeSelector, or label the nodes." : "Label nodes so, or correct spec.nodeSelector.");
        else if (members.Overlapping.Count > 0)
            yield return Finding.Fault(subject, $"Some of its nodes also match pool {string.Join(", ", members.Overlapping)}.", "Make the nodeSelectors exclude each other.");
        else if (members.Nodes.Count < (pool.Spec.MinNodes ?? 0))
            yield return Finding.Fault(subject, $"It has {members.Nodes.Count} nodes of at least {pool.Spec.MinNodes}.", "Add nodes that carry its labels, or lower spec.minNodes.");
        var products = members.Nodes.Select(node => node.Label("nvidia.com/gpu.product")).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        if (products.Count > 1)
            yield return Finding.Fault(subject, $"Its nodes have different GPUs: {string.Join(", ", products)}.", "Give each kind a pool of its own, with nvidia.com/gpu.product in its nodeSelector.");
    }

    private static string Selector(GpuNodePool pool) => string.Join(",", (pool.Spec.NodeSelector ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}"));

    private static string? Nearest(GpuNodePool pool, IReadOnlyList<NodeView> nodes)
    {
        foreach (var (key, _) in pool.Spec.NodeSelector ?? new Dictionary<string, string>())
        {
            var values = nodes.Select(node => node.Label(key)).OfType<string>().Distinct().Order(StringComparer.Ordinal).Take(4).ToList();
            if (values.Count > 0) return $"{key}={string.Join(" or ", values)}";
        }

        return null;
    }
}
