using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning.Health;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>A sick node.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Sickness">What is wrong.</param>
/// <param name="Since">Since when.</param>
/// <param name="Silent">Whether its kubelet has fallen silent.</param>
internal sealed record Finding(string Node, NodeSickness Sickness, DateTimeOffset Since, bool Silent = false);

/// <summary>What is done about a pool's sick nodes.</summary>
internal sealed record RepairDecision
{
    /// <summary>The nodes that are sick now, by name.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What is wanted of nodes that are closed for sickness, or are to be.</summary>
    public required IReadOnlyDictionary<string, NodeMarks> Marks { get; init; }

    /// <summary>Closed nodes whose replicas are to go elsewhere, whole; the value says whether budgets of pods are passed over, since what runs there is lost already.</summary>
    public required IReadOnlyDictionary<string, bool> Drain { get; init; }

    /// <summary>Nodes that have been silent for long enough, closed or not: what was asked to go there, by whomever, never will by itself.</summary>
    public required IReadOnlyList<string> Silent { get; init; }

    /// <summary>Closed, empty nodes that the provisioner is to replace.</summary>
    public required IReadOnlyList<string> Replace { get; init; }

    /// <summary>Nodes that are opened again.</summary>
    public required IReadOnlyList<string> Readmitted { get; init; }

    /// <summary>Whether so much looks sick that the signal is doubted, and nothing is done.</summary>
    public bool Doubted { get; init; }

    /// <summary>Sick nodes that wait for the budget.</summary>
    public required IReadOnlyList<string> Held { get; init; }

