using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Kinds;

/// <summary>A kind that the Lab serves without a CRD.</summary>
internal sealed record BuiltinKind
{
    /// <summary>Group, version and plural name.</summary>
    public required Gvr Gvr { get; init; }

    /// <summary>The kind, such as <c>Pod</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The singular name, such as <c>pod</c>.</summary>
    public required string Singular { get; init; }

    /// <summary>Abbreviations that kubectl understands.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>Groups of resources, such as <c>all</c>.</summary>
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Whether objects live in a namespace.</summary>
    public required bool Namespaced { get; init; }

    /// <summary>KubernetesClient's type for the kind.</summary>
    public required Type Model { get; init; }

    /// <summary>The resource in whose storage the objects lie; another one than <see cref="Gvr"/> where two resources show the same objects.</summary>
    public Gvr Storage { get; init; }

    /// <summary><c>status</c>, <c>scale</c>, <c>binding</c>, <c>eviction</c>: what can be addressed below an object.</summary>
    public IReadOnlyList<string> Subresources { get; init; } = [];

    /// <summary>What may be done with the resource.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>Whether <c>metadata.generation</c> is kept: 1 on create, one more whenever what is wanted changes.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>Whether a PUT without <c>resourceVersion</c> is taken as "whatever is there" instead of refused.</summary>
    public bool AllowsUnconditionalUpdate { get; init; } = true;

    /// <summary>The <c>apiVersion</c> of objects, such as <c>apps/v1</c>.</summary>
    public string ApiVersion => Gvr.Group.Length == 0 ? Gvr.Version : $"{Gvr.Group}/{Gvr.Version}";

    /// <summary>The shape, metadata included.</summary>
    public StructuralSchema Schema => ModelSchemas.Of(Model);

    /// <summary>Whether there is a status subresource, so that writes to the object leave the status alone.</summary>
    public bool HasStatus => Subresources.Contains("status");

    /// <summary>The fields that a write through this door cannot change, for <see cref="ManagedFields.RecordUpdate"/> and <see cref="ServerSideApply.Apply"/>; null for none.</summary>
    /// <param name="subresource"><c>status</c>, or null for the object itself.</param>
    public FieldSet? ResetFields(string? subresource)
    {
        if (!HasStatus) return null;
        if (subresource != "status") return Patching.ResetFields.Status;
        return Kind switch
        {
            "Pod" => FieldSet.OfFields("spec", "metadata.deletionTimestamp", "metadata.ownerReferences"),
            "Deployment" or "DaemonSet" => FieldSet.OfFields("spec", "metadata.labels"),
            "CustomResourceDefinition" => FieldSet.OfFields("metadata", "spec"),
            _ => FieldSet.OfFields("spec"),
        };
    }

    /// <summary>An object as the server holds it after reading: see <see cref="WireForm"/>.</summary>
    public JsonObject Read(JsonObject obj) => WireForm.Of(obj, Schema);
}
