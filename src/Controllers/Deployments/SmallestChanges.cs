using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>A change of one field.</summary>
/// <param name="Path">The field.</param>
/// <param name="Value">What to set it to.</param>
/// <param name="Spec">The spec with the change made.</param>
internal sealed record SpecChange(string Path, string Value, NemotronDeploymentSpec Spec);

/// <summary>
/// The smallest changes of a spec, each of one field, with which a replica fits that does not fit as it is. Each has been tried: what is offered here is accepted. Pure.
/// </summary>
internal static class SmallestChanges
{
    /// <param name="snapshot">What is known.</param>
    /// <param name="choice">The model as the spec has it.</param>
    /// <param name="pool">Where it does not fit.</param>
    /// <param name="gpu">That pool's GPU.</param>
    /// <param name="plan">The plan that does not fit.</param>
    /// <param name="finding">Why it does not.</param>
    public static IReadOnlyList<SpecChange> Of(DeploymentSnapshot snapshot, ModelChoice choice, PoolState pool, PoolGpu gpu, MemoryPlan plan, PlanFinding finding)
    {
        var spec = snapshot.Entity.Spec;
        bool Fits(SpecChange change) => PoolChoice.Holds(change.Spec, choice, gpu);
        return
        [
            .. Degrees(spec, choice, gpu).Where(Fits).Take(1),
            .. (finding.Kind == PlanFindingKind.Memory ? Lengths(spec, plan) : []).Where(Fits),
            .. (finding.Kind == PlanFindingKind.KvPrecision ? KvPrecisions(spec) : []).Where(Fits).Take(1),
            .. Precisions(snapshot, choice, gpu).Take(1),
            .. Pools(snapshot, choice, pool).Take(1),
        ];
    }

    // Nearest to the one asked for first.
    private static IEnumerable<SpecChange> Degrees(NemotronDeploymentSpec spec, ModelChoice choice, PoolGpu gpu) => spec.TensorParallel is not { } asked ? [] :
        TensorParallelRules.Allowed(choice.Entry.Architecture, choice.Engine, gpu.PerNode / (spec.PipelineParallel ?? 1))
            .Where(degree => degree != asked)
            .OrderBy(degree => Math.Abs(degree - asked))
            .Select(degree => new SpecChange("spec.tensorParallel", $"{degree}", spec with { TensorParallel = degree }));

    private static IEnumerable<SpecChange> Lengths(NemotronDeploymentSpec spec, MemoryPlan plan)
    {
        if (spec.MaxContextTokens is not null && plan.LargestContextTokens > 0) yield return new SpecChange("spec.maxContextTokens", $"{plan.LargestContextTokens}", spec with { MaxContextTokens = plan.LargestContextTokens });
        if (spec.MaxConcurrentRequests is not null && plan.MaxSequences > 0)
            yield return new SpecChange("spec.maxConcurrentRequests", $"{plan.MaxSequences}", spec with { MaxConcurrentRequests = (int)plan.MaxSequences });
    }

    private static IEnumerable<SpecChange> KvPrecisions(NemotronDeploymentSpec spec) =>
        new[] { Crds.KvPrecision.FP8, Crds.KvPrecision.BF16 }
            .Where(precision => precision != spec.KvCache?.Precision)
            .Select(precision => new SpecChange("spec.kvCache.precision", $"{precision}", spec with { KvCache = (spec.KvCache ?? new KvCacheSpec()) with { Precision = precision } }));

    // The highest that fits. A checkpoint of the user's own has the precision that it has.
    private static IEnumerable<SpecChange> Precisions(DeploymentSnapshot snapshot, ModelChoice choice, PoolGpu gpu)
    {
        var spec = snapshot.Entity.Spec;
        if (spec.Checkpoint is { HuggingFace: not null } or { Pvc: not null } or { Path: not null }) yield break;
        foreach (var precision in new[] { Crds.Precision.BF16, Crds.Precision.FP8, Crds.Precision.NVFP4 }.Where(precision => precision.ToPlanner() != choice.Precision))
        {
            var changed = spec with { Precision = precision };
            if (ModelChoice.TryChoose(changed, snapshot.Models, out var other, out _) && PoolChoice.Holds(changed, other, gpu))
                yield return new SpecChange("spec.precision", $"{precision}", changed);
        }
    }

    // Without a name all pools have been tried already.
    private static IEnumerable<SpecChange> Pools(DeploymentSnapshot snapshot, ModelChoice choice, PoolState refusing)
    {
        var spec = snapshot.Entity.Spec;
        if (spec.NodePool is null) return [];
        return PoolChoice.Candidates(snapshot)
            .Where(pool => pool.Pool.Metadata.Name != refusing.Pool.Metadata.Name)
            .Where(pool => PoolGpu.Of(pool, snapshot.Gpus) is { } gpu && PoolChoice.Holds(spec, choice, gpu))
            .Select(pool => new SpecChange("spec.nodePool", pool.Pool.Metadata.Name, spec with { NodePool = pool.Pool.Metadata.Name }));
    }
}
