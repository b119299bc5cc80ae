using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Lab.Controllers.Machines;

namespace Nemotron.Lab.Controllers.Karpenter;

/// <summary>What came of a look at a NodeClaim.</summary>
internal enum ClaimStep
{
    /// <summary>It goes on.</summary>
    GoesOn,

    /// <summary>The simulated cloud has no such machine, and the claim is given up.</summary>
    Refused,
}

/// <summary>
/// The life of a NodeClaim as Karpenter has it: launched, registered, initialized, and in the end drained and terminated. As there, a claim for a
/// machine that the cloud has not is deleted at once, and only an event tells.
/// </summary>
internal sealed partial class ClaimLifecycle(ControllerContext context, string manager, Informer claims, Informer pods, Informer nodes, MachineMaker maker)
{
    private readonly Dictionary<string, DateTimeOffset> emptySince = [];
    private readonly Informer classes = context.Informers.For(KarpenterApi.Classes);

    /// <summary>The node class of a pool, or null.</summary>
    public JsonObject? ClassOf(JsonObject pool) => classes.Get(new(null, pool.Text("spec", "template", "spec", "nodeClassRef", "name") ?? ""));

    /// <summary>Takes a claim one step further.</summary>
    public ClaimStep Step(JsonObject claim, JsonObject? pool)
    {
        var node = claim.Text("status", "nodeName") is { } name ? nodes.Get(new(null, name)) : null;
        if (claim.IsDeleting() || pool is null)
        {
            End(claim, node);
            return ClaimStep.GoesOn;
        }

        var nodeClass = ClassOf(pool);
        if (nodeClass is null)
        {
            Set(claim, "Launched", "Unknown", "NodeClassNotReady", "the LabNodeClass is not there");
            return ClaimStep.GoesOn;
        }

        if (!claim.ConditionIsTrue("Launched")) return Launch(claim, nodeClass);
        if (!claim.ConditionIsTrue("Registered")) Register(claim, pool, nodeClass);
        else if (!claim.ConditionIsTrue("Initialized")) Initialize(claim, node);
        else GiveBackEmpty(claim, pool, node);
        return ClaimStep.GoesOn;
    }

    private ClaimStep Launch(JsonObject claim, JsonObject nodeClass)
    {
        if (context.Now < claim.Created().AddSeconds(nodeClass.Whole("spec", "launchSeconds") ?? 10))
        {
            Set(claim, "Launched", "Unknown", "AwaitingReconciliation", "object is awaiting reconciliation");
            return ClaimStep.GoesOn;
        }

        if (nodeClass.Whole("spec", "available") is { } left)
        {
            if (left == 0)
            {
                context.Events.Warning(manager, claim, "NodeClaim", "karpenter.sh/v1", "InsufficientCapacityError", $"NodeClaim {claim.Name()} event: insufficient capacity, the simulated cloud has no {nodeClass.Text("spec", "machine")} left");
                context.Api.Delete(KarpenterApi.Claims, null, claim.Name());
                return ClaimStep.Refused;
            }

            classes.Observe(context.Api.MergePatch(KarpenterApi.Classes, null, nodeClass.Name(), new JsonObject { ["spec"] = new JsonObject { ["available"] = left - 1 } }, manager));
        }

        Set(claim, "Launched", "True", "Launched", "");
        return ClaimStep.GoesOn;
    }

    private void Register(JsonObject claim, JsonObject pool, JsonObject nodeClass)
    {
        var launched = claim.Condition("Launched").Time("lastTransitionTime") ?? context.Now;
        if (context.Now < launched.AddSeconds(nodeClass.Whole("spec", "joinSeconds") ?? 60))
        {
            Set(claim, "Registered", "Unknown", "NodeNotFound", "Node not registered with cluster");
            return;
        }

        if (context.Api.Get(BuiltIn.Nodes, null, claim.Name()) is null)
        {
            var labels = claim.Obj("metadata", "labels")!.Copy();
            maker.Join(nodeClass.Text("spec", "machine") ?? "H100:8", claim.Name(), labels, null, pool.At("spec", "template", "spec", "taints") as JsonArray, nodeClass.At("spec", "withGpus") is null || nodeClass.Flag("spec", "withGpus"));
        }

        Patch(claim, new JsonObject { ["nodeName"] = claim.Name(), ["conditions"] = (claim.At("status", "conditions") as JsonArray).With("Registered", "True", "Registered", "", context.Now) });
    }

