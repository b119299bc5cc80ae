using Nemotron.Controllers.Views;
using Nemotron.Planning.Health;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>What is wrong with a node, such that replicas should not run there.</summary>
/// <param name="Word">In one word, such as <c>Xid79</c> or <c>NodeNotReady</c>.</param>
/// <param name="Message">In a sentence.</param>
/// <param name="AtOnce">Whether it cannot pass by itself, and so is not waited for.</param>
internal sealed record NodeSickness(string Word, string Message, bool AtOnce)
{
    /// <summary>The word that begins those of XID errors.</summary>
    public const string XidPrefix = "Xid";

    // node-problem-detector's permanent problems, and the GPU condition of the EKS node monitoring agent.
    private static readonly (string Type, string Bad)[] Conditions = [("KernelDeadlock", "True"), ("ReadonlyFilesystem", "True"), ("AcceleratedHardwareReady", "False")];

    // A machine that has not its GPUs by then will not get them.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(15);

    /// <summary>The gravest fault, or null. Pure.</summary>
    /// <param name="node">The node.</param>
    /// <param name="gpus">What its GPUs report.</param>
    /// <param name="ignored">XID codes that are not to be acted on.</param>
    /// <param name="now">The time.</param>
    public static NodeSickness? Of(NodeView node, GpuEvidence gpus, IReadOnlyCollection<int> ignored, DateTimeOffset now)
    {
        var error = gpus.Came.Select(came => (Came: came, Xid: XidCatalogue.Default.Find(came.Code)))
            .Where(one => one.Xid.Action >= XidAction.ResetGpu && !ignored.Contains(one.Xid.Code))
            .OrderByDescending(one => one.Xid.Action).ThenBy(one => one.Came.At).ThenBy(one => one.Xid.Code).FirstOrDefault();
        if (error.Xid is { } xid)
            return new NodeSickness($"{XidPrefix}{xid.Code}", $"GPU {error.Came.Gpu} reported XID {xid.Code}, {Lower(xid.Name)}: {(xid.Action == XidAction.ReplaceNode ? "it comes back with a reboot at best" : "it is of no use until it is reset")}.", AtOnce: true);
        if (gpus.RowRemapFailed.Count > 0)
            return new NodeSickness("RowRemapFailure", $"GPU {string.Join(", ", gpus.RowRemapFailed)} has no spare memory row left for a broken one (DCGM_FI_DEV_ROW_REMAP_FAILURE): it must be replaced.", AtOnce: true);
        var state = node.ToNodeState(0);
        if (state.Fault == NodeFault.NotReady) return new NodeSickness("NodeNotReady", "The node is not ready: see kubectl describe node.", AtOnce: false);
        if (state.Allocatable > 0 && state.Allocatable < state.Capacity)
            return new NodeSickness("GpusMissing", $"The device plugin offers {state.Allocatable} of {state.Capacity} GPUs: the others are marked unhealthy.", AtOnce: false);
        var age = node.Metadata.CreationTimestamp is { } made ? now - new DateTimeOffset(made.ToUniversalTime(), TimeSpan.Zero) : TimeSpan.MaxValue;
        if (state.Allocatable == 0 && age > StartLimit)
            return new NodeSickness("NoGpusOffered", $"The node has been there for more than {StartLimit.TotalMinutes} minutes and its device plugin offers no GPU.", AtOnce: false);
        foreach (var (type, bad) in Conditions)
            if (node.Condition(type) is { } condition && condition.Status == bad)
                return new NodeSickness(type, $"Its condition {type} is {bad}{(string.IsNullOrEmpty(condition.Message) ? "" : $": {condition.Message.TrimEnd('.')}")}.", AtOnce: false);
        return null;
    }

    private static string Lower(string name) => name.StartsWith("GPU", StringComparison.Ordinal) || name.StartsWith("NV", StringComparison.Ordinal) || name.StartsWith("GSP", StringComparison.Ordinal) ? name : char.ToLowerInvariant(name[0]) + name[1..];
}
