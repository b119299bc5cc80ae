using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.NodeLifecycle;

/// <summary>Marks nodes whose kubelet fell silent, keeps the health taints, and tells their pods that they are not ready.</summary>
internal sealed class NodeLifecycleController : Controller<string>
{
    private const string LeaseNamespace = "kube-node-lease";
    private readonly Informer nodes;
    private readonly Informer leases;
    private readonly Informer pods;
    private readonly ObjectIndex podsByNode;

    /// <summary>A controller over the context's API.</summary>
    public NodeLifecycleController(ControllerContext context)
        : base("node-lifecycle-controller", context)
    {
        nodes = context.Informers.For(BuiltIn.Nodes);
        leases = context.Informers.For(BuiltIn.Leases);
        pods = context.Informers.For(BuiltIn.Pods);
        podsByNode = pods.AddIndex(pod => pod.Text("spec", "nodeName") is { Length: > 0 } node ? [node] : []);
        nodes.OnChange((_, after) =>
        {
            if (after is not null) Queue.Add(after.Name());
        });
        leases.OnChange((before, after) =>
        {
            // A renewal only moves the end of the Lease; the timer set for its old end finds that out by itself.
            var lease = after ?? before!;
            if (lease.Namespace() == LeaseNamespace && (before is null || after is null || before.Text("spec", "renewTime") is null || WasLost(lease.Name()))) Queue.Add(lease.Name());
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        if (nodes.Get(new(null, key)) is not { } node || node.IsDeleting()) return;
        var now = Context.Now;
        var ready = node.Condition("Ready").Text("status");
        var taints = Taint.Of(node);
        var verdict = NodeHealth.Judge(ready, taints, node.Flag("spec", "unschedulable"), LeaseEnds(key), now);
        if (verdict.Lost) node = MarkLost(node, now);
        if (!verdict.Taints.SequenceEqual(taints)) WriteTaints(node, verdict.Taints, now);
        if (verdict.Lost || ready is "False" or "Unknown") MarkPodsNotReady(key, now);
        if (verdict.LookAgain is { } at) Queue.AddAfter(key, at - now + TimeSpan.FromMilliseconds(1));
    }

    private DateTimeOffset? LeaseEnds(string node)
    {
        var lease = leases.Get(new(LeaseNamespace, node));
        return lease.Time("spec", "renewTime") is { } renewed ? renewed.AddSeconds(lease.Whole("spec", "leaseDurationSeconds") ?? 40) : null;
    }

    private bool WasLost(string node) => nodes.Get(new(null, node))?.Condition("Ready").Text("status") == "Unknown";

    private JsonObject MarkLost(JsonObject node, DateTimeOffset now)
    {
        var conditions = node.At("status", "conditions") as JsonArray;
        foreach (var type in (ReadOnlySpan<string>)["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"])
        {
            conditions = conditions.With(type, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", now);
        }

        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = node.Text("metadata", "resourceVersion") },
            ["status"] = new JsonObject { ["conditions"] = conditions },
        };
        var written = Context.Api.MergePatch(BuiltIn.Nodes, null, node.Name(), patch, Name, "status");
        nodes.Observe(written);
        Context.Events.Normal(Name, node, "Node", "v1", "NodeNotReady", $"Node {node.Name()} status is now: NodeNotReady");
        return written;
    }

    private void WriteTaints(JsonObject node, IReadOnlyList<Taint> taints, DateTimeOffset now)
    {
        var list = new JsonArray();
        foreach (var taint in taints)
        {
            var item = new JsonObject { ["key"] = taint.Key };
            if (taint.Value.Length > 0) item["value"] = taint.Value;
            item["effect"] = taint.Effect;
            if (taint.Added is { } added) item["timeAdded"] = added.Stamp();
            else if (taint.Effect == "NoExecute") item["timeAdded"] = now.Stamp();
            list.Add(item);
        }

        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = node.Text("metadata", "resourceVersion") },
            ["spec"] = new JsonObject { ["taints"] = list.Count == 0 ? null : list },
        };
        nodes.Observe(Context.Api.MergePatch(BuiltIn.Nodes, null, node.Name(), patch, Name));
    }

    private void MarkPodsNotReady(string node, DateTimeOffset now)
    {
        foreach (var pod in podsByNode[node])
        {
            if (!pod.ConditionIsTrue("Ready")) continue;
            var conditions = (pod.At("status", "conditions") as JsonArray).With("Ready", "False", null, null, now, probeTime: true);
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject { ["uid"] = pod.Uid(), ["resourceVersion"] = pod.Text("metadata", "resourceVersion") },
                ["status"] = new JsonObject { ["conditions"] = conditions },
            };
            pods.Observe(Context.Api.MergePatch(BuiltIn.Pods, pod.Namespace(), pod.Name(), patch, Name, "status"));
            Context.Events.Warning(Name, pod, "Pod", "v1", "NodeNotReady", "Node is not ready");
        }
    }
}
