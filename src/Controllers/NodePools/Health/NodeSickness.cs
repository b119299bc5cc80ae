using System.Globalization;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
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

    /// <summary>The word of a GPU that has no memory row left to remap a broken one to.</summary>
    public const string RowRemapFailure = "RowRemapFailure";

    /// <summary>What the message in the pool's status begins with where the operator has closed the node.</summary>
    public const string ClosedPrefix = "Closed by the operator: ";

    // node-problem-detector's permanent problems, and the GPU condition of the EKS node monitoring agent.
    private static readonly (string Type, string Bad)[] Conditions = [("KernelDeadlock", "True"), ("ReadonlyFilesystem", "True"), ("AcceleratedHardwareReady", "False")];

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
            return new NodeSickness(RowRemapFailure, $"GPU {string.Join(", ", gpus.RowRemapFailed)} has no spare memory row left for a broken one (DCGM_FI_DEV_ROW_REMAP_FAILURE): it must be replaced.", AtOnce: true);
        var state = node.ToNodeState(0);
        if (state.Fault == NodeFault.NotReady) return new NodeSickness("NodeNotReady", "The node is not ready: see kubectl describe node.", AtOnce: false);
        if (state.Allocatable > 0 && state.Allocatable < state.Capacity)
            return new NodeSickness("GpusMissing", $"The device plugin offers {state.Allocatable} of {state.Capacity} GPUs: the others are marked unhealthy.", AtOnce: false);
        if (state.Allocatable == 0 && !state.IsYoung(now))
            return new NodeSickness("NoGpusOffered", $"The node has been there for more than {NodeState.StartLimit.TotalMinutes} minutes and its device plugin offers no GPU.", AtOnce: false);
        foreach (var (type, bad) in Conditions)
            if (node.Condition(type) is { } condition && condition.Status == bad)
                return new NodeSickness(type, $"Its condition {type} is {bad}{(string.IsNullOrEmpty(condition.Message) ? "" : $": {condition.Message.TrimEnd('.')}")}.", AtOnce: false);
        return null;
    }

    /// <summary>
    /// An XID error that is long ago and still waits for something to be done, be it for the pool's budget or for a signal that is doubted: it goes on as long as
    /// the gauge has its code, or says nothing. One that was acted on is remembered on the node; whoever opens such a node by hand is not contradicted. Pure.
    /// </summary>
    /// <param name="before">What the pool's status says of the node; null for nothing.</param>
    /// <param name="gpus">What its GPUs report.</param>
    /// <param name="ignored">XID codes that are not to be acted on.</param>
    public static NodeSickness? Waiting(UnhealthyNode? before, GpuEvidence gpus, IReadOnlyCollection<int> ignored)
    {
        if (before is not { Reason: { } word, Message: { } message } || message.StartsWith(ClosedPrefix, StringComparison.Ordinal)) return null;
        if (!word.StartsWith(XidPrefix, StringComparison.Ordinal) || !int.TryParse(word.AsSpan(XidPrefix.Length), CultureInfo.InvariantCulture, out var code)) return null;
        return ignored.Contains(code) || (gpus.Known && !gpus.Standing.Contains(code)) ? null : new NodeSickness(word, message, AtOnce: true);
    }

    private static string Lower(string name) => name.StartsWith("GPU", StringComparison.Ordinal) || name.StartsWith("NV", StringComparison.Ordinal) || name.StartsWith("GSP", StringComparison.Ordinal) ? name : char.ToLowerInvariant(name[0]) + name[1..];
}
