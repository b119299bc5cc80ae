using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Kinds.Tables;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>Where the scale subresource finds its numbers, as dotted paths such as <c>.spec.replicas</c>.</summary>
internal sealed record ScalePaths(string SpecReplicas, string StatusReplicas, string? LabelSelector);

/// <summary>
/// A resource the server serves now in one version: names, schema and the rules that differ between built-in kinds and custom ones.
/// Immutable; a changed CRD yields a new one.
/// </summary>
internal sealed record ServedResource
{
    public required Gvr Gvr { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required string Singular { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public required bool Namespaced { get; init; }

    public required StructuralSchema Schema { get; init; }

    /// <summary>Where the objects are kept; versions of one kind, and the two Event APIs, share a table.</summary>
    public required ResourceTable Table { get; init; }

    /// <summary>Whether a CRD defines it: then lists, patches and refusals are worded differently.</summary>
    public bool Custom { get; init; }

    /// <summary>The built-in kind's own rules; null for custom resources.</summary>
    public BuiltinKind? Builtin { get; init; }

    /// <summary>The CEL rules of a custom resource's schema.</summary>
    public CompiledRules? Rules { get; init; }

    public bool HasStatus { get; init; }

    public ScalePaths? Scale { get; init; }

    /// <summary>Further subresources, such as <c>binding</c>.</summary>
    public IReadOnlyList<string> OtherSubresources { get; init; } = [];

    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>JSON paths usable in field selectors beside name and namespace, such as <c>spec.nodeName</c>.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];

    /// <summary>Whether a PUT may leave the resource version out.</summary>
    public bool AllowsUnconditionalUpdate => Builtin?.AllowsUnconditionalUpdate ?? false;

    /// <summary>Whether <c>metadata.generation</c> counts changes of the specification.</summary>
    public bool CountsGenerations { get; init; }

    /// <summary>The <c>openAPIV3Schema</c> as the CRD has it, for OpenAPI documents; null for built-in kinds.</summary>
    public JsonObject? SourceSchema { get; init; }

    /// <summary>The CRD's <c>subresources.scale</c>, or null.</summary>
    public JsonObject? SourceScale { get; init; }

    /// <summary>Whether a CRD on its way out serves it: then nothing may be created.</summary>
    public bool Terminating { get; init; }

    /// <summary>How a stored object is shown in this version, where that differs from how it is kept; null where it does not.</summary>
    public ObjectView? View { get; init; }

    public string ApiVersion => Gvr.Group.Length == 0 ? Gvr.Version : $"{Gvr.Group}/{Gvr.Version}";

    /// <summary><c>widgets.lab.example.com</c>, or <c>pods</c> in the core group: how messages name the resource.</summary>
    public string QualifiedPlural => Gvr.Group.Length == 0 ? Gvr.Plural : $"{Gvr.Plural}.{Gvr.Group}";

    /// <summary><c>Widget.lab.example.com</c>, or <c>Pod</c>: how messages name the kind.</summary>
    public string QualifiedKind => Gvr.Group.Length == 0 ? Kind : $"{Kind}.{Gvr.Group}";

    /// <summary>The fields that a write through this door leaves alone, and that nobody comes to own by it; null for none.</summary>
    /// <param name="subresource"><c>status</c>, or null for the object itself.</param>
    public FieldSet? ResetFields(string? subresource) =>
        Custom ? Patching.ResetFields.ForCustomResource(HasStatus, subresource) : Builtin!.ResetFields(subresource);

    /// <summary>The object as this version shows it.</summary>
    public JsonObject Show(StoredObject stored) => View is null ? stored.Tree : View.ToServed(stored.Tree);
}

/// <summary>A pure translation between the stored form of an object and another served version.</summary>
/// <param name="ToServed">From the stored form; returns a new tree.</param>
/// <param name="ToStored">To the stored form; may change its argument.</param>
internal sealed record ObjectView(Func<JsonObject, JsonObject> ToServed, Func<JsonObject, JsonObject> ToStored);
