using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Engines.Launch;

/// <summary>What an engine serves its clients.</summary>
public enum EngineApi
{
    /// <summary>HTTP: OpenAI's API from trtllm-serve, KServe's (and gRPC beside it) from Triton.</summary>
    Http,

    /// <summary>trtllm-serve's gRPC in place of HTTP: token ids in and out, no metrics, no health over HTTP.</summary>
    TokenGrpc,
}

/// <summary>What an engine is to serve and how, with every choice already made: the input of a launch spec.</summary>
public sealed record LaunchRequest
{
    /// <summary>The engine to start.</summary>
    public required EngineKind Engine { get; init; }

    /// <summary>The catalogue name of the model, for messages.</summary>
    public required string ModelName { get; init; }

    /// <summary>What the engine loads: a Hugging Face id (<c>nvidia/Llama-3_3-Nemotron-Super-49B-v1-FP8</c>) or a folder inside the container.</summary>
    public required string Model { get; init; }

    /// <summary>The Hugging Face revision (branch, tag or commit), or null for the default branch. Of no use with a folder.</summary>
    public string? Revision { get; init; }

    /// <summary>The API to serve.</summary>
    public EngineApi Api { get; init; }

    /// <summary>Whether a gateway in the same pod has the clients' port, so that the engine's HTTP takes another (<see cref="LaunchSpec.EnginePortName"/>).</summary>
    public bool BehindGateway { get; init; }

    /// <summary>GPUs one layer is split over, 1 or more.</summary>
    public required int TensorParallel { get; init; }

    /// <summary>Stages the layers are split into, 1 or more.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>How the GPUs lie in pods; null for all in one.</summary>
    public GroupShape? Shape { get; init; }

    /// <summary>Number format of the weights.</summary>
    public Precision Precision { get; init; } = Precision.BF16;

    /// <summary>KV cache element type; null leaves it to the checkpoint (<c>auto</c>).</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Format of the Mamba layers' recurrent state; null for a model without Mamba layers.</summary>
    public StatePrecision? MambaState { get; init; }

    /// <summary>Longest sequence in tokens, prompt and output together.</summary>
    public required long MaxContextTokens { get; init; }

    /// <summary>Most sequences in one batch, of which TensorRT-LLM has one in each pipeline stage.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Most tokens in one forward pass, for which the memory plan holds activations.</summary>
    public int MaxBatchedTokens { get; init; } = 8192;

    /// <summary>Share of the GPU memory left after loading that the KV cache takes, 0 to 1.</summary>
    public required double KvFreeMemoryFraction { get; init; }

    /// <summary>Most tokens the KV cache is to hold: the memory plan's. The engine takes the smaller of this and what the fraction gives. 0 for no limit.</summary>
    public long KvMaxTokens { get; init; }

    /// <summary>Whether finished sequences' KV blocks are kept for prompts that begin alike; null where nobody asked: on, but off for a model with Mamba layers.</summary>
    public bool? BlockReuse { get; init; }

    /// <summary>Host memory for evicted KV blocks over the whole replica, in bytes; 0 for none.</summary>
    public long HostCacheBytes { get; init; }

    /// <summary>Whether the checkpoint is loaded through Python code of its own.</summary>
    public bool NeedsRemoteCode { get; init; }

    /// <summary>Whether Python code from the checkpoint may run in the engine.</summary>
    public bool TrustRemoteCode { get; init; }

    /// <summary>What is known about starting the model.</summary>
    public LaunchFacts Facts { get; init; } = LaunchFacts.None;

    /// <summary>The engine's parser of reasoning traces, by name; null takes the model's.</summary>
    public string? ReasoningParser { get; init; }

    /// <summary>The engine's parser of tool calls, by name; null takes the model's.</summary>
    public string? ToolParser { get; init; }

    /// <summary>A Jinja chat template in place of the checkpoint's; null for none.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Arguments put after ours, verbatim.</summary>
    public IReadOnlyList<string> ExtraArgs { get; init; } = [];

    /// <summary>YAML merged over ours key by key; theirs wins. Null for none.</summary>
    public string? ExtraConfig { get; init; }

    /// <summary>The container image, or null for the one that belongs to <see cref="Engine"/> and <see cref="Version"/>.</summary>
    public string? Image { get; init; }

    /// <summary>The engine's version, or null: that of the image's tag, else <see cref="EngineImages"/>' default.</summary>
    public string? Version { get; init; }

    /// <summary>Total bytes of weights, for the time a start may take; 0 when unknown.</summary>
    public long WeightsBytes { get; init; }

    /// <summary>How long a start may take; null works it out of <see cref="WeightsBytes"/>.</summary>
    public TimeSpan? StartupTimeout { get; init; }

    /// <summary>How long requests in flight may run on after a stop was asked for.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    internal GroupShape Layout => Shape ?? new GroupShape(1, TensorParallel * PipelineParallel);

    internal bool Hybrid => MambaState is not null;

    // The state of Mamba layers cannot be rolled back to a shared beginning without more.
    internal bool ReusesBlocks => BlockReuse ?? !Hybrid;

    internal bool ChunksPrefill => MaxContextTokens > MaxBatchedTokens;
}
