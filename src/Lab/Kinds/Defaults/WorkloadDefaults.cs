using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Defaults;

/// <summary>What the server fills into the kinds that make pods.</summary>
internal static class WorkloadDefaults
{
    /// <summary>A Deployment: one replica, a rolling update by quarters, ten minutes to make progress.</summary>
    public static void Deployment(JsonObject deployment)
    {
        var spec = Templated(deployment);
        spec.Fill("replicas", 1);
        spec.Fill("revisionHistoryLimit", 10);
        spec.Fill("progressDeadlineSeconds", 600);
        var strategy = spec.Ensure("strategy");
        strategy.Fill("type", "RollingUpdate");
        if (strategy.TextAt("type") != "RollingUpdate") return;
        var rolling = strategy.Ensure("rollingUpdate");
        rolling.Fill("maxUnavailable", "25%");
        rolling.Fill("maxSurge", "25%");
    }

    /// <summary>A ReplicaSet: one replica.</summary>
    public static void ReplicaSet(JsonObject set) => Templated(set).Fill("replicas", 1);

    /// <summary>A StatefulSet: one replica, in order, claims kept.</summary>
    public static void StatefulSet(JsonObject set)
    {
        var spec = Templated(set);
        spec.Fill("replicas", 1);
        spec.Fill("revisionHistoryLimit", 10);
        spec.Fill("podManagementPolicy", "OrderedReady");
        var strategy = spec.Ensure("updateStrategy");
        strategy.Fill("type", "RollingUpdate");
        if (strategy.TextAt("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            rolling.Fill("partition", 0);
            rolling.Fill("maxUnavailable", 1);
        }
        var retention = spec.Ensure("persistentVolumeClaimRetentionPolicy");
        retention.Fill("whenDeleted", "Retain");
        retention.Fill("whenScaled", "Retain");
        foreach (var claim in spec.ObjectsAt("volumeClaimTemplates"))
        {
            claim.Fill("apiVersion", "v1");
            claim.Fill("kind", "PersistentVolumeClaim");
            claim.Ensure("spec").Fill("volumeMode", "Filesystem");
            claim.Ensure("status").Fill("phase", "Pending");
        }
    }

    /// <summary>A DaemonSet: a rolling update, one node at a time.</summary>
    public static void DaemonSet(JsonObject set)
    {
        var spec = Templated(set);
        spec.Fill("revisionHistoryLimit", 10);
        var strategy = spec.Ensure("updateStrategy");
        strategy.Fill("type", "RollingUpdate");
        if (strategy.TextAt("type") != "RollingUpdate") return;
        var rolling = strategy.Ensure("rollingUpdate");
        rolling.Fill("maxUnavailable", 1);
        rolling.Fill("maxSurge", 0);
    }

    /// <summary>A Job: one pod, six retries.</summary>
    public static void Job(JsonObject job) => JobSpec(job.Ensure("spec"));

    /// <summary>A CronJob: runs may overlap, three good and one bad run kept.</summary>
    public static void CronJob(JsonObject job)
    {
        var spec = job.Ensure("spec");
        spec.Fill("concurrencyPolicy", "Allow");
        spec.Fill("suspend", false);
        spec.Fill("successfulJobsHistoryLimit", 3);
        spec.Fill("failedJobsHistoryLimit", 1);
        JobSpec(spec.Ensure("jobTemplate").Ensure("spec"));
    }

    private static void JobSpec(JsonObject spec)
    {
        PodDefaults.PodSpec(spec.Ensure("template").Ensure("spec"));
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = JsonAccess.Number(1);
            spec["parallelism"] = JsonAccess.Number(1);
        }
        spec.Fill("parallelism", 1);
        spec.Fill("backoffLimit", spec.ContainsKey("backoffLimitPerIndex") ? int.MaxValue : 6);
        spec.Fill("completionMode", "NonIndexed");
        spec.Fill("suspend", false);
        spec.Fill("podReplacementPolicy", spec.ContainsKey("podFailurePolicy") ? "Failed" : "TerminatingOrFailed");
    }

    private static JsonObject Templated(JsonObject workload)
    {
        var spec = workload.Ensure("spec");
        PodDefaults.PodSpec(spec.Ensure("template").Ensure("spec"));
        return spec;
    }
}
