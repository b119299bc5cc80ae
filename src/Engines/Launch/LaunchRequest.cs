using Nemotron.Planning;

namespace Nemotron.Engines.Launch;

/// <summary>What an engine is to serve and how, with every choice already made: the input of a launch spec.</summary>
public sealed record LaunchRequest
{
    /// <summary>The engine to start.</summary>
    public required EngineKind Engine { get; init; }

    /// <summary>What the engine loads: a Hugging Face id (<c>nvidia/Llama-3_3-Nemotron-Super-49B-v1-FP8</c>) or a folder inside the container.</summary>
    public required string Model { get; init; }

    /// <summary>The Hugging Face revision (branch, tag or commit), or null for the default branch. Not allowed with a folder.</summary>
    public string? Revision { get; init; }

    /// <summary>GPUs one layer is split over, 1 or more.</summary>
    public required int TensorParallel { get; init; }

    /// <summary>Stages the layers are split into, 1 or more.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>KV cache element type; null leaves it to the checkpoint (<c>auto</c>).</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Longest sequence in tokens, prompt and output together.</summary>
    public required long MaxContextTokens { get; init; }

    /// <summary>Most sequences in one batch.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Share of the GPU memory left after loading that the KV cache takes, 0 to 1.</summary>
    public required double KvFreeMemoryFraction { get; init; }

    /// <summary>Most tokens the KV cache is to hold: the memory plan's. The engine takes the smaller of this and what the fraction gives. 0 for no limit.</summary>
    public long KvMaxTokens { get; init; }

    /// <summary>Whether finished sequences' KV blocks are kept for prompts that begin alike.</summary>
    public bool BlockReuse { get; init; } = true;

    /// <summary>Host memory for evicted KV blocks, in bytes; 0 for none.</summary>
    public long HostCacheBytes { get; init; }

    /// <summary>Whether Python code from the checkpoint may run in the engine.</summary>
    public bool TrustRemoteCode { get; init; }

    /// <summary>Arguments put after ours, verbatim.</summary>
    public IReadOnlyList<string> ExtraArgs { get; init; } = [];

    /// <summary>YAML merged over ours key by key; theirs wins. Null for none.</summary>
    public string? ExtraConfig { get; init; }

    /// <summary>The container image, or null for the one that belongs to <see cref="Engine"/> and <see cref="Version"/>.</summary>
    public string? Image { get; init; }

    /// <summary>The engine's version or image tag, or null for <see cref="EngineImages"/>' default.</summary>
    public string? Version { get; init; }

    /// <summary>Total bytes of weights, for the time a start may take; 0 when unknown.</summary>
    public long WeightsBytes { get; init; }
}
