using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>How the kinds that make pods are shown.</summary>
internal static class WorkloadColumns
{
    private static readonly string[] Template = ["spec", "template", "spec"];
    private static readonly string[] JobTemplate = ["spec", "jobTemplate", "spec", "template", "spec"];

    /// <summary>Deployments.</summary>
    public static IReadOnlyList<TableColumn> Deployment { get; } =
    [
        Columns.Name,
        Columns.Text("Ready", "Number of the pod with ready state", obj => $"{obj.NumberAt("status", "readyReplicas") ?? 0}/{obj.NumberAt("spec", "replicas") ?? 0}"),
        Columns.NumberAsText("Up-to-date", "Total number of non-terminating pods targeted by this deployment that have the desired template spec.", obj => obj.NumberAt("status", "updatedReplicas")),
        Columns.NumberAsText("Available", "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.", obj => obj.NumberAt("status", "availableReplicas")),
        Columns.Age,
        Columns.Containers(Template),
        Columns.Images(Template),
        Columns.Selector("Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels."),
    ];

    /// <summary>ReplicaSets.</summary>
    public static IReadOnlyList<TableColumn> ReplicaSet { get; } =
    [
        Columns.Name,
        Columns.Number("Desired", "How many pods are wanted.", obj => obj.NumberAt("spec", "replicas")),
        Columns.Number("Current", "How many pods there are.", obj => obj.NumberAt("status", "replicas")),
        Columns.Number("Ready", "How many pods are ready.", obj => obj.NumberAt("status", "readyReplicas")),
        Columns.Age,
        Columns.Containers(Template),
        Columns.Images(Template),
        Columns.Selector("Which pods belong to this ReplicaSet."),
    ];

    /// <summary>StatefulSets.</summary>
    public static IReadOnlyList<TableColumn> StatefulSet { get; } =
    [
        Columns.Name,
        Columns.Text("Ready", "Number of the pod with ready state", obj => $"{obj.NumberAt("status", "readyReplicas") ?? 0}/{obj.NumberAt("spec", "replicas") ?? 0}"),
        Columns.Age,
        Columns.Containers(Template),
        Columns.Images(Template),
    ];

    /// <summary>DaemonSets.</summary>
    public static IReadOnlyList<TableColumn> DaemonSet { get; } =
    [
        Columns.Name,
        Columns.Number("Desired", "How many nodes should run a pod.", obj => obj.NumberAt("status", "desiredNumberScheduled")),
        Columns.Number("Current", "How many nodes run a pod that should.", obj => obj.NumberAt("status", "currentNumberScheduled")),
        Columns.Number("Ready", "How many pods are ready.", obj => obj.NumberAt("status", "numberReady")),
        Columns.Number("Up-to-date", "How many pods have the present template.", obj => obj.NumberAt("status", "updatedNumberScheduled")),
        Columns.Number("Available", "How many pods are available.", obj => obj.NumberAt("status", "numberAvailable")),
        Columns.Text("Node Selector", "Which nodes run a pod.", obj => Columns.OrNone(obj.EntriesAt("spec", "template", "spec", "nodeSelector").Select(entry => $"{entry.Key}={entry.Value}"))),
        Columns.Age,
        Columns.Containers(Template),
        Columns.Images(Template),
        Columns.Selector("Which pods belong to this DaemonSet."),
    ];

    /// <summary>Jobs.</summary>
    public static IReadOnlyList<TableColumn> Job { get; } =
    [
        Columns.Name,
        Columns.Text("Status", "Status of the job.", JobStatus),
        Columns.Text("Completions", "How many pods succeeded of how many.", obj => $"{obj.NumberAt("status", "succeeded") ?? 0}/{obj.NumberAt("spec", "completions") ?? obj.NumberAt("spec", "parallelism") ?? 1}"),
        new("Duration", "string", "", "Time required to complete the job.", 0, (obj, now) => Duration(obj, now)),
        Columns.Age,
        Columns.Containers(Template),
        Columns.Images(Template),
        Columns.Selector("Which pods belong to this Job."),
    ];

    /// <summary>CronJobs.</summary>
    public static IReadOnlyList<TableColumn> CronJob { get; } =
    [
        Columns.Name,
        Columns.Text("Schedule", "When the job runs, in cron format.", obj => obj.TextAt("spec", "schedule")),
        Columns.Text("Timezone", "The time zone of the schedule.", obj => obj.TextAt("spec", "timeZone") ?? "<none>"),
        Columns.Text("Suspend", "Whether no more runs start.", obj => obj.IsTrueAt("spec", "suspend") ? "True" : "False"),
        Columns.Number("Active", "How many runs are active.", obj => obj.ObjectsAt("status", "active").Count()),
        new("Last Schedule", "string", "", "When a run was last due.", 0, (obj, now) => obj.TextAt("status", "lastScheduleTime") is { } at ? Columns.Since(at, now) : "<none>"),
        Columns.Age,
        Columns.Containers(JobTemplate),
        Columns.Images(JobTemplate),
        Columns.Text("Selector", "Which pods belong to the runs.", obj => Columns.SelectorText(obj.ObjectAt("spec", "jobTemplate", "spec", "selector")), 1),
    ];

    private static string JobStatus(JsonObject job)
    {
        bool Has(string type) => job.ObjectsAt("status", "conditions").Any(condition => condition.TextAt("type") == type && condition.TextAt("status") == "True");
        if (Has("Complete")) return "Complete";
        if (Has("Failed")) return "Failed";
        if (job.At("metadata", "deletionTimestamp") is not null) return "Terminating";
        if (Has("Suspended")) return "Suspended";
        return Has("FailureTarget") ? "FailureTarget" : Has("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
    }

    private static string Duration(JsonObject job, DateTimeOffset now)
    {
        if (job.TextAt("status", "startTime") is not { } start) return "";
        var end = DateTimeOffset.TryParse(job.TextAt("status", "completionTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var done) ? done : now;
        return Columns.Since(start, end);
    }
}
