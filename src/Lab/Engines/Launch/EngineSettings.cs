using System.Net;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines;

/// <summary>What an engine was told to be, whichever program it is: read from its command line, its files and its environment.</summary>
internal sealed record EngineSettings
{
    /// <summary>The program.</summary>
    public required EngineProduct Product { get; init; }

    /// <summary>The program's version: TensorRT-LLM's for trtllm-serve, the container's for Triton.</summary>
    public required EngineVersion Version { get; init; }

    /// <summary>The version as the image's tag spells it.</summary>
    public string VersionText { get; init; } = "";

    /// <summary>What it loads: a Hugging Face id or a folder.</summary>
    public required string Model { get; init; }

    /// <summary>The name it serves the model under.</summary>
    public required string ServedName { get; init; }

    /// <summary>The address it binds: <c>localhost</c> is reached from within the pod only.</summary>
    public string Host { get; init; } = "0.0.0.0";

    /// <summary>The HTTP port, or null without one.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The gRPC port, or null without one.</summary>
    public int? GrpcPort { get; init; }

    /// <summary>The port of its Prometheus metrics where that is another; else null.</summary>
    public int? MetricsPort { get; init; }

    /// <summary>GPUs a layer is split over.</summary>
    public int TensorParallel { get; init; } = 1;

    /// <summary>Stages the layers are split into.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>Most sequences in a batch.</summary>
    public int MaxBatchSize { get; init; } = 2048;

    /// <summary>Most sequences at once: TensorRT-LLM has a batch in each pipeline stage.</summary>
    public int MaxSequences => Product is EngineProduct.Vllm or EngineProduct.Nim ? MaxBatchSize : (int)Math.Min(int.MaxValue, (long)MaxBatchSize * PipelineParallel);

    /// <summary>Most tokens of one forward pass.</summary>
    public int MaxNumTokens { get; init; } = 8192;

    /// <summary>Longest sequence, prompt and answer together; null takes the model's.</summary>
    public int? MaxSequenceTokens { get; init; }

    /// <summary>Share of the memory left after loading that the KV cache takes (vLLM: of all memory).</summary>
    public double MemoryFraction { get; init; } = 0.9;

    /// <summary>Precision of the KV cache; null follows the checkpoint.</summary>
    public KvPrecision? KvPrecision { get; init; }

    /// <summary>Tokens in a KV block.</summary>
    public int TokensPerBlock { get; init; } = 32;

    /// <summary>Most tokens that the KV cache holds; null for what memory gives.</summary>
    public long? KvMaxTokens { get; init; }

    /// <summary>Whether KV blocks of finished sequences are kept for prompts that begin alike.</summary>
    public bool BlockReuse { get; init; } = true;

    /// <summary>Whether a request may be paused for another's sake once it runs: <c>MAX_UTILIZATION</c>, or vLLM.</summary>
    public bool Preempts { get; init; }

    /// <summary>Whether the checkpoint's own code may run.</summary>
    public bool TrustRemoteCode { get; init; }

    /// <summary>The parser that takes the trace out of the answer, or null to leave it in the text.</summary>
    public string? ReasoningParser { get; init; }

    /// <summary>The parser that takes tool calls out of the answer, or null to leave them in the text.</summary>
    public string? ToolParser { get; init; }

    /// <summary><c>enable_thinking</c> of requests that say nothing, where the server has such a default.</summary>
    public bool? DefaultEnableThinking { get; init; }

    /// <summary>Whether requests are measured: without it trtllm-serve has no Prometheus route.</summary>
    public bool ReturnPerfMetrics { get; init; }

    /// <summary>Whether iterations are measured.</summary>
    public bool IterationStats { get; init; }

    /// <summary>Iterations kept for <c>/metrics</c>.</summary>
    public int IterationStatsKept { get; init; } = 1000;

    /// <summary>Whether Triton serves the legacy ensemble of the C++ backend, not the llmapi model.</summary>
    public bool Ensemble { get; init; }

    /// <summary>Whether Triton's model answers one request with many responses.</summary>
    public bool Decoupled { get; init; } = true;

    /// <summary>How long Triton waits for requests in flight when it ends.</summary>
    public TimeSpan ExitTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>GPUs of a node, where it was told; else 0.</summary>
    public int GpusPerNode { get; init; }

    /// <summary>Pods of the replica.</summary>
    public int Pods { get; init; } = 1;

    /// <summary>Options given that change nothing here, for the log.</summary>
    public IReadOnlyList<string> NotSimulated { get; init; } = [];

    /// <summary>Ranks.</summary>
    public int Gpus => TensorParallel * PipelineParallel;

    /// <summary>Whether it can be reached from outside its pod.</summary>
    public bool Exposed => Host is not ("localhost" or "127.0.0.1" or "::1");

    /// <summary>The address it binds, for the log.</summary>
    public string BoundHost => IPAddress.TryParse(Host, out var address) ? address.ToString() : Host;
}
