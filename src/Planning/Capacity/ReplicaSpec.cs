namespace Nemotron.Planning.Capacity;

/// <summary>One replica: a model on a group of GPUs under an engine.</summary>
public sealed record ReplicaSpec
{
    /// <summary>The model.</summary>
    public required ModelEntry Model { get; init; }

    /// <summary>The kind of GPU; its bandwidth and compute rates must be known.</summary>
    public required GpuType Gpu { get; init; }

    /// <summary>Memory of each GPU in MiB, as nodes report it; null takes the catalogue's.</summary>
    public int? GpuMemoryMiB { get; init; }

    /// <summary>Tensor-parallel degree, at least 1.</summary>
    public int TensorParallel { get; init; } = 1;

    /// <summary>Pipeline stages, at least 1.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>Precision of the weights.</summary>
    public Precision Precision { get; init; } = Precision.BF16;

    /// <summary>Precision of the KV cache; null takes what the engine does beside such weights.</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>The engine.</summary>
    public EngineKind Engine { get; init; } = EngineKind.TrtLlmServe;

    /// <summary>Its version, such as <c>0.5.6</c>; null takes the engine as it comes.</summary>
    public string? EngineVersion { get; init; }

    /// <summary>Whether a group may leave its NVLink domain, over the network between nodes.</summary>
    public bool MultiNode { get; init; }

    /// <summary>The KV precision asked for, or the engine's.</summary>
    /// <param name="engine">The engine's profile.</param>
    public KvPrecision EffectiveKv(EngineProfile engine) =>
        KvPrecision ?? (Precision == Precision.BF16 ? Planning.KvPrecision.BF16 : engine.QuantisedKv ?? PrecisionRules.DefaultKv(Precision));
}

/// <summary>A GPU whose speed cannot be told, since the catalogue lacks a rate.</summary>
public sealed class UnknownRateException : Exception
{
    /// <summary>Makes the error.</summary>
    /// <param name="gpu">The GPU.</param>
    /// <param name="figure">The key of the missing rate in the GPU's file.</param>
    public UnknownRateException(string gpu, string figure)
        : base($"{gpu}: {figure} is not known, so its speed cannot be predicted; give it in a file of --gpu-catalogue")
    {
        Gpu = gpu;
        Figure = figure;
    }

    /// <summary>The GPU.</summary>
    public string Gpu { get; }

    /// <summary>The key of the missing rate.</summary>
    public string Figure { get; }
}
