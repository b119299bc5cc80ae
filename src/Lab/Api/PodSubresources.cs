using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>What a scheduler and a drain do to pods: <c>binding</c> and <c>eviction</c>.</summary>
internal static class PodSubresources
{
    private static readonly Gvr Budgets = new("policy", "v1", "poddisruptionbudgets");
    private static readonly string[] NotYetRunning = ["Pending"];

    public static JsonObject Success() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Success",
        ["code"] = 201,
    };

    /// <summary>Assigns a pod to a node, once.</summary>
    /// <exception cref="ApiException">409 when it is assigned already or going.</exception>
    public static async ValueTask BindAsync(ApiContext api, WriteRequest request, JsonObject binding)
    {
        string node = binding["target"]?["name"].Text() ?? "";
        if (node.Length == 0)
            throw ApiErrors.Invalid("", "Binding", request.Name, [new("target.name", "FieldValueRequired", "Required value")]);
        await Updating.UpdateAsync(api, request, pod =>
        {
            string? assigned = pod["spec"]?["nodeName"].Text();
            if (!string.IsNullOrEmpty(assigned)) throw Conflict(request.Name, $"pod {request.Name} is already assigned to node \"{assigned}\"");
            if (pod.IsDeleting()) throw Conflict(request.Name, $"pod {request.Name} is being deleted, cannot be assigned to a host");
            pod["spec"]!["nodeName"] = node;
            SetCondition(pod, "PodScheduled", api.Timestamp, null, null);
            return pod;
        }, retry: true, recordManager: false);
    }

    /// <summary>Deletes a pod unless a disruption budget forbids it.</summary>
    /// <exception cref="ApiException">429 when a budget is used up.</exception>
    public static async ValueTask EvictAsync(ApiContext api, WriteRequest request, JsonObject eviction)
    {
        var pods = request.Resource;
        var pod = pods.Table.Current.Find(request.Namespace, request.Name)?.Tree ?? throw ApiErrors.NotFound(pods, request.Name);
        var options = DeleteOptions.Read(eviction["deleteOptions"] as JsonObject, null, null, request.DryRun);
        bool counts = !pod.IsDeleting() && !NotYetRunning.Contains(pod["status"]?["phase"].Text()) && pod["status"]?["phase"].Text() is not ("Succeeded" or "Failed");
        // A dry run is refused as well; it only takes nothing from the budget.
        if (counts) await SpendBudgetAsync(api, request with { DryRun = options.DryRun }, pod);
        if (!options.DryRun)
        {
            await Updating.UpdateAsync(api, request with { Subresource = "eviction" }, live =>
            {
                SetCondition(live, "DisruptionTarget", api.Timestamp, "EvictionByEvictionAPI", "Eviction API: evicting");
                return live;
            }, retry: true, recordManager: false);
        }
        await Deletion.DeleteAsync(api, request with { Subresource = null }, options);
    }

    private static async ValueTask SpendBudgetAsync(ApiContext api, WriteRequest request, JsonObject pod)
    {
        if (api.Catalog.Find(Budgets) is not { } resource) return;
        var labels = pod["metadata"]?["labels"] as JsonObject;
        var matching = resource.Table.Current.Objects(request.Namespace)
            .Where(b => LabelSelector.FromObject(b.Tree["spec"]?["selector"])?.MatchesLabels(labels) == true).ToArray();
        if (matching.Length > 1)
            throw new ApiException(500, "InternalError", "Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        if (matching.Length == 0) return;
        string budgetName = matching[0].Name;
        await Updating.UpdateAsync(api, request with { Resource = resource, Name = budgetName, Subresource = "status", FieldManager = "kube-apiserver" }, budget =>
        {
            if (budget["status"] is not JsonObject status) budget["status"] = status = [];
            long allowed = status["disruptionsAllowed"].Integer() ?? 0;
            if (allowed <= 0) throw Refused(budgetName, status);
            status["disruptionsAllowed"] = allowed - 1;
            if (status["disruptedPods"] is not JsonObject disrupted) status["disruptedPods"] = disrupted = [];
            disrupted[request.Name] = api.Timestamp;
            return budget;
        }, retry: true);
    }

    private static ApiException Refused(string budget, JsonObject status)
    {
        string needs = (status["desiredHealthy"].Integer() ?? 0).ToString(CultureInfo.InvariantCulture);
        string has = (status["currentHealthy"].Integer() ?? 0).ToString(CultureInfo.InvariantCulture);
        return new ApiException(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject
            {
                ["reason"] = "DisruptionBudget",
                ["message"] = $"The disruption budget {budget} needs {needs} healthy pods and has {has} currently",
            }),
        });
    }

    private static ApiException Conflict(string name, string why) => ApiErrors.Conflict("", "pods/binding", name, why);

    private static void SetCondition(JsonObject pod, string type, string now, string? reason, string? message)
    {
        if (pod["status"] is not JsonObject status) pod["status"] = status = [];
        if (status["conditions"] is not JsonArray conditions) status["conditions"] = conditions = [];
        var condition = new JsonObject { ["type"] = type, ["status"] = "True", ["lastProbeTime"] = null, ["lastTransitionTime"] = now };
        if (reason is not null) condition["reason"] = reason;
        if (message is not null) condition["message"] = message;
        var existing = conditions.OfType<JsonObject>().FirstOrDefault(c => c["type"].Text() == type);
        if (existing is not null) conditions.Remove(existing);
        conditions.Add((JsonNode)condition);
    }
}
