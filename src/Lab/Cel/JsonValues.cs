using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Cel;

/// <summary>Turns JSON into CEL values as its schema says.</summary>
internal static class JsonValues
{
    /// <summary>The value, or a <see cref="CelError"/> when it does not fit the schema.</summary>
    public static object FromJson(JsonNode? json, StructuralSchema schema)
    {
        if (json is null) return schema.Nullable ? CelNull.Instance : new CelError("invalid data, got null for schema with nullable=false");
        if (schema.IntOrString || schema.Type is null) return Untyped(json);
        return (schema.Type, json) switch
        {
            ("object", JsonObject o) => Object(o, schema),
            ("array", JsonArray list) => List(list, schema),
            ("boolean", JsonValue v) when v.TryGetValue<bool>(out var flag) => flag,
            ("string", JsonValue v) when v.TryGetValue<string>(out var text) => Text(text, schema.Format),
            ("integer", JsonValue) when JsonNumber.TryRead(json, out var n) && n.IsWhole => n.IsInteger ? n.Integer : (long)n.Real,
            ("number", JsonValue) when JsonNumber.TryRead(json, out var n) => n.AsDouble,
            _ => new CelError($"invalid data, expected a value of type {schema.Type}"),
        };
    }

    /// <summary>The value of JSON without a schema.</summary>
    public static object Untyped(JsonNode? json) => json switch
    {
        null => CelNull.Instance,
        JsonObject o => new CelMap(o.Select(p => KeyValuePair.Create((object)p.Key, Untyped(p.Value)))),
        JsonArray list => new CelList([.. list.Select(Untyped)]),
        _ => json.GetValueKind() switch
        {
            JsonValueKind.String => json.GetValue<string>(),
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => JsonNumber.TryRead(json, out var n) && n.IsInteger ? n.Integer : n.Real,
        },
    };

    private static object Object(JsonObject o, StructuralSchema schema)
    {
        if (schema.AdditionalProperties is { } values)
            return new CelMap(o.Select(p => KeyValuePair.Create((object)p.Key, FromJson(p.Value, values))));
        if (schema.EmbeddedResource) return new CelObject(o, SchemaTypes.WithTypeAndName(schema));
        return schema is { Properties.Count: 0, PreserveUnknownFields: true } ? Untyped(o) : new CelObject(o, schema);
    }

    private static object List(JsonArray list, StructuralSchema schema)
    {
        if (schema.Items is not { } items) return Untyped(list);
        return new CelList([.. list.Select(item => FromJson(item, items))], schema.ListType switch
        {
            ListType.Set => CelListKind.Set,
            ListType.Map => CelListKind.Keyed,
            _ => CelListKind.Plain,
        }, schema.ListMapKeys);
    }

    private static object Text(string text, string? format)
    {
        switch (format)
        {
            case "byte":
                var buffer = new byte[text.Length];
                return Convert.TryFromBase64String(text, buffer, out var written) ? buffer[..written] : new CelError("Invalid base64");
            case "duration":
                return CelDuration.TryParseLoose(text, out var duration) ? duration : new CelError($"Invalid duration {text}");
            case "date-time":
                return CelTimestamp.TryParse(text, out var instant) ? instant : new CelError($"Invalid date-time formatted string {text}");
            case "date":
                return CelTimestamp.TryParse(text + "T00:00:00Z", out var day) ? day : new CelError($"Invalid date formatted string {text}");
            default:
                return text;
        }
    }
}
