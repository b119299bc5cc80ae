using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Machines;
using Nemotron.Lab.Controllers.Scheduling;

namespace Nemotron.Lab.Controllers.Karpenter;

/// <summary>
/// Simulates Karpenter: a NodeClaim for pods that no node takes, machines of a simulated cloud for NodeClaims, and nodes back once they have been empty.
/// It looks at GPUs, node selectors and taints; not at affinity, prices or instance types.
/// </summary>
internal sealed class KarpenterController : Controller<string>
{
    private const string All = "all";
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    // Karpenter does not ask for what a cloud has just said it has not (three minutes there).
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(3);
    private readonly Informer pools;
    private readonly Informer claims;
    private readonly Informer pods;
    private readonly Informer nodes;
    private readonly ClaimLifecycle lifecycle;
    private readonly Dictionary<string, DateTimeOffset> refused = [];
    private int made;

    /// <summary>A controller over the context's API, which serves the definitions.</summary>
    public KarpenterController(ControllerContext context, MachineMaker maker)
        : base("simulated-karpenter", context)
    {
        pools = context.Informers.For(KarpenterApi.Pools);
        claims = context.Informers.For(KarpenterApi.Claims);
        pods = context.Informers.For(BuiltIn.Pods);
        nodes = context.Informers.For(BuiltIn.Nodes);
        lifecycle = new(context, Name, claims, pods, nodes, maker);
        foreach (var informer in (Informer[])[pools, claims, pods]) informer.OnChange((_, _) => Queue.Add(All));
    }

    /// <inheritdoc/>
    protected override void Reconcile(string key)
    {
        foreach (var claim in claims.All.OrderBy(claim => claim.Name(), StringComparer.Ordinal))
        {
            var pool = pools.Get(new(null, claim.Label(KarpenterApi.PoolLabel) ?? ""));
            if (lifecycle.Step(claim, pool) == ClaimStep.Refused) refused[claim.Label(KarpenterApi.PoolLabel) ?? ""] = Context.Now;
        }

        var waiting = pods.All.Where(Waits).OrderByDescending(Gpus).ThenBy(pod => pod.Name(), StringComparer.Ordinal).ToList();
        foreach (var pool in pools.All.Where(pool => !pool.IsDeleting()).OrderByDescending(pool => pool.Whole("spec", "weight") ?? 1).ThenBy(pool => pool.Name(), StringComparer.Ordinal))
            waiting.RemoveAll([.. Provision(pool, [.. waiting.Where(pod => Takes(pool, pod))])]);
        if (claims.Count > 0 || waiting.Count > 0) Queue.AddAfter(All, LookAgain);
    }

    /// <summary>Asks for machines for pods of a pool; gives back those that need no other pool.</summary>
    private HashSet<JsonObject> Provision(JsonObject pool, List<JsonObject> waiting)
    {
        var served = new HashSet<JsonObject>();
        if (waiting.Count == 0 || lifecycle.ClassOf(pool) is not { } nodeClass) return served;
        if (refused.TryGetValue(pool.Name(), out var at) && Context.Now - at < AfterRefusal) return served;
        var size = MachineMaker.Gpus(nodeClass.Text("spec", "machine") ?? "H100:8");
        var mine = claims.All.Where(claim => claim.Label(KarpenterApi.PoolLabel) == pool.Name()).ToList();
        var room = mine.Where(claim => !claim.IsDeleting()).Select(claim => Room(claim, size)).ToList();
        var limit = pool.Text("spec", "limits", GpuName) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : pool.Whole("spec", "limits", GpuName) ?? long.MaxValue;
        var total = mine.Count * size;
        foreach (var pod in waiting)
        {
            var wanted = Gpus(pod);
            var bin = room.FindIndex(free => free >= wanted);
            if (bin < 0)
            {
                if (wanted > size || total + size > limit) continue;
                claims.Observe(Context.Api.Create(KarpenterApi.Claims, null, Claim(pool), Name));
                room.Add(size);
                total += size;
                bin = room.Count - 1;
            }

            room[bin] -= wanted;
            served.Add(pod);
        }

        return served;
    }

    private const string GpuName = "nvidia.com/gpu";

    private long Room(JsonObject claim, int size)
    {
        if (claim.Text("status", "nodeName") is not { } name || nodes.Get(new(null, name)) is not { } node) return size;
        if (node.Flag("spec", "unschedulable") || Taint.Of(node).Any(taint => taint.Effect == "NoSchedule" && taint.Key.StartsWith("serving.", StringComparison.Ordinal))) return 0;
        // A machine whose GPUs are not there yet is taken to get them.
        var offered = (ResourceQuantity.Milli(node.At("status", "allocatable", GpuName)) ?? (size * 1000L)) / 1000;
        return offered - pods.All.Where(pod => pod.Text("spec", "nodeName") == name && pod.Text("status", "phase") is not ("Succeeded" or "Failed")).Sum(Gpus);
    }

    private JsonObject Claim(JsonObject pool)
    {
        var spec = pool.Obj("spec", "template", "spec")!.Copy();
        var labels = pool.Obj("spec", "template", "metadata", "labels")?.Copy() ?? [];
        labels[KarpenterApi.PoolLabel] = pool.Name();
        return new JsonObject
        {
            ["apiVersion"] = "karpenter.sh/v1",
            ["kind"] = "NodeClaim",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{pool.Name()}-{++made:x5}",
                ["labels"] = labels,
                ["finalizers"] = new JsonArray(KarpenterApi.Finalizer),
                ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "karpenter.sh/v1", ["kind"] = "NodePool", ["name"] = pool.Name(), ["uid"] = pool.Uid(), ["blockOwnerDeletion"] = true }),
            },
            ["spec"] = spec,
        };
    }

    private static bool Waits(JsonObject pod) =>
        !pod.IsDeleting() && pod.Text("spec", "nodeName") is null or "" && pod.Condition("PodScheduled") is { } condition && condition.Text("reason") == "Unschedulable" && Gpus(pod) > 0;

    private static bool Takes(JsonObject pool, JsonObject pod)
    {
        var labels = pool.Obj("spec", "template", "metadata", "labels");
        foreach (var (key, value) in pod.Obj("spec", "nodeSelector") ?? [])
            if (labels.Text(key) != value.Text()) return false;
        var tolerations = pod.Items("spec", "tolerations").ToList();
        return pool.Items("spec", "template", "spec", "taints").All(taint => taint.Text("effect") == "PreferNoSchedule" || tolerations.Any(toleration =>
            (toleration.Text("effect") is null or "" || toleration.Text("effect") == taint.Text("effect"))
            && (toleration.Text("key") is null or "" || toleration.Text("key") == taint.Text("key"))
            && (toleration.Text("operator") == "Exists" || (toleration.Text("value") ?? "") == (taint.Text("value") ?? ""))));
    }

    internal static long Gpus(JsonObject pod) => pod.Items("spec", "containers").Sum(container => ResourceQuantity.Milli(container.At("resources", "limits", GpuName)) ?? 0) / 1000;
}

internal static class ListRemoval
{
    /// <summary>Removes the items of a set.</summary>
    public static void RemoveAll<T>(this List<T> list, HashSet<T> gone) => list.RemoveAll(gone.Contains);
}
