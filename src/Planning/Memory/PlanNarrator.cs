using System.Globalization;

namespace Nemotron.Planning;

/// <summary>One line of a plan: a figure and how it came about.</summary>
/// <param name="Item">What the figure is.</param>
/// <param name="Value">The figure, in the unit named.</param>
/// <param name="Unit"><c>bytes</c>, <c>tokens</c>, <c>sequences</c>, <c>parameters</c> or <c>GPUs</c>.</param>
/// <param name="Why">How it came about, in words and numbers.</param>
public sealed record PlanLine(string Item, long Value, string Unit, string Why)
{
    /// <summary>The line as one text of at most 256 characters, such as <c>KV tokens: 303648 tokens; what the budget holds ...</c>. Bytes are also given in GiB or MiB.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Item}: {Value} {Unit}{Rounded}; {Why}");

    private string Rounded => Unit != "bytes" || Math.Abs(Value) < 1 << 20 ? "" : $" ({ByteText.Of(Value)})";
}

/// <summary>Tells a plan line by line, in the order in which the figures follow from one another.</summary>
internal static class PlanNarrator
{
    public static IReadOnlyList<PlanLine> Tell(MemoryPlan plan)
    {
        var lines = new List<PlanLine>(20);
        TellModel(plan, lines);
        TellMemory(plan, lines);
        TellSequence(plan, lines);
        TellResult(plan, lines);
        return lines;
    }

