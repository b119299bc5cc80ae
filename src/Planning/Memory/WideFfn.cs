using System.Globalization;

namespace Nemotron.Planning;

/// <summary>
/// The activation factors were measured on Llamas. A fused FFN, as Ultra has four, writes more in one pass than they allow for;
/// what is over comes out of the part held back for the runtime, so it is said and not silently planned away.
/// </summary>
internal static class WideFfn
{
    public static PlanFinding? Warning(MemoryPlan plan)
    {
        var columns = LayerShard.Share(plan.Model.Architecture.Table.WidestFfnColumns, plan.TensorParallel);
        var bytesPerToken = 2L * columns;
        var needed = plan.Request.MaxBatchedTokens * bytesPerToken;
        if (needed <= plan.ActivationBytes) return null;
        var tokens = plan.ActivationBytes / bytesPerToken;
        return new PlanFinding(
            PlanFindingKind.Activations, false,
            string.Create(CultureInfo.InvariantCulture,
                $"the widest FFN writes {ByteText.Of(needed)} in a pass of {plan.Request.MaxBatchedTokens} tokens, {ByteText.Of(plan.ActivationBytes)} are planned"),
            tokens > 0 ? string.Create(CultureInfo.InvariantCulture, $"max batched tokens {tokens}") : null);
    }
}
