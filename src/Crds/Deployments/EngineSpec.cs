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

    /// <summary>The engine's version, such as 1.2.0 or 26.04; it decides flags, metric names and probes. Set it when the tag of image does not say. Absent: from the image's tag, else the version the operator was tested with.</summary>
    [Length(1, 64), Pattern("^[0-9][-0-9A-Za-z.+]*$")]
    public string? Version { get; init; }

    /// <summary>When the kubelet pulls the image. Absent: Kubernetes' own rule (Always for the tag latest, else IfNotPresent).</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    /// <summary>Secrets with credentials for the image registry.</summary>
    [Items(maxItems: 16), XListType(XListType.Map), XListMapKeys("name")]
    public IList<V1LocalObjectReference>? ImagePullSecrets { get; init; }

    /// <summary>Further command-line arguments, after the operator's own, so that the engine takes the later of two.</summary>
    [Items(maxItems: 128), Length(1, 1024)]
    public IReadOnlyList<string>? ExtraArgs { get; init; }

    /// <summary>YAML that is merged over the configuration file the operator writes for the engine; yours wins, key by key.</summary>
    [Length(0, 65_536)]
    public string? ExtraConfig { get; init; }
}
