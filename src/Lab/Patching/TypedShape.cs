using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>How ownership and merging treat a value.</summary>
internal enum Shape
{
    /// <summary>As a whole: scalars, atomic maps and lists.</summary>
    Leaf,

    /// <summary>Field by field.</summary>
    Map,

    /// <summary>Item by item, items told apart by key or value.</summary>
    List,
}

/// <summary>
/// Reads a <see cref="StructuralSchema"/> the way structured merging does. Where the schema says nothing (unknown fields preserved, an
/// object without declared fields) the shape follows from the value: maps field by field, lists as a whole.
/// </summary>
internal static class TypedShape
{
    /// <summary>The shape of a value; a null one takes the shape that the schema declares.</summary>
    public static Shape Of(StructuralSchema? schema, JsonNode? value) => value switch
    {
        JsonObject => schema is { AtomicMap: true } ? Shape.Leaf : Shape.Map,
        JsonArray => IsGranularList(schema) ? Shape.List : Shape.Leaf,
        null when schema is { Type: "object", AtomicMap: false } => Shape.Map,
        null when IsGranularList(schema) => Shape.List,
        _ => Shape.Leaf,
    };

    /// <summary>Whether items of this list are told apart, rather than the list owned as a whole.</summary>
    public static bool IsGranularList(StructuralSchema? schema) => schema is { Type: "array", ListType: not ListType.Atomic };

    /// <summary>The schema of a field or map value, or null where nothing is said of it.</summary>
    public static StructuralSchema? Field(StructuralSchema? schema, string name)
    {
        if (schema is null) return null;
        return schema.Properties.TryGetValue(name, out var field) ? field : schema.AdditionalProperties;
    }

    /// <summary>Whether the schema names this field.</summary>
    public static bool Declares(StructuralSchema? schema, string name) => schema is not null && schema.Properties.ContainsKey(name);

    /// <summary>Whether fields that the schema does not name may stand in the object.</summary>
    public static bool AllowsUndeclared(StructuralSchema? schema) =>
        schema is null || schema.PreserveUnknownFields || schema.AdditionalProperties is not null || schema.Properties.Count == 0;

    /// <summary>The items of a granular list with their path elements.</summary>
    public static IEnumerable<(string Element, JsonNode? Item)> Items(StructuralSchema schema, JsonArray? list)
    {
        if (list is null) yield break;
        for (var i = 0; i < list.Count; i++) yield return (FieldPath.Item(schema, list[i]) ?? FieldPath.Index(i), list[i]);
    }

    /// <summary>The schema behind a path element in a value of this schema.</summary>
    public static StructuralSchema? Behind(StructuralSchema? schema, string element) =>
        element[0] == 'f' ? Field(schema, element[2..]) : schema?.Items;
}
