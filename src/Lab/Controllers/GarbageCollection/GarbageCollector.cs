using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.GarbageCollection;

/// <summary>Deletes what its owners left behind, over all served resources, custom ones included as they come and go.</summary>
internal sealed class GarbageCollector : Controller<string>
{
    private static readonly TimeSpan UnknownKindRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SoonServed = TimeSpan.FromMilliseconds(100);

    // As in the real collector: events are not owned, and too many to follow.
    private static readonly HashSet<(string Group, string Plural)> Ignored = [("", "events"), ("events.k8s.io", "events")];

    private readonly OwnershipGraph graph = new();
    private readonly Dictionary<(string Group, string Plural), Gvr> watched = [];

    /// <summary>A collector over the context's API.</summary>
    public GarbageCollector(ControllerContext context)
        : base("generic-garbage-collector", context)
    {
        FollowResources();
        context.Informers.For(BuiltIn.CustomResourceDefinitions).OnChange((_, _) => Queue.Add(""));
    }

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        if (key.Length == 0)
        {
            FollowResources();
            return;
        }

        if (graph[key] is not { } known) return;
        // Decided on the object as it is now: an owner's end may be heard of before the news that the owner had let this one go.
        if (Context.Api.Get(known.Resource, known.Key.Namespace, known.Key.Name) is not { } live || live.Uid() != key) return;
        var obj = OwnedObject.From(known.Resource, live);
        var action = CollectionDecision.Decide(obj, () => graph.DependentsOf(key), owner => StateOf(obj, owner));
        switch (action.Step)
        {
            case CollectionStep.Delete:
                Context.Api.Delete(obj.Resource, obj.Key.Namespace, obj.Key.Name, action.Propagation, uid: obj.Uid);
                break;
            case CollectionStep.DropOwners:
                DropOwners(obj, action.Uids);
                break;
            case CollectionStep.OrphanDependents:
                foreach (var dependent in graph.DependentsOf(key)) DropOwners(dependent, [obj.Uid]);
                RemoveFinalizer(obj, OwnedObject.OrphanFinalizer);
                break;
            case CollectionStep.AwaitDependents:
                foreach (var uid in action.Uids) Queue.Add(uid);
                break;
            case CollectionStep.FinishForeground:
                RemoveFinalizer(obj, OwnedObject.ForegroundFinalizer);
                break;
        }
    }

    private void FollowResources()
    {
        var served = new HashSet<(string Group, string Plural)>();
        foreach (var (resource, _, _) in Context.Api.Resources)
        {
            var name = (resource.Group, resource.Plural);
            // One version of each is enough: they show the same objects. Subresources have no objects of their own.
            if (Ignored.Contains(name) || resource.Plural.Contains('/') || !served.Add(name) || watched.ContainsKey(name)) continue;
            watched[name] = resource;
            Context.Informers.For(resource).OnChange((before, after) => Changed(resource, before, after));
        }

        // A definition says Established a moment before its resource is served, and nothing tells of the second.
        if (Context.Informers.For(BuiltIn.CustomResourceDefinitions).All.Any(crd =>
            !crd.IsDeleting()
            && crd.Items("status", "conditions").Any(condition => condition.Text("type") == "Established" && condition.Text("status") == "True")
            && !served.Contains((crd.Text("spec", "group") ?? "", crd.Text("spec", "names", "plural") ?? ""))))
        {
            Queue.AddAfter("", SoonServed);
        }

        foreach (var (name, resource) in watched.Where(entry => !served.Contains(entry.Key)).ToList())
        {
            watched.Remove(name);
            Context.Informers.Drop(resource);
        }
    }

    private void Changed(Gvr resource, JsonObject? before, JsonObject? after)
    {
        if (after is not null)
        {
            // Most changes are to status or spec and mean nothing here.
            if (before is not null && SameOwnership(before, after)) return;
            var obj = OwnedObject.From(resource, after);
            graph.Put(obj);
            if (obj.Owners.Count > 0 || obj.Deleting) Queue.Add(obj.Uid);
            // Whoever waits for it may wait no longer: it may have let go of its owner.
            foreach (var owner in before.Items("metadata", "ownerReferences")) Queue.Add(owner.Text("uid") ?? "?");
            return;
        }

        var uid = before!.Uid();
        graph.Remove(uid);
        foreach (var dependent in graph.DependentsOf(uid)) Queue.Add(dependent.Uid);
        foreach (var owner in before!.Items("metadata", "ownerReferences")) Queue.Add(owner.Text("uid") ?? "?");
    }

    private static bool SameOwnership(JsonObject before, JsonObject after) =>
        before.IsDeleting() == after.IsDeleting()
        && JsonNode.DeepEquals(before.At("metadata", "ownerReferences"), after.At("metadata", "ownerReferences"))
        && JsonNode.DeepEquals(before.At("metadata", "finalizers"), after.At("metadata", "finalizers"));

    private OwnerState StateOf(OwnedObject dependent, OwnerLink owner)
    {
        if (graph[owner.Uid] is { } known && (known.Key.Namespace is null || known.Key.Namespace == dependent.Key.Namespace))
        {
            return known.WaitsForDependents ? OwnerState.Waiting : OwnerState.Present;
        }

        // The graph may lag behind: ask, before anything is deleted for good.
        if (ResourceOf(owner) is not { } resource)
        {
            Queue.AddAfter(dependent.Uid, UnknownKindRetry);
            return OwnerState.Unknown;
        }

        var ns = resource.Namespaced ? dependent.Key.Namespace : null;
        if (resource.Namespaced && ns is null)
        {
            // A cluster-wide object cannot name the namespace of its owner; the real collector leaves it alone as well.
            Context.Log.LogDebug("{Object} names the namespaced {Kind} {Owner} as owner", dependent.Key, owner.Kind, owner.Name);
            return OwnerState.Unknown;
        }

        var live = Context.Api.Get(resource.Resource, ns, owner.Name);
        if (live is null || live.Uid() != owner.Uid) return OwnerState.Absent;
        return OwnedObject.From(resource.Resource, live).WaitsForDependents ? OwnerState.Waiting : OwnerState.Present;
    }

    private (Gvr Resource, bool Namespaced)? ResourceOf(OwnerLink owner)
    {
        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : owner.ApiVersion[..slash];
        foreach (var (resource, kind, namespaced) in Context.Api.Resources)
        {
            if (kind == owner.Kind && resource.Group == group && !resource.Plural.Contains('/')) return (resource, namespaced);
        }

        return null;
    }

    private void DropOwners(OwnedObject obj, IReadOnlyList<string> uids)
    {
        if (Context.Api.Get(obj.Resource, obj.Key.Namespace, obj.Key.Name) is not { } live || live.Uid() != obj.Uid) return;
        var kept = live.Items("metadata", "ownerReferences").Where(owner => !uids.Contains(owner.Text("uid") ?? "")).Select(owner => (JsonNode)owner.Copy()).ToArray();
        Patch(live, obj.Resource, "ownerReferences", kept.Length == 0 ? null : new JsonArray(kept));
    }

    private void RemoveFinalizer(OwnedObject obj, string finalizer)
    {
        if (Context.Api.Get(obj.Resource, obj.Key.Namespace, obj.Key.Name) is not { } live || live.Uid() != obj.Uid) return;
        var kept = live.Texts("metadata", "finalizers").Where(name => name != finalizer).Select(name => (JsonNode)JsonValue.Create(name)).ToArray();
        Patch(live, obj.Resource, "finalizers", kept.Length == 0 ? null : new JsonArray(kept));
    }

    private void Patch(JsonObject live, Gvr resource, string field, JsonArray? value)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = live.Uid(), ["resourceVersion"] = live.Text("metadata", "resourceVersion"), [field] = value },
        };
        Context.Api.MergePatch(resource, live.Namespace(), live.Name(), patch, Name);
    }
}
