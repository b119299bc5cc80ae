using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>How pods are shown: a status in one word, computed from containers as kubectl users know it.</summary>
internal static class PodColumns
{
    /// <summary>The columns.</summary>
    public static IReadOnlyList<TableColumn> All { get; } =
    [
        Columns.Name,
        Columns.Text("Ready", "The aggregate readiness state of this pod for accepting traffic.", Ready),
        Columns.Text("Status", "The aggregate status of the containers in this pod.", Status),
        new(
            "Restarts",
            "string",
            "",
            "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
            0,
            (pod, now) => Restarts(pod, now)),
        Columns.Age,
        Columns.Text("IP", "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.", pod => pod.ObjectsAt("status", "podIPs").FirstOrDefault().TextAt("ip") ?? pod.TextAt("status", "podIP") ?? "<none>", 1),
        Columns.Text("Node", "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename", pod => pod.TextAt("spec", "nodeName") ?? "<none>", 1),
        Columns.Text("Nominated Node", "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.", pod => pod.TextAt("status", "nominatedNodeName") ?? "<none>", 1),
        Columns.Text("Readiness Gates", "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to \"True\" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates", ReadinessGates, 1),
    ];

    /// <summary>The status word: the worst thing a container has to say, else the phase.</summary>
    public static string Status(JsonObject pod)
    {
        var reason = pod.TextAt("status", "reason") is { Length: > 0 } given ? given : pod.TextAt("status", "phase") ?? "Unknown";
        if (pod.ObjectsAt("status", "conditions").Any(condition => condition.TextAt("type") == "PodScheduled" && condition.TextAt("reason") == "SchedulingGated"))
            reason = "SchedulingGated";
        var initReason = InitReason(pod);
        var isInitializing = initReason is not null && !Initialized(pod);
        if (isInitializing)
        {
            reason = initReason!;
        }
        else
        {
            var hasRunning = false;
            foreach (var container in pod.ObjectsAt("status", "containerStatuses").Reverse())
            {
                if (container.TextAt("state", "waiting", "reason") is { Length: > 0 } waiting) reason = waiting;
                else if (container.ObjectAt("state", "terminated") is { } ended) reason = Ended(ended, "");
                else if (container.IsTrueAt("ready") && container.ObjectAt("state", "running") is not null) hasRunning = true;
            }
            if (reason == "Completed" && hasRunning) reason = HasCondition(pod, "Ready") ? "Running" : "NotReady";
        }
        if (pod.At("metadata", "deletionTimestamp") is null) return reason;
        if (pod.TextAt("status", "reason") == "NodeLost") return "Unknown";
        return pod.TextAt("status", "phase") is "Succeeded" or "Failed" ? reason : "Terminating";
    }

    private static string Ready(JsonObject pod)
    {
        var total = pod.ObjectsAt("spec", "containers").Count() + Sidecars(pod).Count;
        var sidecars = Sidecars(pod);
        var ready = pod.ObjectsAt("status", "containerStatuses").Count(container => container.IsTrueAt("ready") && container.ObjectAt("state", "running") is not null)
            + pod.ObjectsAt("status", "initContainerStatuses").Count(container => sidecars.Contains(container.TextAt("name") ?? "") && container.IsTrueAt("ready"));
        return $"{ready}/{total}";
    }

    private static string Restarts(JsonObject pod, DateTimeOffset now)
    {
        var sidecars = Sidecars(pod);
        JsonObject[] counted =
        [
            .. pod.ObjectsAt("status", "containerStatuses"),
            .. pod.ObjectsAt("status", "initContainerStatuses").Where(container => !Initialized(pod) || sidecars.Contains(container.TextAt("name") ?? "")),
        ];
        var count = counted.Sum(container => container.NumberAt("restartCount") ?? 0);
        var last = counted
            .Select(container => container.TextAt("lastState", "terminated", "finishedAt"))
            .Where(at => at is not null)
            .Max(StringComparer.Ordinal);
        return count > 0 && last is not null ? $"{count} ({Columns.Since(last, now)} ago)" : count.ToString(CultureInfo.InvariantCulture);
    }

    private static string? InitReason(JsonObject pod)
    {
        var sidecars = Sidecars(pod);
        JsonObject[] containers = [.. pod.ObjectsAt("status", "initContainerStatuses")];
        var total = pod.ObjectsAt("spec", "initContainers").Count();
        for (var i = 0; i < containers.Length; i++)
        {
            var ended = containers[i].ObjectAt("state", "terminated");
            if (ended.NumberAt("exitCode") == 0) continue;
            if (sidecars.Contains(containers[i].TextAt("name") ?? "") && containers[i].IsTrueAt("started")) continue;
            if (ended is not null) return Ended(ended, "Init:");
            var waiting = containers[i].TextAt("state", "waiting", "reason");
            return waiting is { Length: > 0 } and not "PodInitializing" ? "Init:" + waiting : $"Init:{i}/{total}";
        }
        return null;
    }

    private static string Ended(JsonObject ended, string prefix)
    {
        if (ended.TextAt("reason") is { Length: > 0 } reason) return prefix + reason;
        return ended.NumberAt("signal") is { } signal and not 0 ? $"{prefix}Signal:{signal}" : $"{prefix}ExitCode:{ended.NumberAt("exitCode") ?? 0}";
    }

    private static string ReadinessGates(JsonObject pod)
    {
        string[] gates = [.. pod.ObjectsAt("spec", "readinessGates").Select(gate => gate.TextAt("conditionType") ?? "")];
        return gates.Length == 0 ? "<none>" : $"{gates.Count(gate => HasCondition(pod, gate))}/{gates.Length}";
    }

    private static bool Initialized(JsonObject pod) => HasCondition(pod, "Initialized");

    private static bool HasCondition(JsonObject pod, string type) =>
        pod.ObjectsAt("status", "conditions").Any(condition => condition.TextAt("type") == type && condition.TextAt("status") == "True");

    private static HashSet<string> Sidecars(JsonObject pod) =>
        pod.ObjectsAt("spec", "initContainers").Where(container => container.TextAt("restartPolicy") == "Always").Select(container => container.TextAt("name") ?? "").ToHashSet(StringComparer.Ordinal);
}
