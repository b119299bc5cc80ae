using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Disruption;

/// <summary>Keeps the status of PodDisruptionBudgets, by which the eviction subresource grants or refuses.</summary>
internal sealed class DisruptionController : Controller<ObjectKey>
{
    private readonly Informer budgets;
    private readonly SelectorIndex budgetsBySelector;
    private readonly LabelIndex podsByLabel;
    private readonly Informer sets;
    private readonly Informer deployments;
    private readonly Informer statefulSets;

    /// <summary>A controller over the context's API.</summary>
    public DisruptionController(ControllerContext context)
        : base("disruption-controller", context)
    {
        budgets = context.Informers.For(BuiltIn.PodDisruptionBudgets);
        budgetsBySelector = new(budgets, budget => LabelSelector.From(budget.Obj("spec", "selector")));
        sets = context.Informers.For(BuiltIn.ReplicaSets);
        deployments = context.Informers.For(BuiltIn.Deployments);
        statefulSets = context.Informers.For(BuiltIn.StatefulSets);
        var pods = context.Informers.For(BuiltIn.Pods);
        podsByLabel = pods.ByLabel;
        budgets.OnChange((_, after) =>
        {
            if (after is not null) Queue.Add(ObjectKey.Of(after));
        });
        pods.OnChange((before, after) =>
        {
            if (before is not null && after is not null && before.ConditionIsTrue("Ready") == after.ConditionIsTrue("Ready") && before.IsDeleting() == after.IsDeleting()
                && JsonNode.DeepEquals(before.At("metadata", "labels"), after.At("metadata", "labels"))) return;
            if (before is not null) EnqueueSelecting(before.Namespace(), before.Obj("metadata", "labels"));
            if (after is not null) EnqueueSelecting(after.Namespace(), after.Obj("metadata", "labels"));
        });
        foreach (var owners in (Informer[])[deployments, statefulSets, sets])
        {
            owners.OnChange((before, after) =>
            {
                var owner = after ?? before!;
                if (before.Whole("spec", "replicas") != after.Whole("spec", "replicas")) EnqueueSelecting(owner.Namespace(), owner.Obj("spec", "template", "metadata", "labels"));
            });
        }
    }

    /// <inheritdoc/>
    protected override void Reconcile(ObjectKey key)
    {
        if (budgets.Get(key) is not { } budget || budget.IsDeleting()) return;
        var now = Context.Now;
        var pods = podsByLabel.Matching(key.Namespace, LabelSelector.From(budget.Obj("spec", "selector")))
            .Where(pod => pod.Text("status", "phase") is not ("Succeeded" or "Failed"))
            .ToList();
        var granted = (budget.Obj("status", "disruptedPods") ?? []).ToDictionary(entry => entry.Key, entry => entry.Value.Time() ?? now);
        var status = BudgetDecision.Decide(
            budget.At("spec", "minAvailable"),
            budget.At("spec", "maxUnavailable"),
            [.. pods.Select(pod => new BudgetedPod(pod.Name(), pod.ConditionIsTrue("Ready"), pod.IsDeleting()))],
            ScaleOf(pods),
            granted,
            now);
        if (status.LookAgain is { } at) Queue.AddAfter(key, at - now);
        Write(budget, status, now);
    }

    private void Write(JsonObject budget, BudgetStatus status, DateTimeOffset now)
    {
        var next = new JsonObject { ["observedGeneration"] = budget.Generation() };
        if (status.DisruptedPods.Count > 0) next["disruptedPods"] = new JsonObject(status.DisruptedPods.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value.Stamp())));
        next["disruptionsAllowed"] = status.DisruptionsAllowed;
        next["currentHealthy"] = status.CurrentHealthy;
        next["desiredHealthy"] = status.DesiredHealthy;
        next["expectedPods"] = status.ExpectedPods;
        var (value, reason) = status.DisruptionsAllowed > 0 ? ("True", "SufficientPods") : ("False", "InsufficientPods");
        var conditions = (budget.At("status", "conditions") as JsonArray).With("DisruptionAllowed", value, reason, "", now);
        foreach (var condition in conditions.OfType<JsonObject>()) condition["observedGeneration"] = budget.Generation();
        next["conditions"] = conditions;
        if (JsonNode.DeepEquals(next, budget.Obj("status"))) return;
        // With the version it was computed from: an eviction granted meanwhile must not be forgotten.
        var changed = budget.Copy();
        changed["status"] = next;
        budgets.Observe(Context.Api.Update(BuiltIn.PodDisruptionBudgets, budget.Namespace(), budget.Name(), changed, Name, "status"));
    }

    private int ScaleOf(IReadOnlyList<JsonObject> pods)
    {
        var counted = new HashSet<string>();
        var total = 0L;
        foreach (var pod in pods)
        {
            var owner = pod.ControllerRef();
            var ns = pod.Namespace();
            var controller = owner.Text("kind") switch
            {
                "ReplicaSet" => sets.Get(new(ns, owner.Text("name") ?? "")) is { } set
                    ? set.ControllerRef() is { } above && above.Text("kind") == "Deployment" ? deployments.Get(new(ns, above.Text("name") ?? "")) ?? set : set
                    : null,
                "StatefulSet" => statefulSets.Get(new(ns, owner.Text("name") ?? "")),
                _ => null,
            };
            if (controller is null)
            {
                // A pod of its own, or of a controller whose scale is not known here, counts as one.
                total++;
            }
            else if (counted.Add(controller.Uid()))
            {
                total += controller.Whole("spec", "replicas") ?? 1;
            }
        }

        return (int)total;
    }

    private void EnqueueSelecting(string? ns, JsonObject? labels)
    {
        foreach (var budget in budgetsBySelector.Selecting(ns, labels)) Queue.Add(budget);
    }
}
