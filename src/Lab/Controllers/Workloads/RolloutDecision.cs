namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>
/// The next step of a Deployment's rollout, computed from what is observed. One call is one pass of the real controller: the new
/// ReplicaSet is grown before old ones shrink, and at most one of the two happens in a pass.
/// </summary>
internal static class RolloutDecision
{
    /// <summary>Decides the next step.</summary>
    /// <param name="spec">The Deployment.</param>
    /// <param name="fresh">The ReplicaSet of the current template, or null when there is none yet.</param>
    /// <param name="old">All other ReplicaSets it owns.</param>
    /// <param name="oldPodsExist">Whether pods of old ReplicaSets still exist, terminating ones included (Recreate waits for them).</param>
    public static RolloutStep Decide(RolloutSpec spec, ReplicaSetFacts? fresh, IReadOnlyList<ReplicaSetFacts> old, bool oldPodsExist)
    {
        List<ReplicaSetFacts> all = fresh is null ? [.. old] : [.. old, fresh];
        if (spec.Paused) return Sized(ProportionalScaling.Decide(spec, fresh, old), CleanUp(spec, old));
        // A changed replica count is spread over the ReplicaSets there are before the rollout goes on.
        if (all.Any(set => set.Active && set.SizedFor is { } sized && sized != spec.Replicas))
        {
            return Sized(ProportionalScaling.Decide(spec, fresh, old), []);
        }

        return spec.Recreate ? Recreate(spec, fresh, old, oldPodsExist) : Roll(spec, fresh, old, all);
    }

    /// <summary>The size of the new ReplicaSet: as large as the surge allows.</summary>
    public static int NewSize(RolloutSpec spec, int current, int total)
    {
        if (spec.Recreate) return spec.Replicas;
        var most = spec.Replicas + spec.MaxSurge;
        return total >= most ? current : current + Math.Min(most - total, spec.Replicas - current);
    }

    private static RolloutStep Roll(RolloutSpec spec, ReplicaSetFacts? fresh, IReadOnlyList<ReplicaSetFacts> old, List<ReplicaSetFacts> all)
    {
        var total = all.Sum(set => set.SpecReplicas);
        if (fresh is null) return new(NewSize(spec, 0, total), [], []);
        var size = fresh.SpecReplicas > spec.Replicas ? spec.Replicas : NewSize(spec, fresh.SpecReplicas, total);
        if (size != fresh.SpecReplicas) return Sized([new(fresh.Name, fresh.SpecReplicas, size)], []);

        var shrunk = ShrinkOld(spec, fresh, old, total);
        if (shrunk.Count > 0) return Sized(shrunk, []);
        return IsComplete(spec, fresh, all) ? Sized([], CleanUp(spec, old)) : RolloutStep.None;
    }

    private static RolloutStep Recreate(RolloutSpec spec, ReplicaSetFacts? fresh, IReadOnlyList<ReplicaSetFacts> old, bool oldPodsExist)
    {
        List<ScaleStep> down = [.. old.Where(set => set.Active).Select(set => new ScaleStep(set.Name, set.SpecReplicas, 0))];
        if (down.Count > 0) return Sized(down, []);
        if (oldPodsExist || old.Any(set => set.StatusReplicas > 0)) return RolloutStep.None;
        if (fresh is null) return new(spec.Replicas, [], []);
        if (fresh.SpecReplicas != spec.Replicas) return Sized([new(fresh.Name, fresh.SpecReplicas, spec.Replicas)], []);
        return IsComplete(spec, fresh, [.. old, fresh]) ? Sized([], CleanUp(spec, old)) : RolloutStep.None;
    }

    private static List<ScaleStep> ShrinkOld(RolloutSpec spec, ReplicaSetFacts fresh, IReadOnlyList<ReplicaSetFacts> old, int total)
    {
        if (old.Sum(set => set.SpecReplicas) == 0) return [];
        var floor = spec.Replicas - spec.MaxUnavailable;
        var allowed = total - floor - (fresh.SpecReplicas - fresh.Available);
        if (allowed <= 0) return [];

        // Pods that serve nobody go first: giving them up costs no availability.
        var sizes = old.ToDictionary(set => set.Name, set => set.SpecReplicas);
        var byAge = old.OrderBy(set => set.Created).ThenBy(set => set.Name, StringComparer.Ordinal).ToList();
        foreach (var set in byAge)
        {
            var unhealthy = Math.Min(allowed, sizes[set.Name] - set.Available);
            if (unhealthy <= 0) continue;
            sizes[set.Name] -= unhealthy;
            allowed -= unhealthy;
        }

        var spare = old.Sum(set => set.Available) + fresh.Available - floor;
        foreach (var set in byAge)
        {
            var healthy = Math.Min(sizes[set.Name], spare);
            if (healthy <= 0) continue;
            sizes[set.Name] -= healthy;
            spare -= healthy;
        }

        return [.. byAge.Where(set => sizes[set.Name] != set.SpecReplicas).Select(set => new ScaleStep(set.Name, set.SpecReplicas, sizes[set.Name]))];
    }

    private static bool IsComplete(RolloutSpec spec, ReplicaSetFacts fresh, List<ReplicaSetFacts> all) =>
        fresh.StatusReplicas == spec.Replicas && fresh.Available == spec.Replicas && all.Sum(set => set.StatusReplicas) == spec.Replicas;

    private static List<string> CleanUp(RolloutSpec spec, IReadOnlyList<ReplicaSetFacts> old)
    {
        var kept = old.Where(set => !set.Deleting).OrderBy(set => set.Revision).ThenBy(set => set.Created).ToList();
        return
        [
            .. kept.Take(Math.Max(0, kept.Count - spec.RevisionHistoryLimit))
                .Where(set => set is { SpecReplicas: 0, StatusReplicas: 0, Observed: true })
                .Select(set => set.Name),
        ];
    }

    private static RolloutStep Sized(IReadOnlyList<ScaleStep> scale, IReadOnlyList<string> remove) => new(null, scale, remove);
}
