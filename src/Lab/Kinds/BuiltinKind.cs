using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds.Tables;
using Nemotron.Lab.Kinds.Validation;
using Nemotron.Lab.Kinds.Writing;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Kinds;

/// <summary>
/// A kind that the Lab serves without a CRD. A write goes through it in the server's order: <see cref="CheckTypes"/> and <see cref="Default"/>
/// (a patch: apply it, then <see cref="Default"/>); <see cref="ManagedFields.RecordUpdate"/> (not after an apply); <see cref="PrepareCreate"/> or
/// <see cref="PrepareUpdate"/>; <see cref="Validate"/>; and, for updates, <see cref="ManagedFields.KeepIfOnlyTimesDiffer"/>.
/// </summary>
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

    /// <summary><c>status</c>, <c>scale</c>, <c>binding</c>, <c>eviction</c>, <c>log</c>: what can be addressed below an object.</summary>
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

    /// <summary>How objects may be called, for <see cref="MetadataValidation"/>.</summary>
    public NameRule Names => Rules.Names;

    /// <summary>The columns of Table output.</summary>
    public IReadOnlyList<TableColumn> Columns => Rules.Columns;

    /// <summary>What is special about the kind.</summary>
    public required KindRules Rules { get; init; }

    /// <summary>The group that refusals name. Events of either form are core events once read.</summary>
    public string RefusalGroup => Storage.Group;

    /// <summary>Checks that every value has the JSON type of its field.</summary>
    /// <exception cref="ApiException">400 for the first that has not.</exception>
    public void CheckTypes(JsonObject obj) => WireTypes.Check(obj, this);

    /// <summary>An object as the server holds it after reading, without defaults: see <see cref="WireForm"/>.</summary>
    public JsonObject Read(JsonObject obj) => WireForm.Of(obj, Schema);

    /// <summary>An object as the server holds it after reading: a copy in wire form, defaults filled in.</summary>
    public JsonObject Default(JsonObject obj)
    {
        var read = Read(obj);
        read["apiVersion"] = ApiVersion;
        read["kind"] = Kind;
        Rules.Default?.Invoke(read);
        // Defaults make objects whose own always present fields are still missing.
        WireForm.Complete(read, Schema);
        return read;
    }

    /// <summary>
    /// Sets, in place, what admission and the kind's strategy decide about a new object: first status, first generation, addresses,
    /// tolerations, priority. Nobody owns these fields. <c>metadata.uid</c> must be set before.
    /// </summary>
    /// <exception cref="ApiException">403 for a pod with an unknown priority class.</exception>
    public void PrepareCreate(JsonObject obj, WriteSurroundings around)
    {
        if (HasStatus && Kind != "Node" && Schema.Properties.TryGetValue("status", out var status)) obj["status"] = Patching.ZeroObject.ValueOf(status);
        Rules.Create?.Invoke(obj, around);
        if (HasGeneration) obj.Ensure("metadata")["generation"] = JsonAccess.Number(1);
        else obj.ObjectAt("metadata")?.Remove("generation");
    }

    /// <summary>
    /// Puts back, in place, what an update cannot change - the status, or all but the status when written through <c>status</c> - and counts the
    /// generation. Server-owned metadata (uid, creationTimestamp, …) is the caller's.
    /// </summary>
    /// <param name="obj">The object to be, its managed fields recorded.</param>
    /// <param name="old">The stored object.</param>
    /// <param name="subresource"><c>status</c>, or null.</param>
    /// <param name="around">Addresses for a Service that needs new ones.</param>
    public void PrepareUpdate(JsonObject obj, JsonObject old, string? subresource, WriteSurroundings around)
    {
        UpdateRules.Restore(this, obj, old, subresource);
        if (subresource is null) Rules.Update?.Invoke(obj, old, around);
        var metadata = obj.Ensure("metadata");
        metadata.CopyFrom("generation", old.ObjectAt("metadata"));
        if (UpdateRules.IsNewGeneration(this, obj, old)) metadata["generation"] = JsonAccess.Number((old.NumberAt("metadata", "generation") ?? 0) + 1);
    }

    /// <summary>The faults of an object, metadata first, in the server's words; none when it may be stored.</summary>
    /// <param name="obj">The object, prepared.</param>
    /// <param name="old">The stored object, or null on create.</param>
    /// <param name="subresource"><c>status</c>, whose writes are held only to the rules of metadata, or null.</param>
    public IReadOnlyList<StatusCause> Validate(JsonObject obj, JsonObject? old, string? subresource = null)
    {
        var faults = new Faults();
        if (old is not null) faults.AddRange(MetadataValidation.ValidateUpdate(obj, old));
        faults.AddRange(MetadataValidation.Validate(obj, Namespaced, Names, isBuiltin: true));
        if (subresource is null) Rules.Validate?.Invoke(obj, old, faults);
        return faults.Found;
    }

    /// <summary>The 422 for an object with faults.</summary>
    public ApiException Refusal(string name, IReadOnlyList<StatusCause> faults) => InvalidObject.Refusal(RefusalGroup, Kind, name, faults);
}