    /// <summary>When to decide again though nothing has changed.</summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <summary>Decides. Pure: what was done before stands on the nodes and in the pool's status.</summary>
    /// <param name="snapshot">What is seen of the pool.</param>
    /// <param name="gpus">What is known of a node's GPUs.</param>
    public static RepairDecision Decide(PoolSnapshot snapshot, Func<NodeView, GpuEvidence> gpus)
    {
        var policy = snapshot.Pool.Spec.Health ?? new HealthPolicy();
        var repair = policy.Repair ?? RepairAction.Report;
        var ignored = (IReadOnlyCollection<int>?)policy.IgnoreXids ?? [];
        var now = snapshot.Now;
        var nodes = snapshot.Members.Nodes;
        var former = (snapshot.Pool.Status?.UnhealthyNodes ?? []).ToDictionary(node => node.Name);
        var findings = nodes
            .Select(node => (node, sickness: NodeSickness.Of(node, gpus(node), ignored, now) ?? (IsClosed(node) ? null : NodeSickness.Waiting(former.GetValueOrDefault(node.Metadata.Name), gpus(node), ignored))))
            .Where(pair => pair.sickness is not null)
            .Select(pair => new Finding(pair.node.Metadata.Name, pair.sickness!, Since(former, pair.node, pair.sickness!, now), IsSilent(pair.node)))
            .ToDictionary(finding => finding.Node);
        var closed = nodes.Where(IsClosed).Select(node => node.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        var byPerson = nodes.Where(node => node.Spec?.Unschedulable == true && node.Annotation(NemotronAnnotations.CordonReason) is null).Select(node => node.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        var looksSick = findings.Keys.Union(closed).Count();
        // One sick node is no reason to doubt, however small the pool.
        var doubted = looksSick > 1 && looksSick * 100 > (policy.DoubtAbovePercent ?? 50) * nodes.Count;
        var work = new Work(snapshot, policy, repair, doubted);
        foreach (var node in nodes.Where(IsClosed)) work.Closed(node, findings.GetValueOrDefault(node.Metadata.Name), gpus(node), ignored);
        var room = PoolBudgets.Allowed(snapshot.Pool.Spec, DisruptionReason.Repair, nodes.Count, now) - closed.Count(name => !work.Readmitted.Contains(name));
        foreach (var finding in findings.Values.Where(finding => !closed.Contains(finding.Node)).OrderByDescending(finding => finding.Sickness.AtOnce).ThenBy(finding => finding.Since).ThenBy(finding => finding.Node, StringComparer.Ordinal))
            work.Open(finding, byPerson.Contains(finding.Node), ref room);
        // Nothing tells that a machine has been without its GPUs for too long.
        foreach (var node in nodes.Select(node => node.ToNodeState(0)).Where(node => node.Allocatable == 0 && node.IsYoung(now))) work.Look(node.Created!.Value + NodeState.StartLimit);
        return new RepairDecision
        {
            Findings = [.. findings.Values.OrderBy(finding => finding.Node, StringComparer.Ordinal)],
            Marks = work.Marks,
            Drain = work.Drain,
            Silent = work.Silent,
            Replace = work.Replace,
            Readmitted = work.Readmitted,
            Held = work.Held,
            Doubted = doubted,
            LookAgain = work.LookAgain,
        };
    }

    /// <summary>Whether the operator has closed a node for sickness.</summary>
    public static bool IsClosed(NodeView node) =>
        node.Spec?.Unschedulable == true && node.Annotation(NemotronAnnotations.CordonReason) is { } reason && NodeMarks.Word(reason) != NodeMarks.ScaleDown;

    private static bool IsSilent(NodeView node) => node.Condition("Ready")?.Status == "Unknown";

    private static DateTimeOffset Since(Dictionary<string, UnhealthyNode> former, NodeView node, NodeSickness sickness, DateTimeOffset now) =>
        former.TryGetValue(node.Metadata.Name, out var before) && before.Reason == sickness.Word && before.Since is { } since
            ? new DateTimeOffset(since.ToUniversalTime(), TimeSpan.Zero)
            : DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());

    private sealed class Work(PoolSnapshot snapshot, HealthPolicy policy, RepairAction repair, bool doubted)
    {
        public Dictionary<string, NodeMarks> Marks { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, bool> Drain { get; } = new(StringComparer.Ordinal);

        public List<string> Silent { get; } = [];

        public List<string> Replace { get; } = [];

        public List<string> Readmitted { get; } = [];

        public List<string> Held { get; } = [];

        public DateTimeOffset? LookAgain { get; private set; }

        /// <summary>A node that is not closed, and sick.</summary>
        public void Open(Finding finding, bool closedByPerson, ref int room)
        {
            if (repair == RepairAction.Report || doubted) return;
            var due = finding.Sickness.AtOnce ? finding.Since : finding.Since + (policy.UnhealthyAfter?.Value ?? TimeSpan.FromMinutes(5));
            if (due > snapshot.Now)
            {
                Look(due);
                return;
            }

            // A budget is for nodes that still serve, and a person's cordon for those that are there.
            if (finding.Silent) Silent.Add(finding.Node);
            // It serves no more than it would closed by the operator, and whoever closed it opens it.
            if (closedByPerson) return;
            if (room <= 0)
            {
                Held.Add(finding.Node);
                return;
            }

            room--;
            Marks[finding.Node] = new NodeMarks { Cordon = $"{finding.Sickness.Word}: {finding.Sickness.Message}", Sick = finding.Sickness.Word };
        }

        /// <summary>A node that was closed for sickness: emptied and replaced while it is sick, opened once it has been well for a while.</summary>
        public void Closed(NodeView node, Finding? finding, GpuEvidence gpus, IReadOnlyCollection<int> ignored)
        {
            var name = node.Metadata.Name;
            var reason = node.Annotation(NemotronAnnotations.CordonReason)!;
            var word = NodeMarks.Word(reason);
            // What is graver than what it was closed for is what it is closed for now.
            if (finding?.Sickness is { AtOnce: true } worse && !word.StartsWith(NodeSickness.XidPrefix, StringComparison.Ordinal)) (reason, word) = ($"{worse.Word}: {worse.Message}", worse.Word);
            var well = finding is null && !StillReported(word, gpus, ignored);
            var since = well ? NodeMarks.Date(node.Annotation(NemotronAnnotations.WellSince)) ?? DateTimeOffset.FromUnixTimeSeconds(snapshot.Now.ToUnixTimeSeconds()) : (DateTimeOffset?)null;
            if (since + (policy.HealthyAfter?.Value ?? TimeSpan.FromMinutes(10)) is { } at)
            {
                if (at <= snapshot.Now)
                {
                    Readmitted.Add(name);
                    return;
                }

                Look(at);
            }

            Marks[name] = new NodeMarks { Cordon = reason, Sick = word, WellSince = since };
            if (well || doubted || repair == RepairAction.Report) return;
            Drain[name] = word == "NodeNotReady" || word.StartsWith(NodeSickness.XidPrefix, StringComparison.Ordinal);
            // Pods of a node that has fallen silent are gone only once the node is.
            var silent = IsSilent(node);
            if (silent) Silent.Add(name);
            var empty = silent || snapshot.GpusByNode.GetValueOrDefault(name) == 0;
            if (empty && repair == RepairAction.Replace && snapshot.Pool.Spec.Provisioner?.Type == ProvisionerType.Karpenter) Replace.Add(name);
        }

        // An error that was seen to come may be long ago by now; the gauge has it until the GPU is reset. Unknown is not well.
        private static bool StillReported(string word, GpuEvidence gpus, IReadOnlyCollection<int> ignored)
        {
            if (word == NodeSickness.RowRemapFailure) return !gpus.Known;
            if (!word.StartsWith(NodeSickness.XidPrefix, StringComparison.Ordinal)) return false;
            return !gpus.Known || gpus.Standing.Any(code => XidCatalogue.Default.Find(code).Action >= XidAction.ResetGpu && !ignored.Contains(code));
        }

        /// <summary>Asks for another look by a time.</summary>
        public void Look(DateTimeOffset at)
        {
            if (LookAgain is null || at < LookAgain) LookAgain = at;
        }
    }
}
