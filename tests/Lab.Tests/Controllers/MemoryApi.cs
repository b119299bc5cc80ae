using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>A small in-memory API: versions, generations, conflicts, finalizers, grace periods and watches, without schemas or admission.</summary>
internal sealed class MemoryApi : IApi
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Dictionary<Gvr, SortedDictionary<(string Ns, string Name), JsonObject>> tables = [];
    private readonly List<(Gvr Resource, WatchEvent Event, long Version)> history = [];
    private readonly List<(Gvr Resource, string Kind, bool Namespaced)> resources;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long version;
    private int serial;

    public MemoryApi(TimeProvider time)
    {
        this.time = time;
        resources =
        [
            (BuiltIn.Pods, "Pod", true), (BuiltIn.Nodes, "Node", false), (BuiltIn.Namespaces, "Namespace", false), (BuiltIn.Services, "Service", true),
            (BuiltIn.ServiceAccounts, "ServiceAccount", true), (BuiltIn.Events, "Event", true), (BuiltIn.Deployments, "Deployment", true),
            (BuiltIn.ReplicaSets, "ReplicaSet", true), (BuiltIn.StatefulSets, "StatefulSet", true), (BuiltIn.Jobs, "Job", true),
            (BuiltIn.Leases, "Lease", true), (BuiltIn.EndpointSlices, "EndpointSlice", true), (BuiltIn.PodDisruptionBudgets, "PodDisruptionBudget", true),
            (BuiltIn.PriorityClasses, "PriorityClass", false), (BuiltIn.CustomResourceDefinitions, "CustomResourceDefinition", false),
            (new("", "v1", "configmaps"), "ConfigMap", true), (BuiltIn.ControllerRevisions, "ControllerRevision", true),
            (BuiltIn.PersistentVolumeClaims, "PersistentVolumeClaim", true), (BuiltIn.PersistentVolumes, "PersistentVolume", false), (BuiltIn.StorageClasses, "StorageClass", false),
        ];
        foreach (var ns in (string[])["default", "kube-node-lease"]) Create(BuiltIn.Namespaces, null, Named(ns), "test");
    }

    public static readonly Gvr ConfigMaps = new("", "v1", "configmaps");

    /// <summary>Writes so far, by field manager.</summary>
    public Dictionary<string, int> Writes { get; } = [];

    public IReadOnlyList<(Gvr Resource, string Kind, bool Namespaced)> Resources
    {
        get
        {
            lock (gate) return [.. resources];
        }
    }

    public void Serve(Gvr resource, string kind, bool namespaced)
    {
        lock (gate) resources.Add((resource, kind, namespaced));
    }

    public static JsonObject Named(string name, string? ns = null)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null) metadata["namespace"] = ns;
        return new() { ["metadata"] = metadata };
    }

    public JsonObject Create(Gvr resource, string? ns, JsonObject obj, string fieldManager)
    {
        lock (gate)
        {
            var metadata = obj.Ensure("metadata");
            if (ns is not null) metadata["namespace"] = ns;
            if (obj.Name().Length == 0) metadata["name"] = obj.Text("metadata", "generateName") + (++serial).ToString("x5", CultureInfo.InvariantCulture);
            var key = (ns ?? "", obj.Name());
            var table = Table(resource);
            if (table.ContainsKey(key)) throw new ApiException(409, "AlreadyExists", $"{resource.Plural} \"{obj.Name()}\" already exists");
            if (ns is not null && Table(BuiltIn.Namespaces).TryGetValue(("", ns), out var home) && home.IsDeleting())
            {
                throw new ApiException(403, "Forbidden", $"namespace {ns} is being terminated");
            }

            metadata["uid"] = $"uid-{++serial:d6}";
            metadata["creationTimestamp"] = time.GetUtcNow().Stamp();
            metadata["generation"] = 1;
            if (resource == BuiltIn.Namespaces) obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
            if (resource == BuiltIn.Pods) obj["status"] ??= new JsonObject { ["phase"] = "Pending" };
            return Store(resource, key, obj, "ADDED", fieldManager);
        }
    }

    public JsonObject? Get(Gvr resource, string? ns, string name)
    {
        lock (gate) return Table(resource).GetValueOrDefault((ns ?? "", name));
    }

    public (IReadOnlyList<JsonObject> Items, long ResourceVersion) List(Gvr resource, string? ns = null, string? labelSelector = null)
    {
        lock (gate)
        {
            return ([.. Table(resource).Values.Where(item => (ns is null || item.Namespace() == ns) && Selected(item, labelSelector))], version);
        }

        static bool Selected(JsonObject item, string? selector) =>
            selector is null || selector.Split(',').All(part => item.Label(part.Split('=')[0]) == part.Split('=')[1]);
    }

    public JsonObject Update(Gvr resource, string? ns, string name, JsonObject obj, string fieldManager, string? subresource = null)
    {
        lock (gate)
        {
            var live = Live(resource, ns, name);
            var next = (JsonObject)obj.DeepClone();
            if (next.Text("metadata", "resourceVersion") is { } given && given != live.Text("metadata", "resourceVersion"))
            {
                throw new ApiException(409, "Conflict", $"Operation cannot be fulfilled on {resource.Plural} \"{name}\": the object has been modified");
            }

            if (subresource == "status")
            {
                var status = next["status"]?.DeepClone();
                next = live.Copy();
                next["status"] = status;
            }
            else if (subresource is null && resource != BuiltIn.Nodes)
            {
                if (live["status"] is { } status) next["status"] = status.DeepClone();
                else next.Remove("status");
            }

            foreach (var field in (string[])["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"])
            {
                if (live["metadata"]![field] is { } kept) next["metadata"]![field] = kept.DeepClone();
                else ((JsonObject)next["metadata"]!).Remove(field);
            }

            next["metadata"]!["resourceVersion"] = live["metadata"]!["resourceVersion"]!.DeepClone();
            if (JsonNode.DeepEquals(next, live)) return live;
            if (!JsonNode.DeepEquals(next["spec"], live["spec"])) next["metadata"]!["generation"] = live.Generation() + 1;
            var gone = next.IsDeleting() && next.At("metadata", "finalizers") is not JsonArray { Count: > 0 } && (next.Whole("metadata", "deletionGracePeriodSeconds") ?? 0) == 0
                && (resource != BuiltIn.Namespaces || !next.Texts("spec", "finalizers").Any());
            return Store(resource, (ns ?? "", name), next, gone ? "DELETED" : "MODIFIED", fieldManager);
        }
    }

    public JsonObject MergePatch(Gvr resource, string? ns, string name, JsonObject patch, string fieldManager, string? subresource = null)
    {
        lock (gate)
        {
            var live = Live(resource, ns, name);
            if (patch.Text("metadata", "uid") is { } uid && uid != live.Uid()) throw new ApiException(409, "Conflict", "uid differs");
            return Update(resource, ns, name, Merge(live.Copy(), patch), fieldManager, subresource);
        }

        static JsonObject Merge(JsonObject target, JsonObject patch)
        {
            foreach (var (key, value) in patch)
            {
                if (value is null) target.Remove(key);
                else if (value is JsonObject inner) target[key] = Merge(target[key] as JsonObject is { } there ? there.Copy() : [], inner);
                else target[key] = value.DeepClone();
            }

            return target;
        }
    }

    public void Delete(Gvr resource, string? ns, string name, string propagation = "Background", long? gracePeriodSeconds = null, string? uid = null)
    {
        lock (gate)
        {
            if (!Table(resource).TryGetValue((ns ?? "", name), out var live)) return;
            if (uid is not null && live.Uid() != uid) throw new ApiException(409, "Conflict", "uid differs");
            var next = live.Copy();
            var finalizers = next.Texts("metadata", "finalizers").Where(item => item is not ("foregroundDeletion" or "orphan")).ToList();
            if (propagation == "Foreground") finalizers.Add("foregroundDeletion");
            if (propagation == "Orphan") finalizers.Add("orphan");
            next["metadata"]!["finalizers"] = new JsonArray([.. finalizers.Select(item => (JsonNode)item)]);
            var grace = resource != BuiltIn.Pods || live.Text("spec", "nodeName") is null or "" || live.Text("status", "phase") is "Succeeded" or "Failed"
                ? 0
                : gracePeriodSeconds ?? live.Whole("spec", "terminationGracePeriodSeconds") ?? 30;
            if (live.IsDeleting()) grace = Math.Min(grace, live.Whole("metadata", "deletionGracePeriodSeconds") ?? 0);
            next["metadata"]!["deletionTimestamp"] ??= time.GetUtcNow().AddSeconds(grace).Stamp();
            next["metadata"]!["deletionGracePeriodSeconds"] = grace;
            var gone = finalizers.Count == 0 && grace == 0 && (resource != BuiltIn.Namespaces || !next.Texts("spec", "finalizers").Any());
            Store(resource, (ns ?? "", name), next, gone ? "DELETED" : "MODIFIED", "delete");
        }
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(Gvr resource, string? ns, long resourceVersion, [EnumeratorCancellation] CancellationToken cancel)
    {
        var position = 0;
        while (true)
        {
            List<WatchEvent> batch = [];
            Task wait;
            lock (gate)
            {
                for (; position < history.Count; position++)
                {
                    if (history[position].Resource == resource && history[position].Version > resourceVersion) batch.Add(history[position].Event);
                }

                wait = changed.Task;
            }

            foreach (var item in batch) yield return item;
            if (batch.Count == 0) await wait.WaitAsync(cancel);
        }
    }

    /// <summary>Waits until a condition over the API holds; looks again at every change.</summary>
    public async Task UntilAsync(Func<bool> holds, string what)
    {
        // Real time bounds a hanging test only; no outcome depends on it.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task wait;
            lock (gate) wait = changed.Task;
            if (holds()) return;
            try
            {
                await wait.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"never came true: {what}");
            }
        }
    }

    private SortedDictionary<(string Ns, string Name), JsonObject> Table(Gvr resource)
    {
        if (!tables.TryGetValue(resource, out var table)) tables[resource] = table = [];
        return table;
    }

    private JsonObject Live(Gvr resource, string? ns, string name) =>
        Table(resource).GetValueOrDefault((ns ?? "", name)) ?? throw new ApiException(404, "NotFound", $"{resource.Plural} \"{name}\" not found");

    private JsonObject Store(Gvr resource, (string Ns, string Name) key, JsonObject obj, string type, string fieldManager)
    {
        obj["metadata"]!["resourceVersion"] = (++version).ToString(CultureInfo.InvariantCulture);
        if (type == "DELETED") Table(resource).Remove(key);
        else Table(resource)[key] = obj;
        history.Add((resource, new(type, obj), version));
        Writes[fieldManager] = Writes.GetValueOrDefault(fieldManager) + 1;
        changed.TrySetResult();
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return obj;
    }
}
