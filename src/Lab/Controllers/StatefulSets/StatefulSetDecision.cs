namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>A pod to be made.</summary>
/// <param name="Ordinal">Its number.</param>
/// <param name="Revision">The revision it is made from.</param>
internal sealed record StatefulCreation(int Ordinal, string Revision);

/// <summary>One pass over a StatefulSet.</summary>
/// <param name="Create">Pods to create, in this order.</param>
/// <param name="Delete">Names of pods to delete, in this order.</param>
/// <param name="NextAvailable">When the next ready pod becomes available, or null.</param>
internal sealed record StatefulPlan(IReadOnlyList<StatefulCreation> Create, IReadOnlyList<string> Delete, DateTimeOffset? NextAvailable);

/// <summary>
/// The next pass over a StatefulSet, by the rules of the real controller: ended pods are replaced and missing ones made, from the lowest
/// ordinal; surplus ones go, from the highest; then, when all are as they should be, pods of old revisions are deleted from the highest
/// ordinal, as many as may be unavailable. With <c>OrderedReady</c> each step waits for the pods before it.
/// </summary>
internal static class StatefulSetDecision
{
    /// <summary>Decides one pass.</summary>
    /// <param name="spec">The set.</param>
    /// <param name="current">The name of the revision that the set is at.</param>
    /// <param name="update">The name of the revision that it is to come to.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="now">The time now.</param>
    public static StatefulPlan Decide(StatefulSpec spec, string current, string update, IReadOnlyCollection<StatefulPod> pods, DateTimeOffset now)
    {
        var create = new List<StatefulCreation>();
        var delete = new List<string>();
        if (!spec.Deleting) Pass(spec, current, update, pods, now, create, delete);
        return new(create, delete, NextAvailable(spec, pods, now));
    }

    /// <summary>The revision of a pod that is missing.</summary>
    public static string RevisionFor(StatefulSpec spec, int ordinal, string current, string update)
    {
        if (spec.OnDelete) return update;
        var kept = spec.Partition ?? spec.CurrentReplicas;
        return ordinal < spec.Start + kept ? current : update;
    }

    private static void Pass(
        StatefulSpec spec, string current, string update, IReadOnlyCollection<StatefulPod> pods, DateTimeOffset now, List<StatefulCreation> create, List<string> delete)
    {
        var replicas = new StatefulPod?[spec.Replicas];
        var condemned = new List<StatefulPod>();
        foreach (var pod in pods)
        {
            if (pod.Ordinal >= spec.Start && pod.Ordinal < spec.Start + spec.Replicas) replicas[pod.Ordinal - spec.Start] = pod;
            else condemned.Add(pod);
        }

        if (!Fill(spec, current, update, replicas, now, create, delete)) return;
        condemned.Sort((x, y) => y.Ordinal.CompareTo(x.Ordinal));
        if (!Shrink(spec, replicas, condemned, now, delete)) return;
        if (!spec.OnDelete) Update(spec, update, replicas, now, delete);
    }

    /// <summary>Makes what is missing; whether the pass goes on.</summary>
    private static bool Fill(
        StatefulSpec spec, string current, string update, StatefulPod?[] replicas, DateTimeOffset now, List<StatefulCreation> create, List<string> delete)
    {
        for (var i = 0; i < replicas.Length; i++)
        {
            if (replicas[i] is { Ended: true } ended)
            {
                if (!ended.Facts.Deleting) delete.Add(ended.Facts.Name);
                // Its successor is made once it is gone.
                if (spec.Ordered) return false;
            }
            else if (replicas[i] is not { } pod)
            {
                create.Add(new(spec.Start + i, RevisionFor(spec, spec.Start + i, current, update)));
                if (spec.Ordered) return false;
            }
            else if (spec.Ordered && !pod.Available(spec, now))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Deletes what is too much; whether the pass goes on.</summary>
    private static bool Shrink(StatefulSpec spec, StatefulPod?[] replicas, List<StatefulPod> condemned, DateTimeOffset now, List<string> delete)
    {
        var firstUnavailable = replicas.Concat(Enumerable.Reverse(condemned)).FirstOrDefault(pod => pod is not null && !pod.Available(spec, now));
        foreach (var pod in condemned)
        {
            if (pod.Facts.Deleting)
            {
                if (spec.Ordered) return false;
                continue;
            }

            // A pod that is not available goes only when it is the first such: the others may yet be needed to heal it.
            if (spec.Ordered && !pod.RunningAvailable(spec, now) && pod != firstUnavailable) return false;
            delete.Add(pod.Facts.Name);
            if (spec.Ordered) return false;
        }

        return true;
    }

    private static void Update(StatefulSpec spec, string update, StatefulPod?[] replicas, DateTimeOffset now, List<string> delete)
    {
        // Pods made in this very pass are not available yet.
        var room = spec.MaxUnavailable - replicas.Count(pod => pod is null || !pod.Available(spec, now));
        for (var i = replicas.Length - 1; i >= (spec.Partition ?? 0) && room > 0; i--)
        {
            if (replicas[i] is not { } pod || pod.Revision == update || pod.Facts.Deleting || pod.Ended) continue;
            delete.Add(pod.Facts.Name);
            room--;
        }
    }

    private static DateTimeOffset? NextAvailable(StatefulSpec spec, IEnumerable<StatefulPod> pods, DateTimeOffset now)
    {
        DateTimeOffset? next = null;
        foreach (var pod in pods)
        {
            if (pod.Facts.ReadySince is not { } since || since + spec.MinReady <= now) continue;
            if (next is null || since + spec.MinReady < next) next = since + spec.MinReady;
        }

        return next;
    }
}
