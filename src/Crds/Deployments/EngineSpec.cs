using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>The serving engine of the pods.</summary>
public sealed record EngineSpec
{
    /// <summary>TrtLlmServe: TensorRT-LLM's own OpenAI server. Triton: Triton Inference Server with its TensorRT-LLM backend.</summary>
    [DefaultValue(EngineKind.TrtLlmServe)]
    public EngineKind? Type { get; init; }

    /// <summary>The container image, with tag or digest. Absent: NVIDIA's image of the engine in the given version.</summary>
    [Length(1, 512), Pattern(@"^\S+$")]
    public string? Image { get; init; }

    /// <summary>The engine's version: TensorRT-LLM's such as 1.2.1, Triton's such as 26.04. It decides flags, metric names and probes, and what is refused. Set it when the tag of image does not say. Absent: from the image's tag, else 1.2.1 and 26.07.</summary>
    [Length(1, 64), Pattern("^[0-9][-0-9A-Za-z.+]*$")]
    public string? Version { get; init; }

    /// <summary>When the kubelet pulls the image. Absent: Kubernetes' own rule (Always for the tag latest, else IfNotPresent).</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    /// <summary>Secrets with credentials for the image registry.</summary>
    [Items(maxItems: 16), XListType(XListType.Map), XListMapKeys("name")]
    public IList<V1LocalObjectReference>? ImagePullSecrets { get; init; }

    /// <summary>
    /// What the engine serves. Http: the OpenAI API from trtllm-serve, KServe's from Triton with gRPC beside it. Grpc: trtllm-serve's gRPC with token ids
    /// in place of HTTP (TensorRT-LLM 1.3.0rc7 and newer), for routers that tokenise themselves: without metrics, chat templates and parsers. Needs gateway.enabled false.
    /// </summary>
    [DefaultValue(EngineApi.Http)]
    public EngineApi? Api { get; init; }

    /// <summary>How trtllm-serve tells a reasoning trace from the answer, by the name of its parser such as qwen3 or nano-v3. Absent: the model's, where one is known to fit, else none: the trace stays in the text.</summary>
    [Length(1, 64), Pattern(Patterns.ParserName)]
    public string? ReasoningParser { get; init; }

    /// <summary>How trtllm-serve finds tool calls in the text, by the name of its parser such as qwen3_coder; TensorRT-LLM 1.2 and newer. Absent: the model's, where one is known to fit, else none.</summary>
    [Length(1, 64), Pattern(Patterns.ParserName)]
    public string? ToolParser { get; init; }

    /// <summary>A Jinja chat template in place of the checkpoint's own, for trtllm-serve; TensorRT-LLM 1.2 and newer.</summary>
    [Length(1, 65_536)]
    public string? ChatTemplate { get; init; }

    /// <summary>How long a replica may take to load before it is taken for dead and started anew. Absent: 15 minutes and the time that the weights take at 100 MB/s.</summary>
    [ValidationRule("self >= duration('1m')", message: "must be at least 1m")]
    public Duration? StartupTimeout { get; init; }

    /// <summary>Further command-line arguments, after the operator's own. Those that Services, probes and the memory plan rest on are refused in the Accepted condition, with the field to use.</summary>
    [Items(maxItems: 128), Length(1, 1024)]
    public IReadOnlyList<string>? ExtraArgs { get; init; }

    /// <summary>YAML that is merged over the configuration file the operator writes for the engine; yours wins, key by key. Model, revision, remote code, parallelism and sizes have fields of their own in spec; as keys here they are refused in the Accepted condition.</summary>
    [Length(0, 65_536)]
    public string? ExtraConfig { get; init; }
}
