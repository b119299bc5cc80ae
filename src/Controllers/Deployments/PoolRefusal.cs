using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>Puts into words why a replica does not fit on a pool's GPUs: the field, the numbers, the smallest changes with which it would. Pure.</summary>
internal static class PoolRefusal
{
    /// <param name="finding">Why.</param>
    /// <param name="spec">What was asked for.</param>
    /// <param name="pool">The pool's name.</param>
    /// <param name="plan">The plan that does not fit.</param>
    /// <param name="changes">What would make it fit.</param>
    public static Refusal Of(PlanFinding finding, NemotronDeploymentSpec spec, string pool, MemoryPlan plan, IReadOnlyList<SpecChange> changes) => new(
        finding.Kind switch
        {
            PlanFindingKind.TensorParallelDegree or PlanFindingKind.NvLinkDomain or PlanFindingKind.PipelineParallel => ConditionReasons.ParallelismNotSupported,
            PlanFindingKind.Precision or PlanFindingKind.KvPrecision => ConditionReasons.PrecisionNotSupported,
            PlanFindingKind.Memory => ConditionReasons.DoesNotFit,
            _ => ConditionReasons.InvalidField,
        },
        $"{Path(finding, spec, plan)}: on the GPUs of pool {pool}, {finding.Message}. {Fix(finding, changes)}");

    private static string Fix(PlanFinding finding, IReadOnlyList<SpecChange> changes) => (changes, finding) switch
    {
        ({ Count: > 0 }, _) => $"Set {string.Join(", or ", changes.Select(change => $"{change.Path} to {change.Value}"))}.",
        (_, { Kind: not PlanFindingKind.Memory, Fix: { } fix }) => $"Use {fix}.",
        _ => "No change of one field makes it fit there: choose a smaller model, or a pool whose GPUs have more memory.",
    };

    /// <summary>The field that asks for what cannot be had.</summary>
    private static string Path(PlanFinding finding, NemotronDeploymentSpec spec, MemoryPlan plan) => finding.Kind switch
    {
        PlanFindingKind.TensorParallelDegree or PlanFindingKind.NvLinkDomain => "spec.tensorParallel",
        PlanFindingKind.PipelineParallel => "spec.pipelineParallel",
        PlanFindingKind.Precision => "spec.precision",
        PlanFindingKind.KvPrecision => "spec.kvCache.precision",
        PlanFindingKind.Memory when spec.MaxContextTokens is not null && plan.LargestContextTokens > 0 => "spec.maxContextTokens",
        PlanFindingKind.Memory when spec.MaxConcurrentRequests is not null && plan.MaxSequences > 0 => "spec.maxConcurrentRequests",
        PlanFindingKind.Memory when spec.TensorParallel is not null => "spec.tensorParallel",
        PlanFindingKind.Memory => spec.ModelRef is null ? "spec.model" : "spec.modelRef.name",
        _ => "spec",
    };
}
