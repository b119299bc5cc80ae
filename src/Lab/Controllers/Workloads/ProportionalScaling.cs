namespace Nemotron.Lab.Controllers.Workloads;

/// <summary>
/// Spreads a changed replica count over a Deployment's ReplicaSets in proportion to their sizes, so that a rollout under way keeps
/// its mix of old and new. What rounding leaves goes to the largest set.
/// </summary>
internal static class ProportionalScaling
{
    /// <summary>The new sizes; sets whose size and sizing annotations are right are left out.</summary>
    public static IReadOnlyList<ScaleStep> Decide(RolloutSpec spec, ReplicaSetFacts? fresh, IReadOnlyList<ReplicaSetFacts> old)
    {
        List<ReplicaSetFacts> all = fresh is null ? [.. old] : [.. old, fresh];
        var active = all.Where(set => set.Active).ToList();
        if (active.Count <= 1)
        {
            // With none active, the newest takes it all: the new one if there is one, else the latest.
            var only = active.Count == 1 ? active[0] : fresh ?? old.OrderByDescending(set => set.Created).FirstOrDefault();
            if (only is null) return [];
            return only.SpecReplicas == spec.Replicas && !Stale(spec, only) ? [] : [new(only.Name, only.SpecReplicas, spec.Replicas)];
        }

        if (fresh is not null && fresh.SpecReplicas == spec.Replicas && fresh.SizedFor == spec.Replicas && fresh.Available == spec.Replicas)
        {
            return [.. old.Where(set => set.Active).Select(set => new ScaleStep(set.Name, set.SpecReplicas, 0))];
        }

        return spec.Recreate ? [] : Spread(spec, active);
    }

    private static List<ScaleStep> Spread(RolloutSpec spec, List<ReplicaSetFacts> active)
    {
        var allowed = spec.Replicas > 0 ? spec.Replicas + spec.MaxSurge : 0;
        var toAdd = allowed - active.Sum(set => set.SpecReplicas);
        // When growing, the newest of equals comes first; when shrinking, the oldest.
        var bySize = active.OrderByDescending(set => set.SpecReplicas);
        var order = (toAdd > 0 ? bySize.ThenByDescending(set => set.Created) : bySize.ThenBy(set => set.Created)).ToList();
        var sizes = new int[order.Count];
        var added = 0;
        for (var i = 0; i < order.Count; i++)
        {
            var share = Share(spec, order[i], toAdd, added);
            sizes[i] = order[i].SpecReplicas + share;
            added += share;
        }

        if (toAdd != 0) sizes[0] = Math.Max(0, sizes[0] + toAdd - added);
        var steps = new List<ScaleStep>();
        for (var i = 0; i < order.Count; i++)
        {
            if (sizes[i] != order[i].SpecReplicas || Stale(spec, order[i])) steps.Add(new(order[i].Name, order[i].SpecReplicas, sizes[i]));
        }

        return steps;
    }

    private static int Share(RolloutSpec spec, ReplicaSetFacts set, int toAdd, int added)
    {
        if (set.SpecReplicas == 0 || toAdd == 0 || toAdd == added) return 0;
        var fraction = Fraction(spec, set);
        var left = toAdd - added;
        return toAdd > 0 ? Math.Min(fraction, left) : Math.Max(fraction, left);
    }

    private static int Fraction(RolloutSpec spec, ReplicaSetFacts set)
    {
        if (spec.Replicas == 0) return -set.SpecReplicas;
        var before = set.SizedForMax ?? 0;
        if (before == 0) return 0;
        var size = (double)set.SpecReplicas * (spec.Replicas + spec.MaxSurge) / before;
        return (int)Math.Round(size, MidpointRounding.AwayFromZero) - set.SpecReplicas;
    }

    private static bool Stale(RolloutSpec spec, ReplicaSetFacts set) =>
        set.SizedFor != spec.Replicas || set.SizedForMax != spec.Replicas + spec.MaxSurge;
}