    private void Initialize(JsonObject claim, JsonObject? node)
    {
        if (node is null || !node.ConditionIsTrue("Ready")) Set(claim, "Initialized", "Unknown", "NodeNotReady", "Node status is NotReady");
        else if (node.At("status", "allocatable", "nvidia.com/gpu") is null) Set(claim, "Initialized", "Unknown", "ResourceNotRegistered", "Resource \"nvidia.com/gpu\" was requested but not registered");
        else Set(claim, "Initialized", "True", "Initialized", "");
    }

    private void GiveBackEmpty(JsonObject claim, JsonObject pool, JsonObject? node)
    {
        if (node is null || PodsOn(claim.Name()).Any(pod => KarpenterController.Gpus(pod) > 0))
        {
            emptySince.Remove(claim.Name());
            return;
        }

        var since = emptySince.TryGetValue(claim.Name(), out var known) ? known : emptySince[claim.Name()] = context.Now;
        if (pool.Text("spec", "disruption", "consolidateAfter") is { } after and not "Never" && context.Now - since >= Duration(after)) context.Api.Delete(KarpenterApi.Claims, null, claim.Name());
    }

    private void End(JsonObject claim, JsonObject? node)
    {
        if (!claim.IsDeleting())
        {
            context.Api.Delete(KarpenterApi.Claims, null, claim.Name());
            return;
        }

        if (node is not null && node.ConditionIsTrue("Ready"))
        {
            if (!node.Flag("spec", "unschedulable")) nodes.Observe(context.Api.MergePatch(BuiltIn.Nodes, null, node.Name(), new JsonObject { ["spec"] = new JsonObject { ["unschedulable"] = true } }, manager));
            var left = PodsOn(node.Name()).ToList();
            foreach (var pod in left.Where(pod => !pod.IsDeleting())) context.Api.Delete(BuiltIn.Pods, pod.Namespace(), pod.Name());
            if (left.Count > 0) return;
        }

        if (node is not null) maker.Leave(node.Name());
        context.Api.MergePatch(KarpenterApi.Claims, null, claim.Name(), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }, manager);
    }

    private IEnumerable<JsonObject> PodsOn(string node) => pods.All.Where(pod => pod.Text("spec", "nodeName") == node && pod.Text("status", "phase") is not ("Succeeded" or "Failed"));

    private void Set(JsonObject claim, string type, string status, string reason, string message)
    {
        if (claim.Condition(type) is { } condition && condition.Text("status") == status && condition.Text("reason") == reason) return;
        Patch(claim, new JsonObject { ["conditions"] = (claim.At("status", "conditions") as JsonArray).With(type, status, reason, message, context.Now) });
    }

    private void Patch(JsonObject claim, JsonObject status) =>
        claims.Observe(context.Api.MergePatch(KarpenterApi.Claims, null, claim.Name(), new JsonObject { ["status"] = status }, manager, "status"));

    // The schema lets only such through as 1h30m.
    private static TimeSpan Duration(string text) => DurationParts().Matches(text).Aggregate(TimeSpan.Zero, (sum, part) =>
        sum + (int.Parse(part.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * part.Groups[2].Value switch { "h" => TimeSpan.FromHours(1), "m" => TimeSpan.FromMinutes(1), _ => TimeSpan.FromSeconds(1) }));

    [GeneratedRegex("([0-9]+)(s|m|h)")]
    private static partial Regex DurationParts();
}
