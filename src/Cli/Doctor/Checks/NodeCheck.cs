using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Cli.Doctor.Checks;

/// <summary>GPU nodes are labelled, offer their GPUs whole, and take pods.</summary>
internal static class NodeCheck
{
    private const string Name = "GPU nodes";
    private const string ProductLabel = "nvidia.com/gpu.product";

    public static CheckResult Of(Survey survey)
    {
        if (survey.Nodes.Value is not { } nodes) return CheckResult.NotDone(Name, survey.Nodes.Trouble!);
        var gpu = nodes.Where(IsGpuNode).ToList();
        if (gpu.Count == 0)
        {
            return new CheckResult(Name, "none", GrowsByItself(survey) ? [] :
                [Finding.Fault("nodes", "No node offers nvidia.com/gpu or carries its labels.", "Install the NVIDIA GPU Operator, or the device plugin and GPU feature discovery, on the GPU nodes.")]);
        }

        var pools = survey.Pools.Value ?? [];
        return new CheckResult(Name, $"{gpu.Count} with {gpu.Sum(node => node.ToNodeState(0).Allocatable)} GPUs", [.. gpu.OrderBy(node => node.Metadata.Name, StringComparer.Ordinal).SelectMany(node => One(node, pools.Any(pool => PoolMembership.Matches(pool, node))))]);
    }

    private static bool IsGpuNode(NodeView node) => node.ToNodeState(0) is { } state
        && (state.Capacity > 0 || state.Product is not null || node.Label("nvidia.com/gpu.present") == "true" || state.Fault == NodeFault.Mig);

    private static bool GrowsByItself(Survey survey) => (survey.Pools.Value ?? []).Any(PoolGrowth.Grows);

    private static IEnumerable<Finding> One(NodeView node, bool inPool)
    {
        var (subject, state) = ($"node {node.Metadata.Name}", node.ToNodeState(0));
        Finding Weighed(string what, string fix) => inPool ? Finding.Fault(subject, what, fix) : Finding.Warning(subject, what, fix);
        switch (state.Fault)
        {
            case NodeFault.NotReady:
                yield return Finding.Fault(subject, "It is not ready.", $"kubectl describe node {node.Metadata.Name}: its kubelet does not report.");
                yield break;
            case NodeFault.Cordoned:
                yield return Finding.Warning(subject, $"It is cordoned{(node.Metadata.Annotations?.TryGetValue(NemotronAnnotations.CordonReason, out var why) == true ? $": {why}" : "")}.", $"kubectl uncordon {node.Metadata.Name}, when its repair is done.");
                break;
            case NodeFault.Mig:
                yield return Weighed("Its GPUs are cut into MIG slices, which cannot work together on one model.", $"Turn MIG off (kubectl label node {node.Metadata.Name} nvidia.com/mig.config=all-disabled --overwrite, with the GPU Operator), or leave the node out of the pool.");
                yield break;
            case NodeFault.Shared:
                yield return Weighed("Its GPUs are shared between containers (time-slicing or MPS): a tensor-parallel rank needs one of its own.", "Turn sharing off in the device plugin's configuration, or leave the node out of the pool.");
                yield break;
            case NodeFault.NoGpusOffered:
                yield return Finding.Fault(subject, "It carries GPU labels, and its device plugin offers no nvidia.com/gpu.", "Look at the device plugin's pod on the node (kubectl -n gpu-operator get pods -o wide): it does not run, or finds no driver.");
                yield break;
        }

        if (state.Allocatable < state.Capacity)
            yield return Finding.Fault(subject, $"The device plugin offers {state.Allocatable} of {state.Capacity} GPUs: the others are sick.", "The node's kernel log has their XIDs (dmesg | grep -i xid); reset the GPUs or replace the node.");
        if (state.Product is not { } product)
            yield return Finding.Fault(subject, $"It offers {state.Allocatable} GPUs without the label {ProductLabel}, by which pools find nodes and plans know the memory.", "Install GPU feature discovery (part of the GPU Operator), or set the label by hand.");
        else if (state.GpuMemoryMebibytes is null)
            yield return Finding.Warning(subject, "It has no label nvidia.com/gpu.memory: the catalogue's figure is used.", "Install GPU feature discovery (part of the GPU Operator).");
        else if (!InCatalogue(product))
            yield return Finding.Warning(subject, $"The catalogue has no GPU '{product}': plans go by its memory label, and the autoscaler does not know what a replica can do.", "Give the operator a file for it (--gpus; chart: catalogue.gpus).");
    }

    private static bool InCatalogue(string product)
    {
        try
        {
            GpuCatalogue.Default.Find(product);
            return true;
        }
        catch (UnknownNameException)
        {
            return false;
        }
    }
}
