using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>Names a model.</summary>
public sealed record ModelReference
{
    /// <summary>The name of a NemotronModel, or of an entry of the built-in catalogue such as Super-v1.5 or Nemotron-Nano-9B-v2. A NemotronModel of the name wins.</summary>
    [Length(1, 253), Pattern(Patterns.ModelName)]
    public required string Name { get; init; }
}

/// <summary>Where the weights come from: one of huggingFace, pvc and path; with none of them the model's published checkpoint on Hugging Face.</summary>
[ValidationRule(
    "(has(self.huggingFace) ? 1 : 0) + (has(self.pvc) ? 1 : 0) + (has(self.path) ? 1 : 0) <= 1",
    message: "only one of huggingFace, pvc and path may be set")]
[ValidationRule(
    "!has(self.tokenSecretRef) || (!has(self.pvc) && !has(self.path))",
    fieldPath: ".tokenSecretRef",
    reason: "FieldValueForbidden",
    message: "a token is only of use with a checkpoint on Hugging Face: remove it, or pvc and path")]
[ValidationRule(
    "!has(self.cache) || self.cache == 'None' || (!has(self.pvc) && !has(self.path))",
    fieldPath: ".cache",
    reason: "FieldValueForbidden",
    message: "only a checkpoint on Hugging Face is cached: remove it, or pvc and path")]
public sealed record CheckpointSpec
{
    /// <summary>A repository on Hugging Face, downloaded at the start of a replica.</summary>
    public HuggingFaceCheckpoint? HuggingFace { get; init; }

    /// <summary>A directory on a PersistentVolumeClaim, mounted read-only.</summary>
    public PvcCheckpoint? Pvc { get; init; }

    /// <summary>An absolute path inside the engine's container: a checkpoint baked into the image, or on a volume of spec.volumes.</summary>
    [Length(2, 1024), Pattern(Patterns.AbsolutePath)]
    public string? Path { get; init; }

    /// <summary>The Secret with the Hugging Face token, in the namespace of the NemotronDeployment. Not with pvc or path.</summary>
    public SecretKeyReference? TokenSecretRef { get; init; }

    /// <summary>Where a checkpoint on Hugging Face is kept between two starts. Not with pvc or path.</summary>
    [DefaultValue("None")]
    public CheckpointCache? Cache { get; init; }

    /// <summary>Whether Python code that comes with the checkpoint may run in the engine. Leave it off unless you have read that code.</summary>
    [DefaultValue(false)]
    public bool? TrustRemoteCode { get; init; }
}

/// <summary>Where downloaded weights are kept.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckpointCache>))]
public enum CheckpointCache
{
    /// <summary>Nowhere: every replica downloads them.</summary>
    None,

    /// <summary>On the nodes' own disks, where the pool's spec.weightCache says: each node downloads them once, before it has a replica where that can be.</summary>
    Node,
}

/// <summary>A repository on Hugging Face.</summary>
public sealed record HuggingFaceCheckpoint
{
    /// <summary>Owner and name, such as nvidia/Llama-3_3-Nemotron-Super-49B-v1.</summary>
    [Length(3, 200), Pattern(Patterns.HuggingFaceId)]
    public required string Id { get; init; }

    /// <summary>Branch, tag or commit. A commit makes restarts repeatable. Absent: the default branch.</summary>
    [Length(1, 100), Pattern("^[A-Za-z0-9][-A-Za-z0-9_./]*$")]
    public string? Revision { get; init; }
}

/// <summary>A checkpoint on a PersistentVolumeClaim.</summary>
public sealed record PvcCheckpoint
{
    /// <summary>The claim, in the namespace of the NemotronDeployment. More than one replica, or replicas on several nodes, need ReadOnlyMany or ReadWriteMany.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public required string ClaimName { get; init; }

    /// <summary>The checkpoint's directory below the root of the volume. Absent: the root itself.</summary>
    [Length(1, 1024), Pattern(Patterns.RelativePath)]
    public string? Path { get; init; }
}

/// <summary>A key of a Secret in the same namespace.</summary>
public sealed record SecretKeyReference
{
    /// <summary>The Secret's name.</summary>
    [Length(1, 253), Pattern(Patterns.DnsSubdomain)]
    public required string Name { get; init; }

    /// <summary>The key whose value is used.</summary>
    [Length(1, 253), Pattern("^[-._A-Za-z0-9]+$")]
    public required string Key { get; init; }
}
