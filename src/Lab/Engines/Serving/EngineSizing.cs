using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>What an engine's model takes on its GPUs and how much cache is left: the memory plan, with the settings' own limits.</summary>
internal sealed record EngineSizing
{
    private const string ModelLabel = "serving.nemotron.dev/model";

    /// <summary>The model that is simulated.</summary>
    public required ModelEntry Model { get; init; }

    /// <summary>Where another model's figures stand in for an unknown one: the sentence for the log; else null.</summary>
    public string? StandIn { get; init; }

    /// <summary>The GPU.</summary>
    public required GpuType Gpu { get; init; }

    /// <summary>The memory plan.</summary>
    public required MemoryPlan Plan { get; init; }

    /// <summary>Precision of the weights.</summary>
    public required Precision Precision { get; init; }

    /// <summary>Blocks of the KV cache; 0 for a model that stores none.</summary>
    public required long KvBlocks { get; init; }

    /// <summary>Tokens in a block.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>Longest sequence in tokens.</summary>
    public required int MaxSequenceTokens { get; init; }

    /// <summary>Bytes in use on each GPU once it serves: flat from then on, since the cache is taken at the start.</summary>
    public long UsedBytesPerGpu => Plan.GpuBytes - Math.Max(0, Plan.HeldBackBytes - MemoryReserve.RuntimeFloorBytes);

    /// <summary>Works it out.</summary>
    /// <param name="settings">The engine's settings.</param>
    /// <param name="start">The container: its node tells the GPU, its pod what the operator knows of the model.</param>
    /// <exception cref="StartRefusedException">It does not fit, or there are too few GPUs; the message is the program's own.</exception>
    public static EngineSizing Of(EngineSettings settings, ContainerStart start)
    {
        if (start.Gpus.Count == 0) throw new StartRefusedException(1, "RuntimeError: No CUDA GPUs are available");
        var gpu = GpuOf(start.Node) ?? throw new StartRefusedException(1, "nemotron-lab: the node's nvidia.com/gpu.product names no GPU of the catalogue, so nothing can be simulated on it");
        var (model, standIn) = ModelOf(settings, start.Pod);
        if (standIn is null && model.RemoteCode && !settings.TrustRemoteCode)
        {
            throw new StartRefusedException(1,
                $"ValueError: The repository {settings.Model} contains custom code which must be executed to correctly load the model. You can inspect the repository content at https://hf.co/{settings.Model}.",
                "Please pass the argument `trust_remote_code=True` to allow custom code to be run.");
        }

        var precision = PrecisionOf(model, settings.Model);
        var plan = MemoryPlanner.Plan(new()
        {
            Model = model,
            Gpu = gpu,
            GpuMemoryMiB = (int?)Number(start.Node, "nvidia.com/gpu.memory"),
            TensorParallel = settings.TensorParallel,
            PipelineParallel = settings.PipelineParallel,
            Precision = precision,
            KvPrecision = settings.KvPrecision,
            ContextTokens = settings.MaxSequenceTokens,
            // Only a model with recurrent state sets something aside for every sequence.
            Concurrency = model.Architecture.HasMamba ? Math.Min(settings.MaxSequences, MemoryPlanner.MaxConcurrency) : 1,
            Engine = settings.Product is EngineProduct.Vllm or EngineProduct.Nim ? EngineKind.Vllm : EngineKind.TrtLlmServe,
            MemoryFraction = settings.MemoryFraction,
            MaxBatchedTokens = settings.MaxNumTokens,
            MultiNode = true,
        });
        if (plan.CacheBudgetBytes == 0) throw OutOfMemory(plan);
        var block = Math.Max(1, settings.TokensPerBlock);
        var tokens = settings.KvMaxTokens is { } most ? Math.Min(most, plan.KvTokens) : plan.KvTokens;
        var stores = plan.KvBytesPerToken > 0;
        if (stores && tokens < block) throw new StartRefusedException(1, $"RuntimeError: The KV cache has room for {tokens} tokens, less than one block of {block}; raise free_gpu_memory_fraction or max_tokens");
        return new()
        {
            Model = model,
            StandIn = standIn,
            Gpu = gpu,
            Plan = plan,
            Precision = precision,
            KvBlocks = stores ? tokens / block : 0,
            BlockTokens = block,
            MaxSequenceTokens = stores ? (int)Math.Min(plan.ContextTokens, tokens) : plan.ContextTokens,
        };
    }

    /// <summary>The kind of GPU of a node as served, or null.</summary>
    public static GpuType? GpuOf(JsonObject? node) =>
        node?.Label("nvidia.com/gpu.product") is { } product && GpuCatalogue.Default.TryFind(product, out var gpu) ? gpu : null;

    private static (ModelEntry Model, string? StandIn) ModelOf(EngineSettings settings, JsonObject pod)
    {
        var catalogue = ModelCatalogue.Default;
        foreach (var name in new[] { settings.Model, TrtLlmServeLine.ModelName(settings.Model), $"nvidia/{Path.GetFileName(settings.Model)}", pod.Label(ModelLabel) })
        {
            if (name is { Length: > 0 } && catalogue.TryFind(name, out var found)) return (found, null);
        }

        var wanted = double.TryParse(pod.Annotation(EngineLoadTimes.WeightsAnnotation), NumberStyles.Float, CultureInfo.InvariantCulture, out var bytes) ? bytes : 16e9;
        var nearest = catalogue.Models.MinBy(candidate => Math.Abs((2.0 * candidate.Architecture.Parameters.Total) - wanted))!;
        return (nearest, $"\"{settings.Model}\" is not in the catalogue: speed and cache are simulated as those of {nearest.Name}, the nearest in size");
    }

    private static Precision PrecisionOf(ModelEntry model, string checkpoint)
    {
        if (model.Checkpoints.FirstOrDefault(known => known.HuggingFaceId.Equals(checkpoint, StringComparison.OrdinalIgnoreCase)) is { } published) return published.Precision;
        if (checkpoint.Contains("FP4", StringComparison.OrdinalIgnoreCase)) return Precision.NVFP4;
        return checkpoint.Contains("FP8", StringComparison.OrdinalIgnoreCase) ? Precision.FP8 : Precision.BF16;
    }

    private static StartRefusedException OutOfMemory(MemoryPlan plan) => new(1,
        "Traceback (most recent call last):",
        "  File \"tensorrt_llm/_torch/pyexecutor/model_loader.py\", in load",
        $"torch.OutOfMemoryError: CUDA out of memory. GPU 0 has a total capacity of {Gib(plan.GpuBytes)} GiB; the weights take {Gib(plan.WeightsBytesPerGpu)} GiB of it on {plan.Gpus} GPU{(plan.Gpus == 1 ? "" : "s")}, and what is left holds no KV cache.");

    private static string Gib(long bytes) => (bytes / (double)(1L << 30)).ToString("0.00", CultureInfo.InvariantCulture);

    private static long? Number(JsonObject? node, string label) =>
        long.TryParse(node?.Label(label), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
