using System.Runtime.CompilerServices;
using System.Text.Json;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Cel;

/// <summary>The CEL type of a schema, with the bounds that the server derives from it and from the size limit of a request.</summary>
internal static class SchemaTypes
{
    /// <summary>The most bytes of JSON a request can carry, as the server's cost estimate has it.</summary>
    public const long MaxRequestBytes = 3 * 1024 * 1024;

    private const long NoStringLimit = MaxRequestBytes - 2; // the quotes
    private const long MaxDurationBytes = 32;
    private const long DateBytes = 12;
    private const long MinDateTimeBytes = 22;
    private const long MaxDateTimeBytes = 27;

    private static readonly ConditionalWeakTable<StructuralSchema, StructuralSchema> AsResource = [];

    /// <summary>The type, or null when expressions cannot touch such values.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="resourceRoot">Whether it is a whole resource, whose type, name and generateName are known without being declared.</param>
    public static CelType? From(StructuralSchema schema, bool resourceRoot)
    {
        if (schema.IntOrString) return CelType.Dyn.Bounded(NoStringLimit, 1);
        if (resourceRoot) schema = WithTypeAndName(schema);
        return schema.Type switch
        {
            "array" => Array(schema),
            "object" => schema.AdditionalProperties is { } values && !IsAnything(values) ? Map(schema, values) : Object(schema),
            "string" => Text(schema),
            "boolean" => CelType.Bool,
            "number" => CelType.Double,
            "integer" => CelType.Int,
            _ => null,
        };
    }

    /// <summary>The schema with the fields that every resource has.</summary>
    public static StructuralSchema WithTypeAndName(StructuralSchema schema) => AsResource.GetValue(schema, AddTypeAndName);

    private static StructuralSchema AddTypeAndName(StructuralSchema schema)
    {
        var text = new StructuralSchema { Type = "string" };
        var properties = new Dictionary<string, StructuralSchema>(schema.Properties, StringComparer.Ordinal)
        {
            ["apiVersion"] = text,
            ["kind"] = text,
            ["metadata"] = new()
            {
                Type = "object",
                Properties = new Dictionary<string, StructuralSchema>(StringComparer.Ordinal) { ["name"] = text, ["generateName"] = text },
            },
        };
        return schema with { Type = "object", Properties = properties };
    }

    // "additionalProperties: true": a rule may ask whether such a map is there, not what is in it.
    private static bool IsAnything(StructuralSchema values) => values is { Type: null, IntOrString: false, PreserveUnknownFields: false };

    private static CelType? Array(StructuralSchema schema)
    {
        if (schema.Items is not { } items || From(items, items.EmbeddedResource) is not { } item) return null;
        var most = schema.MaxItems is { } max ? Math.Max(0, max) : (MaxRequestBytes - 2) / (item.MinSerializedBytes + 1);
        return CelType.List(item).Bounded(most);
    }

    private static CelType? Map(StructuralSchema schema, StructuralSchema values)
    {
        if (From(values, values.EmbeddedResource) is not { } value) return null;
        // An entry takes at least its value, two quotes, one letter, colon and comma.
        var most = schema.MaxProperties is { } max ? Math.Max(0, max) : (MaxRequestBytes - 2) / (value.MinSerializedBytes + 6);
        return CelType.Map(CelType.String.Bounded(NoStringLimit), value).Bounded(most);
    }

    private static CelType Object(StructuralSchema schema)
    {
        var fields = new Dictionary<string, CelType>(StringComparer.Ordinal);
        var bytes = 2L;
        foreach (var (name, property) in schema.Properties)
        {
            if (From(property, property.EmbeddedResource) is not { } type) continue;
            if (PropertyNames.Escape(name) is { } escaped) fields[escaped] = type;
            // A default is filled in by the server, so it need not be sent.
            if (schema.Required.Contains(name) && property.Default is null) bytes += name.Length + type.MinSerializedBytes + 4;
        }
        return CelType.Object("object", fields, bytes);
    }

    private static CelType Text(StructuralSchema schema) => schema.Format switch
    {
        "byte" => CelType.Bytes.Bounded(schema.MaxLength is { } max ? Math.Max(0, max) : NoStringLimit, 2),
        "duration" => CelType.Duration.Bounded(MaxDurationBytes, 4),
        "date" => CelType.Timestamp.Bounded(DateBytes, DateBytes),
        "date-time" => CelType.Timestamp.Bounded(MaxDateTimeBytes, MinDateTimeBytes),
        _ => CelType.String.Bounded(MostBytes(schema), 2),
    };

    private static long MostBytes(StructuralSchema schema)
    {
        // A code point takes up to four bytes.
        if (schema.MaxLength is { } max) return Math.Min(Math.Max(0, max), long.MaxValue / 4) * 4;
        if (schema.Enum.Count == 0) return NoStringLimit;
        return schema.Enum.Where(v => v?.GetValueKind() == JsonValueKind.String).Select(v => (long)System.Text.Encoding.UTF8.GetByteCount(v!.GetValue<string>())).DefaultIfEmpty(0).Max();
    }
}
