using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Cel;

/// <summary>A JSON object with declared fields, its values turned into CEL values when they are asked for.</summary>
internal sealed class CelObject
{
    private readonly Dictionary<string, object?> _converted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Name, StructuralSchema Schema)> _fields;

    // Escaped names are the same for every object of a schema.
    private static readonly ConditionalWeakTable<StructuralSchema, Dictionary<string, (string Name, StructuralSchema Schema)>> FieldsOf = [];

    /// <summary>An object over <paramref name="json"/>.</summary>
    public CelObject(JsonObject json, StructuralSchema schema)
    {
        Json = json;
        _fields = FieldsOf.GetValue(schema, Fields);
    }

    /// <summary>What it was made from.</summary>
    public JsonObject Json { get; }

    /// <summary>The value of a field by its escaped name; null when it is absent or not declared.</summary>
    public object? Get(string escapedName)
    {
        if (_converted.TryGetValue(escapedName, out var value)) return value;
        value = _fields.TryGetValue(escapedName, out var field) && Json.TryGetPropertyValue(field.Name, out var json)
            ? JsonValues.FromJson(json, field.Schema)
            : null;
        _converted[escapedName] = value;
        return value;
    }

    private static Dictionary<string, (string Name, StructuralSchema Schema)> Fields(StructuralSchema schema)
    {
        var fields = new Dictionary<string, (string Name, StructuralSchema Schema)>(StringComparer.Ordinal);
        foreach (var (name, property) in schema.Properties)
            if (PropertyNames.Escape(name) is { } escaped)
                fields[escaped] = (name, property);
        return fields;
    }
}
