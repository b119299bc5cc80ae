using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Kinds.Writing;

/// <summary>What the default admission plugins and the pod strategy do to a new pod. Nobody owns these fields.</summary>
internal static class PodAdmission
{
    private const long EvictionSeconds = 300;

    private static readonly Dictionary<string, int> SystemPriorities = new(StringComparer.Ordinal)
    {
        ["system-cluster-critical"] = 2_000_000_000,
        ["system-node-critical"] = 2_000_001_000,
    };

    /// <summary>Priority, tolerations for failing nodes, and the first status.</summary>
    /// <exception cref="ApiException">403 when the priority class does not exist.</exception>
    public static void Create(JsonObject pod, WriteSurroundings around)
    {
        var spec = pod.Ensure("spec");
        SetPriority(pod, spec, around);
        Tolerate(spec, "node.kubernetes.io/not-ready");
        Tolerate(spec, "node.kubernetes.io/unreachable");
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass(spec) };
        if (spec["schedulingGates"] is JsonArray { Count: > 0 })
        {
            pod.Ensure("status")["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "PodScheduled",
                ["status"] = "False",
                ["lastProbeTime"] = null,
                ["lastTransitionTime"] = null,
                ["reason"] = "SchedulingGated",
                ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
            });
        }
    }

    /// <summary>
    /// <c>Guaranteed</c> when every container limits CPU and memory to what it requests, <c>BestEffort</c> when none asks for either,
    /// else <c>Burstable</c>. GPUs do not count.
    /// </summary>
    public static string QosClass(JsonObject spec)
    {
        var containers = spec.ObjectsAt("containers").Concat(spec.ObjectsAt("initContainers")).ToArray();
        var asksAnything = containers.Any(container => Amounts(container, "requests").Concat(Amounts(container, "limits")).Any(amount => amount is { Amount: > 0 }));
        if (!asksAnything) return "BestEffort";
        var guaranteed = containers.All(container =>
        {
            Quantity?[] requests = [.. Amounts(container, "requests")], limits = [.. Amounts(container, "limits")];
            return limits.All(limit => limit is { Amount: > 0 })
                && requests.Zip(limits).All(pair => pair.First is null || pair.First.Value.Amount == pair.Second!.Value.Amount);
        });
        return guaranteed ? "Guaranteed" : "Burstable";
    }

    private static IEnumerable<Quantity?> Amounts(JsonObject container, string kind)
    {
        foreach (var resource in new[] { "cpu", "memory" })
        {
            yield return Quantity.TryParse(container.At("resources", kind, resource), out var amount) ? amount : null;
        }
    }

    private static void SetPriority(JsonObject pod, JsonObject spec, WriteSurroundings around)
    {
        var name = spec.TextAt("priorityClassName");
        if (name is not null && SystemPriorities.TryGetValue(name, out var system))
        {
            spec["priority"] = JsonAccess.Number(system);
            spec.Fill("preemptionPolicy", "PreemptLowerPriority");
            return;
        }
        var found = around.PriorityClass(string.IsNullOrEmpty(name) ? null : name);
        if (found is null && !string.IsNullOrEmpty(name))
        {
            throw new ApiException(
                403,
                "Forbidden",
                $"pods \"{pod.TextAt("metadata", "name")}\" is forbidden: no PriorityClass with name {name} was found",
                new JsonObject { ["name"] = pod.TextAt("metadata", "name"), ["kind"] = "pods" });
        }
        if (found is not null && string.IsNullOrEmpty(name)) spec["priorityClassName"] = found.TextAt("metadata", "name");
        spec["priority"] = JsonAccess.Number(found.NumberAt("value") ?? 0);
        spec.Fill("preemptionPolicy", found.TextAt("preemptionPolicy") ?? "PreemptLowerPriority");
    }

    private static void Tolerate(JsonObject spec, string taint)
    {
        var covered = spec.ObjectsAt("tolerations").Any(toleration =>
            (toleration.TextAt("key") == taint || string.IsNullOrEmpty(toleration.TextAt("key")))
            && toleration.TextAt("effect") is null or "" or "NoExecute");
        if (covered) return;
        if (spec["tolerations"] is not JsonArray list) spec["tolerations"] = list = [];
        list.Add(new JsonObject
        {
            ["key"] = taint,
            ["operator"] = "Exists",
            ["effect"] = "NoExecute",
            ["tolerationSeconds"] = JsonAccess.Number(EvictionSeconds),
        });
    }
}
