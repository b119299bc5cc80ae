using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.NodeLifecycle;

/// <summary>
/// Deletes pods from nodes with <c>NoExecute</c> taints once they are no longer tolerated, and clears away pods that no kubelet will
/// ever see to: those on nodes that are gone for good or that somebody declared out of service, and unbound ones whose deletion was asked for.
/// </summary>
internal sealed class TaintEvictionController : Controller<ObjectKey>
{
    // How long a node may be missing before its pods are given up, as in the real pod garbage collector.
    private static readonly TimeSpan MissingNode = TimeSpan.FromSeconds(40);
    private readonly Informer nodes;
    private readonly Informer pods;
    private readonly ObjectIndex podsByNode;
    private readonly Dictionary<string, DateTimeOffset> missing = [];

    /// <summary>A controller over the context's API.</summary>
    public TaintEvictionController(ControllerContext context)
        : base("taint-eviction-controller", context)
    {
        nodes = context.Informers.For(BuiltIn.Nodes);
        pods = context.Informers.For(BuiltIn.Pods);
        podsByNode = pods.AddIndex(pod => pod.Text("spec", "nodeName") is { Length: > 0 } node ? [node] : []);
        nodes.OnChange((before, after) =>
        {
            if (before is not null && after is not null && Taint.Of(before).SequenceEqual(Taint.Of(after))) return;
            foreach (var pod in podsByNode[(after ?? before!).Name()]) Queue.Add(ObjectKey.Of(pod));
        });
        pods.OnChange((before, after) =>
        {
            if (after is null) return;
            var bound = before is null || before.Text("spec", "nodeName") != after.Text("spec", "nodeName");
            if (bound || before!.IsDeleting() != after.IsDeleting()) Queue.Add(ObjectKey.Of(after));
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (pods.Get(key) is not { } pod) return;
        var now = Context.Now;
        if (pod.Text("spec", "nodeName") is not { Length: > 0 } name)
        {
            if (pod.IsDeleting()) Forget(pod);
            return;
        }

        if (nodes.Get(new(null, name)) is not { } node)
        {
            if (!missing.TryGetValue(name, out var since)) missing[name] = since = now;
            if (since + MissingNode <= now) Forget(pod);
            else Queue.AddAfter(key, since + MissingNode - now);
            return;
        }

        missing.Remove(name);
        if (pod.IsDeleting() && TaintEviction.IsOutOfService(node.Condition("Ready").Text("status"), Taint.Of(node)))
        {
            Forget(pod);
            return;
        }

        if (pod.IsDeleting() || TaintEviction.EvictAt(Toleration.Of(pod), Taint.Of(node), now) is not { } at) return;
        if (at > now) Queue.AddAfter(key, at - now);
        else Evict(pod, now);
    }

    private void Evict(JsonObject pod, DateTimeOffset now)
    {
        var conditions = (pod.At("status", "conditions") as JsonArray)
            .With("DisruptionTarget", "True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", now, probeTime: true);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Uid(), ["resourceVersion"] = pod.Text("metadata", "resourceVersion") },
            ["status"] = new JsonObject { ["conditions"] = conditions },
        };
        pods.Observe(Context.Api.MergePatch(BuiltIn.Pods, pod.Namespace(), pod.Name(), patch, Name, "status"));
        Context.Events.Normal(Name, pod, "Pod", "v1", "TaintManagerEviction", $"Marking for deletion Pod {ObjectKey.Of(pod)}");
        Context.Api.Delete(BuiltIn.Pods, pod.Namespace(), pod.Name(), uid: pod.Uid());
        pods.ObserveDeletion(pod);
    }

    private void Forget(JsonObject pod)
    {
        Context.Api.Delete(BuiltIn.Pods, pod.Namespace(), pod.Name(), gracePeriodSeconds: 0, uid: pod.Uid());
        pods.ObserveDeletion(pod);
    }
}
