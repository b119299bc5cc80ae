using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>What a StatefulSet's status should say.</summary>
internal static class StatefulSetStatus
{
    /// <summary>The counts over the pods; a rolling update that is complete makes the new revision the current one.</summary>
    /// <param name="set">The set as served.</param>
    /// <param name="current">The name of the revision that it is at.</param>
    /// <param name="update">The name of the revision that it is to come to.</param>
    /// <param name="collisions">How often a revision's name was taken.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="now">The time now.</param>
    public static JsonObject Decide(JsonObject set, string current, string update, long collisions, IReadOnlyCollection<StatefulPod> pods, DateTimeOffset now)
    {
        var spec = StatefulSpec.From(set);
        var staying = pods.Where(pod => !pod.Facts.Deleting).ToList();
        var ready = pods.Count(pod => pod.RunningReady);
        var updated = staying.Count(pod => pod.Revision == update);
        var atCurrent = staying.Count(pod => pod.Revision == current);
        if (!spec.OnDelete && updated == spec.Replicas && ready == spec.Replicas && pods.Count == spec.Replicas)
        {
            current = update;
            atCurrent = updated;
        }

        var status = new JsonObject { ["observedGeneration"] = set.Generation(), ["replicas"] = pods.Count };
        status.SetCount("readyReplicas", ready);
        status.SetCount("currentReplicas", atCurrent);
        status.SetCount("updatedReplicas", updated);
        status["currentRevision"] = current;
        status["updateRevision"] = update;
        status["collisionCount"] = collisions;
        if (set.At("status", "conditions") is { } conditions) status["conditions"] = conditions.DeepClone();
        status["availableReplicas"] = pods.Count(pod => pod.RunningAvailable(spec, now));
        return status;
    }
}
