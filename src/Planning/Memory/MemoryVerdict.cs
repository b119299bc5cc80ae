using System.Globalization;

namespace Nemotron.Planning;

/// <summary>Says why memory does not hold what was asked for, and the smallest changes that would make it.</summary>
internal static class MemoryVerdict
{
    public static PlanFinding Explain(MemoryPlan plan) =>
        new(PlanFindingKind.Memory, true, plan.CacheBudgetBytes == 0 ? NoRoom(plan) : TooFew(plan), Changes(plan));

    private static string NoRoom(MemoryPlan plan)
    {
        var heaviest = plan.Fullest;
        return string.Create(CultureInfo.InvariantCulture,
            $"{ByteText.Of(heaviest.WeightBytes)} of weights and {ByteText.Of(plan.ActivationBytes + plan.NcclBytes + MemoryReserve.RuntimeFloorBytes)} of reserve per GPU leave nothing of {ByteText.Of(plan.GpuBytes)} for the KV cache");
    }

    private static string TooFew(MemoryPlan plan) => string.Create(CultureInfo.InvariantCulture,
        $"memory holds {plan.MaxSequences} sequences of {plan.ContextTokens} tokens, {plan.Request.Concurrency} are asked for");

    private static string? Changes(MemoryPlan plan)
    {
        var changes = new List<string>(3);
        if (plan.MinTensorParallel is { } degree && degree != plan.TensorParallel)
            changes.Add(plan.MinNodes > 1 && degree > PlanRules.DomainGpus(plan.Request)
                ? $"tensorParallel {degree} over {plan.MinNodes} nodes"
                : $"tensorParallel {degree}");
        if (plan.LargestContextTokens > 0) changes.Add($"context {plan.LargestContextTokens}");
        if (plan.MaxSequences > 0 && plan.CacheBudgetBytes > 0) changes.Add($"concurrency {plan.MaxSequences}");
        if (changes.Count == 0 && plan.Request is { Precision: Precision.BF16, Gpu: { } gpu } && gpu.Supports(Precision.FP8))
            changes.Add("precision FP8");
        return changes.Count == 0 ? null : string.Join(", or ", changes);
    }
}
