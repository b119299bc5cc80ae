using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>A group for the status: one whose leader is there.</summary>
/// <param name="Index">Its number.</param>
/// <param name="State">How it stands.</param>
internal readonly record struct CountedGroup(int Index, GroupState State);

/// <summary>What a LeaderWorkerSet's status should say.</summary>
internal static class LeaderWorkerSetStatus
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string UpdateInProgress = "UpdateInProgress";

    /// <summary>Decides the status.</summary>
    /// <param name="set">The LeaderWorkerSet as served.</param>
    /// <param name="leaders">Leaders there are, by their StatefulSet.</param>
    /// <param name="groups">The groups whose leader, and workers' StatefulSet, are there.</param>
    /// <param name="now">The time now.</param>
    public static JsonObject Decide(JsonObject set, int leaders, IReadOnlyCollection<CountedGroup> groups, DateTimeOffset now)
    {
        var spec = GroupRolloutSpec.From(set);
        var wanted = groups.Where(group => group.Index < spec.Replicas).ToList();
        var rolled = wanted.Where(group => group.Index >= spec.Partition).ToList();
        string[] holding;
        if (rolled.Any(group => !group.State.Updated)) holding = [UpdateInProgress, Progressing];
        else if (wanted.Count(group => group.State.Ready) == spec.Replicas && rolled.All(group => group.State.Ready)) holding = [Available];
        else holding = [Progressing];

        var status = new JsonObject();
        var conditions = set.At("status", "conditions") as JsonArray;
        foreach (var type in holding) conditions = With(conditions, type, "True", now);
        // What excludes each other is not true at once; what never was true is not mentioned.
        foreach (var type in holding.Contains(Available) ? (string[])[Progressing, UpdateInProgress] : [Available])
        {
            if (set.ConditionIsTrue(type)) conditions = With(conditions, type, "False", now);
        }

        foreach (var condition in conditions!.OfType<JsonObject>()) condition["observedGeneration"] = set.Generation();
        status["conditions"] = conditions;
        status["hpaPodSelector"] = $"{Lws.NameLabel}={set.Name()},{Lws.WorkerIndexLabel}=0";
        status["observedGeneration"] = set.Generation();
        status.SetCount("readyReplicas", groups.Count(group => group.State.Ready));
        status.SetCount("replicas", leaders);
        status.SetCount("updatedReplicas", groups.Count(group => group.State.Updated));
        return status;
    }

    /// <summary>Whether every wanted group is updated and ready, so that old templates are no longer needed.</summary>
    public static bool IsSettled(JsonObject set, IEnumerable<CountedGroup> groups)
    {
        var spec = GroupRolloutSpec.From(set);
        return spec.Partition == 0 && groups.Count(group => group.Index < spec.Replicas && group.State is { Ready: true, Updated: true }) == spec.Replicas;
    }

    private static JsonArray With(JsonArray? conditions, string type, string status, DateTimeOffset now)
    {
        var (reason, message) = type switch
        {
            Available => ("AllGroupsReady", "All groups are ready."),
            UpdateInProgress => ("GroupsUpdating", "Groups are being updated to a new template."),
            _ => ("GroupsProgressing", "Not all groups are ready yet."),
        };
        return conditions.With(type, status, reason, message, now);
    }
}
