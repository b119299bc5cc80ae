using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Services;

/// <summary>Keeps the EndpointSlices of every Service with a selector.</summary>
internal sealed class EndpointSliceController : Controller<ObjectKey>
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private const string ManagedBy = "endpointslice-controller.k8s.io";
    private readonly Informer services;
    private readonly Informer slices;
    private readonly Informer nodes;
    private readonly ObjectIndex slicesByService;
    private readonly SelectorIndex servicesBySelector;
    private readonly LabelIndex podsByLabel;

    /// <summary>A controller over the context's API.</summary>
    public EndpointSliceController(ControllerContext context)
        : base("endpointslice-controller", context)
    {
        services = context.Informers.For(BuiltIn.Services);
        slices = context.Informers.For(BuiltIn.EndpointSlices);
        nodes = context.Informers.For(BuiltIn.Nodes);
        var pods = context.Informers.For(BuiltIn.Pods);
        servicesBySelector = new(services, service => LabelSelector.FromMap(service.Obj("spec", "selector")));
        podsByLabel = pods.ByLabel;
        slicesByService = slices.AddIndex(slice => slice.Label(ManagedByLabel) == ManagedBy ? [$"{slice.Namespace()}/{slice.Label(ServiceLabel)}"] : []);
        services.OnChange((_, after) =>
        {
            if (after is not null) Queue.Add(ObjectKey.Of(after));
        });
        slices.OnChange((before, after) =>
        {
            if ((after ?? before!).Label(ServiceLabel) is { } name) Queue.Add(new((after ?? before!).Namespace(), name));
        });
        pods.OnChange((before, after) =>
        {
            if (before is not null && after is not null && !Matters(before, after)) return;
            if (before is not null) EnqueueSelecting(before);
            if (after is not null) EnqueueSelecting(after);
        });
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (services.Get(key) is not { } service || service.IsDeleting() || service.Obj("spec", "selector") is not { Count: > 0 } selector) return;
        var wanted = EndpointDecision.Decide(
            service, podsByLabel.Matching(key.Namespace, LabelSelector.FromMap(selector)), node => nodes.Get(new(null, node))?.Label("topology.kubernetes.io/zone"));
        var present = slicesByService[$"{key.Namespace}/{key.Name}"].Where(slice => !slice.IsDeleting()).OrderBy(slice => slice.Created()).ThenBy(slice => slice.Name(), StringComparer.Ordinal).ToList();
        for (var i = 0; i < wanted.Count; i++)
        {
            if (i >= present.Count) slices.Observe(Context.Api.Create(BuiltIn.EndpointSlices, key.Namespace, NewSlice(service, wanted[i]), Name));
            else Update(present[i], wanted[i]);
        }

        foreach (var surplus in present.Skip(wanted.Count))
        {
            Context.Api.Delete(BuiltIn.EndpointSlices, key.Namespace, surplus.Name(), uid: surplus.Uid());
            slices.ObserveDeletion(surplus);
        }
    }

    private void Update(JsonObject slice, SliceContent wanted)
    {
        if (JsonNode.DeepEquals(slice.At("ports") ?? new JsonArray(), wanted.Ports) && JsonNode.DeepEquals(slice.At("endpoints") ?? new JsonArray(), wanted.Endpoints)) return;
        var changed = slice.Copy();
        changed["ports"] = wanted.Ports;
        changed["endpoints"] = wanted.Endpoints;
        slices.Observe(Context.Api.Update(BuiltIn.EndpointSlices, slice.Namespace(), slice.Name(), changed, Name));
    }

    private static JsonObject NewSlice(JsonObject service, SliceContent content)
    {
        var labels = new JsonObject();
        foreach (var (name, value) in service.Obj("metadata", "labels") ?? []) labels[name] = value?.DeepClone();
        if (service.Text("spec", "clusterIP") == "None") labels["service.kubernetes.io/headless"] = "";
        labels[ServiceLabel] = service.Name();
        labels[ManagedByLabel] = ManagedBy;
        return new()
        {
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["kind"] = "EndpointSlice",
            ["metadata"] = new JsonObject
            {
                ["generateName"] = service.Name() + "-",
                ["namespace"] = service.Namespace(),
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(Workloads.PodTemplates.ControllerReference(service, "v1", "Service")),
            },
            ["addressType"] = "IPv4",
            ["endpoints"] = content.Endpoints,
            ["ports"] = content.Ports,
        };
    }

    private static bool Matters(JsonObject before, JsonObject after) =>
        before.ConditionIsTrue("Ready") != after.ConditionIsTrue("Ready")
        || before.IsDeleting() != after.IsDeleting()
        || before.Text("status", "podIP") != after.Text("status", "podIP")
        || before.Text("status", "phase") != after.Text("status", "phase")
        || !JsonNode.DeepEquals(before.At("metadata", "labels"), after.At("metadata", "labels"));

    private void EnqueueSelecting(JsonObject pod)
    {
        foreach (var service in servicesBySelector.Selecting(pod.Namespace(), pod.Obj("metadata", "labels"))) Queue.Add(service);
    }
}
