using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>The counts of a Deployment's status.</summary>
internal sealed record DeploymentCounts(int Replicas, int Updated, int Ready, int Available, int Unavailable);

/// <summary>What the status conditions are computed from.</summary>
/// <param name="Name">The Deployment's name.</param>
/// <param name="Replicas">The wanted replicas.</param>
/// <param name="MaxUnavailable">Pods that may be missing, resolved.</param>
/// <param name="Before">The counts as last written.</param>
/// <param name="After">The counts now.</param>
/// <param name="NewReplicaSet">The name of the current template's ReplicaSet, or null.</param>
/// <param name="ProgressDeadline">How long a rollout may stand still, or null for no limit.</param>
internal sealed record DeploymentProgress(
    string Name, int Replicas, int MaxUnavailable, DeploymentCounts Before, DeploymentCounts After, string? NewReplicaSet, TimeSpan? ProgressDeadline)
{
    /// <summary>Whether all pods are new and available.</summary>
    public bool IsComplete => After.Updated == Replicas && After.Replicas == Replicas && After.Available == Replicas;

    /// <summary>Whether something moved since the last status.</summary>
    public bool HasMoved => After.Updated > Before.Updated || After.Replicas - After.Updated < Before.Replicas - Before.Updated
        || After.Ready > Before.Ready || After.Available > Before.Available;
}

/// <summary>The <c>Available</c> and <c>Progressing</c> conditions with the reasons and sentences of the real controller.</summary>
internal static class DeploymentStatusDecision
{
    /// <summary>The next conditions, and when to look again for a rollout that stands still.</summary>
    /// <param name="progress">What is observed.</param>
    /// <param name="conditions">The conditions as last written.</param>
    /// <param name="now">The time now.</param>
    /// <param name="judgeProgress">False while paused or being resized: only availability is judged then.</param>
    public static (JsonArray Conditions, TimeSpan? LookAgain) Decide(DeploymentProgress progress, JsonArray? conditions, DateTimeOffset now, bool judgeProgress)
    {
        var next = conditions is null ? [] : (JsonArray)conditions.DeepClone();
        var enough = progress.After.Available >= progress.Replicas - progress.MaxUnavailable;
        next = enough
            ? Set(next, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : Set(next, "Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now);
        if (!judgeProgress) return (next, null);
        if (progress.ProgressDeadline is not { } deadline) return (Without(next, "Progressing"), null);

        var current = Find(next, "Progressing");
        var settled = progress.After.Replicas == progress.After.Updated && current.Text("reason") == "NewReplicaSetAvailable";
        if (settled) return (next, null);
        var subject = progress.NewReplicaSet is { } set ? $"ReplicaSet \"{set}\"" : $"Deployment \"{progress.Name}\"";
        if (progress.IsComplete)
        {
            return (Set(next, "Progressing", "True", "NewReplicaSetAvailable", $"{subject} has successfully progressed.", now), null);
        }

        if (progress.HasMoved)
        {
            return (Set(next, "Progressing", "True", "ReplicaSetUpdated", $"{subject} is progressing.", now, refresh: true), deadline);
        }

        if (current is null || current.Text("reason") is "ProgressDeadlineExceeded" or "NewReplicaSetAvailable") return (next, null);
        var stands = (current.Time("lastUpdateTime") ?? now) + deadline - now;
        return stands < TimeSpan.Zero
            ? (Set(next, "Progressing", "False", "ProgressDeadlineExceeded", $"{subject} has timed out progressing.", now), null)
            // One second more: the written time is whole seconds.
            : (next, stands + TimeSpan.FromSeconds(1));
    }

    /// <summary>Sets a condition; the update time moves with status or reason (or always, with <paramref name="refresh"/>), the transition time with the status.</summary>
    public static JsonArray Set(JsonArray? conditions, string type, string status, string reason, string message, DateTimeOffset now, bool refresh = false)
    {
        var known = Find(conditions, type);
        if (!refresh && known is not null && known.Text("status") == status && known.Text("reason") == reason) return conditions!;
        var next = Without(conditions, type);
        next.Add(new JsonObject
        {
            ["type"] = type,
            ["status"] = status,
            ["lastUpdateTime"] = now.Stamp(),
            ["lastTransitionTime"] = known.Text("status") == status ? known?["lastTransitionTime"]?.DeepClone() : now.Stamp(),
            ["reason"] = reason,
            ["message"] = message,
        });
        return next;
    }

    /// <summary>The condition of a type, or null.</summary>
    public static JsonObject? Find(JsonArray? conditions, string type) =>
        conditions?.OfType<JsonObject>().FirstOrDefault(condition => condition.Text("type") == type);

    private static JsonArray Without(JsonArray? conditions, string type) =>
        [.. (conditions?.OfType<JsonObject>() ?? []).Where(condition => condition.Text("type") != type).Select(condition => condition.Copy())];
}
