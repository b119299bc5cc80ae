using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>How a list is merged by server-side apply and checked for duplicates (<c>x-kubernetes-list-type</c>).</summary>
internal enum ListType
{
    /// <summary>Replaced as a whole; owned by one manager. The default.</summary>
    Atomic,

    /// <summary>Scalars without duplicates, merged item by item.</summary>
    Set,

    /// <summary>Objects keyed by <see cref="StructuralSchema.ListMapKeys"/>, merged item by item.</summary>
    Map,
}

/// <summary>One CEL rule of <c>x-kubernetes-validations</c>.</summary>
/// <param name="Rule">The CEL expression; <c>self</c> is the value the rule stands on.</param>
/// <param name="Message">What to say when it fails, or null for the server's own sentence.</param>
/// <param name="MessageExpression">A CEL expression yielding the message; wins over <paramref name="Message"/>.</param>
/// <param name="Reason"><c>FieldValueInvalid</c> (default), <c>FieldValueForbidden</c>, <c>FieldValueRequired</c> or <c>FieldValueDuplicate</c>.</param>
/// <param name="FieldPath">A JSON path relative to the rule's place, appended to the reported field.</param>
/// <param name="OptionalOldSelf">Whether a transition rule also runs on create, with <c>oldSelf</c> an optional.</param>
internal sealed record ValidationRule(
    string Rule,
    string? Message = null,
    string? MessageExpression = null,
    string? Reason = null,
    string? FieldPath = null,
    bool OptionalOldSelf = false);

/// <summary>
/// A structural schema: the shape that defaulting, pruning, validation, CEL, server-side apply and strategic merge share,
/// for custom resources (from a CRD's <c>openAPIV3Schema</c>) and for built-in kinds alike. Immutable.
/// </summary>
internal sealed record StructuralSchema
{
    /// <summary><c>object</c>, <c>array</c>, <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c>; null where any type may stand (int-or-string, unknown fields preserved).</summary>
    public string? Type { get; init; }

    /// <summary>Text for <c>kubectl explain</c>.</summary>
    public string? Description { get; init; }

    /// <summary>Known fields of an object, in declared order.</summary>
    public IReadOnlyDictionary<string, StructuralSchema> Properties { get; init; } = EmptyProperties;

    /// <summary>The value schema of a map, or null.</summary>
    public StructuralSchema? AdditionalProperties { get; init; }

    /// <summary>The item schema of an array, or null.</summary>
    public StructuralSchema? Items { get; init; }

    /// <summary>Names that must be present.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>The allowed values; empty for any.</summary>
    public IReadOnlyList<JsonNode?> Enum { get; init; } = [];

    /// <summary>The value taken when the field is absent; null for none. Never mutate: clone.</summary>
    public JsonNode? Default { get; init; }

    /// <summary>Whether an explicit JSON null may stand.</summary>
    public bool Nullable { get; init; }

    /// <summary><c>int32</c>, <c>int64</c>, <c>date-time</c>, <c>duration</c>, <c>quantity</c>, …</summary>
    public string? Format { get; init; }

    /// <summary>A regular expression a string must contain a match of.</summary>
    public string? Pattern { get; init; }

    /// <summary>Bounds; null for none.</summary>
    public double? Minimum { get; init; }

    /// <inheritdoc cref="Minimum"/>
    public double? Maximum { get; init; }

    /// <summary>Whether <see cref="Minimum"/> itself is excluded.</summary>
    public bool ExclusiveMinimum { get; init; }

    /// <summary>Whether <see cref="Maximum"/> itself is excluded.</summary>
    public bool ExclusiveMaximum { get; init; }

    /// <summary>The number a value must be a multiple of, or null.</summary>
    public double? MultipleOf { get; init; }

    /// <summary>String length in Unicode code points; null for none.</summary>
    public long? MinLength { get; init; }

    /// <inheritdoc cref="MinLength"/>
    public long? MaxLength { get; init; }

    /// <summary>Item count of an array; null for none.</summary>
    public long? MinItems { get; init; }

    /// <inheritdoc cref="MinItems"/>
    public long? MaxItems { get; init; }

    /// <summary>Entry count of a map or object; null for none.</summary>
    public long? MinProperties { get; init; }

    /// <inheritdoc cref="MinProperties"/>
    public long? MaxProperties { get; init; }

    /// <summary><c>x-kubernetes-preserve-unknown-fields</c>: unknown fields below are kept, not pruned.</summary>
    public bool PreserveUnknownFields { get; init; }

    /// <summary><c>x-kubernetes-int-or-string</c>.</summary>
    public bool IntOrString { get; init; }

    /// <summary><c>x-kubernetes-embedded-resource</c>: apiVersion, kind and metadata stand here too.</summary>
    public bool EmbeddedResource { get; init; }

    /// <summary><c>x-kubernetes-list-type</c>.</summary>
    public ListType ListType { get; init; } = ListType.Atomic;

    /// <summary><c>x-kubernetes-list-map-keys</c>, for <see cref="Schema.ListType.Map"/>.</summary>
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary><c>x-kubernetes-map-type: atomic</c>: the object or map is owned and replaced as a whole.</summary>
    public bool AtomicMap { get; init; }

    /// <summary>Strategic merge: the key by which list items are merged (<c>x-kubernetes-patch-merge-key</c>); null replaces the list. Built-in kinds only.</summary>
    public string? PatchMergeKey { get; init; }

    /// <summary>Strategic merge: whether a list of scalars is united instead of replaced (<c>x-kubernetes-patch-strategy: merge</c> without a key).</summary>
    public bool PatchMergePrimitive { get; init; }

    /// <summary>Strategic merge: <c>retainKeys</c> stands in the patch strategy (volumes, deployment strategy).</summary>
    public bool PatchRetainKeys { get; init; }

    /// <summary>Alternatives of which all, at least one, or exactly one must hold; value validations only, they declare no fields.</summary>
    public IReadOnlyList<StructuralSchema> AllOf { get; init; } = [];

    /// <inheritdoc cref="AllOf"/>
    public IReadOnlyList<StructuralSchema> AnyOf { get; init; } = [];

    /// <inheritdoc cref="AllOf"/>
    public IReadOnlyList<StructuralSchema> OneOf { get; init; } = [];

    /// <summary>A schema that must not hold, or null.</summary>
    public StructuralSchema? Not { get; init; }

    /// <summary>
    /// Built-in kinds only: the field stands in the object even when nobody set it (a Go struct that is not a pointer, or a field without
    /// <c>omitempty</c>): <c>status: {}</c>, <c>restartCount: 0</c>, <c>lastTransitionTime: null</c>.
    /// </summary>
    public bool AlwaysPresent { get; init; }

    /// <summary>
    /// Built-in kinds only: a zero (<c>0</c>, <c>false</c>, <c>""</c>, an empty list or map) counts as absent and is dropped, as for a Go field
    /// with <c>omitempty</c> that is not a pointer.
    /// </summary>
    public bool OmitsZero { get; init; }

    /// <summary>CEL rules on this value.</summary>
    public IReadOnlyList<ValidationRule> Validations { get; init; } = [];

    private static readonly IReadOnlyDictionary<string, StructuralSchema> EmptyProperties =
        new Dictionary<string, StructuralSchema>();
}
