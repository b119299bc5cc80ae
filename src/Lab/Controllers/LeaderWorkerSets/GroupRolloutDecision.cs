using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>What a rollout of groups needs to know of a LeaderWorkerSet.</summary>
/// <param name="Replicas">The wanted groups.</param>
/// <param name="MaxSurge">Groups allowed above that during an update, resolved; at most as many as wanted.</param>
/// <param name="MaxUnavailable">Groups that may be missing during an update, resolved.</param>
/// <param name="Partition">Groups below this number are not updated.</param>
internal sealed record GroupRolloutSpec(int Replicas, int MaxSurge, int MaxUnavailable, int Partition)
{
    /// <summary>The most groups there may be.</summary>
    public int Most => Replicas + MaxSurge;

    /// <summary>Reads a LeaderWorkerSet as served.</summary>
    public static GroupRolloutSpec From(JsonObject set)
    {
        var replicas = (int)(set.Whole("spec", "replicas") ?? 1);
        var rolling = set.Obj("spec", "rolloutStrategy", "rollingUpdateConfiguration");
        var surge = IntOrPercent.Resolve(rolling.At("maxSurge"), replicas, roundUp: true, "0");
        return new(replicas, Math.Min(surge, replicas), IntOrPercent.Resolve(rolling.At("maxUnavailable"), replicas, roundUp: false, "1"), (int)(rolling.Whole("partition") ?? 0));
    }
}

/// <summary>How a group stands: its leader and its workers taken together.</summary>
/// <param name="Ready">Whether all its pods are ready.</param>
/// <param name="Updated">Whether all are of the present template.</param>
internal readonly record struct GroupState(bool Ready, bool Updated);

/// <summary>The StatefulSet of the leaders as it is.</summary>
/// <param name="Replicas">The leaders that it is told to have.</param>
/// <param name="Partition">The number below which it updates none.</param>
/// <param name="SizedFor">The LeaderWorkerSet's replicas when it was last written.</param>
internal sealed record LeaderSetFacts(int Replicas, int Partition, int SizedFor)
{
    /// <summary>Reads it as served; null when there is none.</summary>
    public static LeaderSetFacts? From(JsonObject? leaders) => leaders is null ? null : new(
        (int)(leaders.Whole("spec", "replicas") ?? 1),
        (int)(leaders.Whole("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0),
        int.TryParse(leaders.Annotation(Lws.ReplicasAnnotation), out var sized) ? sized : (int)(leaders.Whole("spec", "replicas") ?? 1));
}

/// <summary>How the StatefulSet of the leaders is to be.</summary>
/// <param name="Partition">The number below which it updates none: it moves down as updated groups become ready.</param>
/// <param name="Replicas">Leaders, surge included.</param>
internal readonly record struct GroupRollout(int Partition, int Replicas);

/// <summary>
/// The next step of a rollout by groups. Groups are updated from the highest number down, as many at a time as may be missing or are
/// there in surplus; while an update runs the surplus groups stay, and they go one by one as the last wanted ones become ready. A change
/// of size is carried out before an update goes on.
/// </summary>
internal static class GroupRolloutDecision
{
    /// <summary>Decides the next step.</summary>
    /// <param name="spec">The LeaderWorkerSet.</param>
    /// <param name="leaders">The leaders' StatefulSet, or null when there is none yet.</param>
    /// <param name="templateChanged">Whether the template has just changed: then a rollout begins.</param>
    /// <param name="groups">The groups from number 0 up to the StatefulSet's replicas.</param>
    public static GroupRollout Decide(GroupRolloutSpec spec, LeaderSetFacts? leaders, bool templateChanged, IReadOnlyList<GroupState> groups)
    {
        var step = Step(spec, leaders, templateChanged, groups);
        return step with { Partition = Math.Max(step.Partition, spec.Partition) };
    }

    private static GroupRollout Step(GroupRolloutSpec spec, LeaderSetFacts? leaders, bool templateChanged, IReadOnlyList<GroupState> groups)
    {
        if (leaders is null) return new(0, spec.Replicas);
        var growing = leaders.Replicas < spec.Replicas;
        if (templateChanged)
        {
            // Nothing is updated yet: every wanted group counts as outstanding.
            return new(Math.Min(spec.Replicas, leaders.Replicas), growing ? spec.Replicas : WithSurge(spec, spec.Replicas));
        }

        if (leaders.Partition == 0 && leaders.Replicas == spec.Replicas) return new(0, spec.Replicas);
        if (growing) return new(leaders.Partition, spec.Replicas);
        var outstanding = spec.Replicas - groups.Take(spec.Replicas).Count(Done);
        var replicas = WithSurge(spec, outstanding);
        if (leaders.SizedFor != spec.Replicas) return new(Math.Min(leaders.Partition, spec.Most), replicas);
        // Surplus groups that are not there (yet, or any more) cannot stand in for groups that are updated.
        var atOnce = spec.MaxUnavailable + spec.MaxSurge - (spec.Most - leaders.Replicas);
        return new(Math.Min(NextPartition(groups, atOnce), leaders.Partition), replicas);
    }

    /// <summary>Wanted groups and as many in surplus as are needed to stand in for outstanding ones beyond those that may be missing.</summary>
    private static int WithSurge(GroupRolloutSpec spec, int outstanding) =>
        outstanding > spec.MaxSurge ? spec.Most : spec.Replicas + Math.Max(0, outstanding - spec.MaxUnavailable);

    private static int NextPartition(IReadOnlyList<GroupState> groups, int atOnce)
    {
        var done = groups.Reverse().TakeWhile(Done).Count();
        var lowest = Math.Max(0, groups.Count - done - atOnce);
        // Groups below that are missing already leave less room …
        var next = lowest + groups.Take(lowest).Count(group => !group.Ready);
        // … but groups that are missing anyway, or done, cost nothing to pass.
        for (var i = Math.Min(next, groups.Count - 1); i >= lowest && (!groups[i].Ready || groups[i].Updated); i--) next = i;
        return next;
    }

    private static bool Done(GroupState group) => group is { Ready: true, Updated: true };
}
