using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using ApiException = Nemotron.Lab.Api.ApiException;

namespace Nemotron.Lab.Nodes;

/// <summary>Keeps the Leases of simulated nodes renewed, and reports a node that comes back as ready. A node that is cut off falls silent.</summary>
internal sealed class NodeHeartbeats : Controller<string>
{
    private readonly Informer nodes;
    private readonly Kubelets kubelets;

    /// <summary>Heartbeats for every node that carries <see cref="NodeObjects.KubeletAnnotation"/>.</summary>
    public NodeHeartbeats(ControllerContext context, Kubelets kubelets)
        : base("kubelet-heartbeat", context)
    {
        this.kubelets = kubelets;
        nodes = context.Informers.For(BuiltIn.Nodes);
        nodes.OnChange((before, after) =>
        {
            if (after?.Annotation(NodeObjects.KubeletAnnotation) is not null && (before is null || Ready(before) != Ready(after))) Queue.Add(after.Name());
        });
    }

    /// <summary>Lets a node that came back say so at once.</summary>
    public void Hurry(string node) => Queue.Add(node);

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        if (nodes.Get(new(null, key)) is not { } node) return;
        var every = KubeletOptions.RenewEvery(nodes.Count);
        Queue.AddAfter(key, every);
        if (!kubelets.Reaches(key)) return;
        Renew(node);
        if (Ready(node) == "Unknown" || Ready(node) is null) ReportReady(node);
    }

    private static string? Ready(JsonObject node) => node.Condition("Ready").Text("status");

    private void Renew(JsonObject node)
    {
        var now = Context.Now;
        var duration = KubeletOptions.LeaseDuration(nodes.Count);
        try
        {
            if (Context.Api.Get(BuiltIn.Leases, NodeObjects.LeaseNamespace, node.Name()) is null)
            {
                Context.Api.Create(BuiltIn.Leases, NodeObjects.LeaseNamespace, NodeObjects.Lease(node, duration, now), Name);
                return;
            }

            var patch = new JsonObject
            {
                ["spec"] = new JsonObject { ["renewTime"] = now.MicroStamp(), ["leaseDurationSeconds"] = (int)duration.TotalSeconds },
            };
            Context.Api.MergePatch(BuiltIn.Leases, NodeObjects.LeaseNamespace, node.Name(), patch, Name);
        }
        catch (ApiException refused) when (refused.Code is 404 or 409)
        {
            // The namespace is made by whoever set up the cluster, or another renewal won; the next one will do.
        }
    }

    private void ReportReady(JsonObject node)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = node.Text("metadata", "resourceVersion") },
            ["status"] = new JsonObject { ["conditions"] = NodeObjects.ReadyConditions(Context.Now) },
        };
        nodes.Observe(Context.Api.MergePatch(BuiltIn.Nodes, null, node.Name(), patch, Name, "status"));
    }
}
