using System.Text.Json.Serialization;

namespace Nemotron.Crds;

/// <summary>A model of the family that the catalogue knows by one word.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelTier>))]
public enum ModelTier
{
    /// <summary>Llama-3.1-Nemotron-Nano-8B-v1.</summary>
    Nano,

    /// <summary>Llama-3.3-Nemotron-Super-49B-v1.</summary>
    Super,

    /// <summary>Llama-3.1-Nemotron-Ultra-253B-v1.</summary>
    Ultra,
}

/// <summary>The number format of the weights.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>bfloat16, 2 bytes a weight.</summary>
    BF16,

    /// <summary>8-bit floating point, 1 byte a weight; GPUs of compute capability 8.9 and later.</summary>
    FP8,

    /// <summary>4-bit floating point with one FP8 scale per 16 weights; Blackwell GPUs.</summary>
    NVFP4,
}

/// <summary>The number format of the KV cache.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<KvPrecision>))]
public enum KvPrecision
{
    /// <summary>bfloat16, 2 bytes an element.</summary>
    BF16,

    /// <summary>8-bit floating point, 1 byte an element.</summary>
    FP8,

    /// <summary>4-bit floating point with one FP8 scale per 16 elements.</summary>
    NVFP4,
}

/// <summary>Whether the model thinks before it answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReasoningMode>))]
public enum ReasoningMode
{
    /// <summary>The model writes a reasoning trace first: better at mathematics and science, 5 to 30 times the output tokens.</summary>
    On,

    /// <summary>The model answers at once.</summary>
    Off,
}

/// <summary>Who has the last word on the reasoning mode of a request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReasoningEnforcement>))]
public enum ReasoningEnforcement
{
    /// <summary>The client, where it says something; the declared mode where it does not.</summary>
    Default,

    /// <summary>The declared mode, whatever the client says.</summary>
    Enforced,
}

/// <summary>The serving engine in the pods.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EngineKind>))]
public enum EngineKind
{
    /// <summary>TensorRT-LLM's own OpenAI server, <c>trtllm-serve</c>.</summary>
    TrtLlmServe,

    /// <summary>Triton Inference Server with its TensorRT-LLM backend.</summary>
    Triton,
}

/// <summary>What the engine serves its clients.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EngineApi>))]
public enum EngineApi
{
    /// <summary>HTTP: the OpenAI API from trtllm-serve; KServe's from Triton, with gRPC beside it.</summary>
    Http,

    /// <summary>gRPC with token ids from trtllm-serve, in place of HTTP.</summary>
    Grpc,
}

/// <summary>When the kubelet pulls an image.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ImagePullPolicy>))]
public enum ImagePullPolicy
{
    /// <summary>At every start of a container.</summary>
    Always,

    /// <summary>When the node does not have it.</summary>
    IfNotPresent,

    /// <summary>Never: the node must have it.</summary>
    Never,
}