    private static void TellModel(MemoryPlan plan, List<PlanLine> lines)
    {
        var parameters = plan.Model.Architecture.Parameters;
        lines.Add(new PlanLine("parameters", plan.Parameters, "parameters", Text(
            $"attention {parameters.Attention}, FFN {parameters.Ffn}, Mamba {parameters.Mamba}, convolution {parameters.Conv}, embedding {parameters.Embedding}, LM head {parameters.LmHead}, norms and vectors {parameters.Norm}")));
        var kept = plan.Model.KeptInBf16.Count == 0 ? "" : " and " + string.Join(", ", plan.Model.KeptInBf16);
        lines.Add(new PlanLine("GPU memory", plan.GpuBytes, "bytes", Text(
            $"{plan.GpuBytes >> 20} MiB per GPU{(plan.Request.GpuMemoryMiB is null ? $", the catalogue's figure for {plan.Request.Gpu!.Name}; nodes say theirs in nvidia.com/gpu.memory" : ", as given")}")));
        for (var at = 0; at < plan.PipelineParallel; at++)
        {
            var stage = plan.Stages[at];
            lines.Add(new PlanLine(plan.PipelineParallel == 1 ? "weights" : $"weights, stage {at}", stage.WeightBytes, "bytes", Text(
                $"layers {stage.FromLayer} to {stage.ToLayer - 1} in {plan.Request.Precision} over {Count(plan.TensorParallel, "GPU")}; {(plan.Request.Precision == Precision.BF16 ? "two bytes each, norms on every GPU" : $"embedding, LM head, norms, convolution{kept} in bf16, scales counted")}")));
        }
    }

    private static void TellMemory(MemoryPlan plan, List<PlanLine> lines)
    {
        var perPass = plan.Request.MaxBatchedTokens;
        lines.Add(new PlanLine("activations", -plan.ActivationBytes, "bytes", Text(
            $"2 bytes x {perPass} tokens x {plan.Model.Architecture.WidestAttention} wide x a factor for {Count(plan.TensorParallel, "GPU")}, at least 70 MiB")));
        lines.Add(new PlanLine("NCCL buffers", -plan.NcclBytes, "bytes", Text($"buffers for {Count(plan.Gpus, "GPU")} that talk to each other")));
        lines.Add(new PlanLine("held back", -plan.HeldBackBytes, "bytes", plan.HeldBackBytes < 0
            ? "weights, activations and NCCL are this much larger than the GPU"
            : "CUDA context, CUDA graphs and allocator: what the engine leaves, and 1 GiB at the least"));
        lines.Add(new PlanLine("cache budget", plan.CacheBudgetBytes, "bytes", Budget(plan)));
    }

    private static string Budget(MemoryPlan plan)
    {
        if (plan.CacheBudgetBytes == 0) return "nothing is left";
        var fraction = plan.MemoryFraction.ToString("0.###", CultureInfo.InvariantCulture);
        var rule = MemoryReserve.TakesOfTheWholeGpu(plan.Request.Engine)
            ? $"{fraction} of the GPU less weights, activations and NCCL: {(plan.Request.Engine == EngineKind.Vllm ? "vLLM's gpu_memory_utilization" : "SGLang's mem_fraction_static")}"
            : $"{fraction} of what weights, activations and NCCL leave free: TensorRT-LLM's free_gpu_memory_fraction";
        return plan.HeldBackBytes == MemoryReserve.RuntimeFloorBytes ? $"all but 1 GiB, since that is less than {rule}" : rule;
    }

    private static void TellSequence(MemoryPlan plan, List<PlanLine> lines)
    {
        var fullest = plan.Fullest;
        lines.Add(new PlanLine("KV cache per token", plan.KvBytesPerToken, "bytes", Text(
            $"whole model, {plan.Whole.AttentionLayers} of {plan.Model.Architecture.LayerCount} layers store a cache, in {plan.KvPrecision}")));
        lines.Add(new PlanLine("KV cache per token per GPU", plan.KvBytesPerTokenPerGpu, "bytes", Text(
            $"KV heads split over {Count(plan.TensorParallel, "GPU")}, a head that cannot be split is copied")));
        if (plan.Whole.MambaLayers > 0)
        {
            lines.Add(new PlanLine("state per sequence", plan.StateBytesPerSequence, "bytes", Text(
                $"whole model, {plan.Whole.MambaLayers} Mamba layers, convolution in bf16 and SSM in {plan.SsmState}, whatever the context")));
            if (fullest.PageBytes > 0)
                lines.Add(new PlanLine("common page", fullest.PageBytes, "bytes", Text(
                    $"vLLM gives attention and Mamba one page size: blocks of {fullest.BlockTokens} tokens")));
            else if (fullest.PaddingBytes > 0)
                lines.Add(new PlanLine("padding slot", fullest.PaddingBytes, "bytes", "one more state per GPU, for padded CUDA-graph batches"));
        }
        lines.Add(new PlanLine("one sequence per GPU", fullest.BytesPerSequence, "bytes", Text(
            $"{plan.ContextTokens} tokens in blocks of {fullest.BlockTokens}{(plan.Model.Architecture.MetaTokens > 0 ? $", {plan.Model.Architecture.MetaTokens} meta tokens before them" : "")}{(plan.PipelineParallel > 1 ? $", on stage {plan.BindingStage}, the fullest" : "")}")));
    }

    private static void TellResult(MemoryPlan plan, List<PlanLine> lines)
    {
        lines.Add(new PlanLine("KV tokens", plan.KvTokens, "tokens", Text(
            $"what the budget holds{(plan.Whole.MambaLayers > 0 ? $" beside the state of {Count(plan.Request.Concurrency, "sequence")}" : "")}, in whole blocks")));
        lines.Add(new PlanLine("sequences", plan.MaxSequences, "sequences", Text($"of {plan.ContextTokens} tokens each; {plan.Binding} binds")));
        lines.Add(new PlanLine("head-room", plan.HeadroomBytes, "bytes", Text(
            $"per GPU, left by the {Count(plan.Request.Concurrency, "sequence")} asked for")));
        if (plan.MinTensorParallel is { } degree)
            lines.Add(new PlanLine("smallest tensorParallel", degree, "GPUs", Text($"that fits with all else as asked; {Count(plan.MinNodes ?? 0, "node")}")));
    }

    private static string Count(int number, string what) => Text($"{number} {what}{(number == 1 ? "" : "s")}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
