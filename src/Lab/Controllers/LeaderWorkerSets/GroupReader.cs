using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>Reads from the caches how the groups of a set stand.</summary>
internal sealed class GroupReader
{
    private readonly Informer statefulSets;
    private readonly LabelIndex pods;

    /// <summary>Reads the shared caches.</summary>
    public GroupReader(ControllerContext context)
    {
        statefulSets = context.Informers.For(BuiltIn.StatefulSets);
        pods = context.Informers.For(BuiltIn.Pods).ByLabel;
    }

    /// <summary>The pods of one group.</summary>
    public IReadOnlyList<JsonObject> GroupOf(JsonObject pod) =>
        Labelled(pod.Namespace(), pod.Label(Lws.NameLabel) ?? "", Lws.GroupIndexLabel, pod.Label(Lws.GroupIndexLabel) ?? "");

    /// <summary>The groups whose leader, and workers' StatefulSet, are there.</summary>
    public IReadOnlyList<CountedGroup> Groups(JsonObject set, string revision)
    {
        var groups = new List<CountedGroup>();
        foreach (var leader in Labelled(set.Namespace(), set.Name(), Lws.WorkerIndexLabel, "0"))
        {
            if (!int.TryParse(leader.Label(Lws.GroupIndexLabel), NumberStyles.None, CultureInfo.InvariantCulture, out var index)) continue;
            var workers = GroupTemplates.Size(set) == 1 ? null : statefulSets.Get(ObjectKey.Of(leader));
            if (workers is null && GroupTemplates.Size(set) > 1) continue;
            var ready = leader.Text("status", "phase") == "Running" && leader.ConditionIsTrue("Ready") && (workers is null || AreReady(workers));
            var updated = leader.Label(Lws.RevisionLabel) == revision && (workers is null || workers.Label(Lws.RevisionLabel) == revision);
            groups.Add(new(index, new(ready, updated)));
        }

        return groups;
    }

    /// <summary>The groups by number, those that are not there as neither ready nor updated.</summary>
    public static IReadOnlyList<GroupState> Ordered(IEnumerable<CountedGroup> groups, int count)
    {
        var states = new GroupState[count];
        foreach (var group in groups)
        {
            if (group.Index < count) states[group.Index] = group.State;
        }

        return states;
    }

    private IReadOnlyList<JsonObject> Labelled(string? ns, string set, string label, string value) =>
        pods.Matching(ns, LabelSelector.FromMap(new() { [Lws.NameLabel] = set, [label] = value }));

    private static bool AreReady(JsonObject workers) =>
        (workers.Whole("spec", "replicas") ?? 1) == (workers.Whole("status", "availableReplicas") ?? 0)
        && workers.Text("status", "currentRevision") == workers.Text("status", "updateRevision");
}
