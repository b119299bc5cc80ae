namespace Nemotron.Planning;

/// <summary>What a memory plan is asked for.</summary>
public sealed record PlanRequest
{
    /// <summary>The model.</summary>
    public required ModelEntry Model { get; init; }

    /// <summary>The kind of GPU; null plans for any GPU with <see cref="GpuMemoryMiB"/>, without rules on precision and NVLink.</summary>
    public GpuType? Gpu { get; init; }

    /// <summary>Memory of each GPU in MiB, as the label <c>nvidia.com/gpu.memory</c> of the real nodes says; null takes the catalogue's.</summary>
    public int? GpuMemoryMiB { get; init; }

    /// <summary>Tensor-parallel degree; null takes the smallest that fits.</summary>
    public int? TensorParallel { get; init; }

    /// <summary>Pipeline stages, 1 to 64.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>Precision of the weights.</summary>
    public Precision Precision { get; init; } = Precision.BF16;

    /// <summary>Precision of the KV cache; null takes <see cref="PrecisionRules.DefaultKv"/>.</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Precision of the SSM state; null takes the model's own.</summary>
    public StatePrecision? SsmState { get; init; }

    /// <summary>Tokens of the longest sequence, prompt and answer together, 1 to 2^24; null takes the model's longest.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Tokens that the checkpoint was made for, where it differs from the model's; else null.</summary>
    public int? CheckpointContextTokens { get; init; }

    /// <summary>Sequences of that length held at once over the whole replica, 1 to 2^20.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>The engine, which decides how the rest of the memory is taken.</summary>
    public EngineKind Engine { get; init; } = EngineKind.TrtLlmServe;

    /// <summary>
    /// The engine's memory fraction, in (0, 1]: of what is free after loading for TensorRT-LLM, of the whole GPU for vLLM and SGLang.
    /// Null takes <see cref="MemoryReserve.DefaultFraction"/>.
    /// </summary>
    public double? MemoryFraction { get; init; }

    /// <summary>Tokens that the engine puts into one forward pass, which sizes the activations; 1 to 2^20.</summary>
    public int MaxBatchedTokens { get; init; } = 8192;

    /// <summary>GPUs of a node; null takes the GPU type's.</summary>
    public int? GpusPerNode { get; init; }

    /// <summary>GPUs that a tensor-parallel group may span; null takes the GPU type's NVLink domain where it is larger than a node, else the node.</summary>
    public int? DomainGpus { get; init; }

    /// <summary>Whether a tensor-parallel group may leave its NVLink domain.</summary>
    public bool MultiNode { get; init; }

    /// <summary>The request for real nodes: their GPU, the memory that they report, and their number of GPUs. A rack's NVLink domain counts only for nodes that say they are in one.</summary>
    /// <param name="node">A node, or the least of a set (<see cref="GpuNodeRules.Join"/>).</param>
    public PlanRequest On(GpuNode node) => this with
    {
        Gpu = node.Type,
        GpuMemoryMiB = node.MemoryMiB,
        GpusPerNode = node.Count,
        DomainGpus = node is { Clique: not null, Type: { } type } && type.DomainGpus > type.GpusPerNode ? type.DomainGpus : node.Count,
    };
}
