using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>Rules of form for every node of a schema: what CRDs may not use, and what must go together.</summary>
internal static class SchemaForm
{
    private static readonly string[] Types = ["array", "boolean", "integer", "number", "object", "string"];
    private static readonly string[] Unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];

    /// <summary>Adds what is wrong with <paramref name="schema"/> and everything below it.</summary>
    public static void Validate(JsonObject schema, string path, List<StatusCause> causes)
    {
        Own(schema, path, causes);
        ListForm.Validate(schema, path, causes);
        RuleForm.Validate(schema, path, causes);
        if (CrdJson.Object(schema, "additionalProperties") is { } values) Validate(values, path + ".additionalProperties", causes);
        foreach (var (name, property) in CrdJson.Object(schema, "properties") ?? [])
            if (property is JsonObject o)
                Validate(o, FieldPath.Key(path + ".properties", name), causes);
        if (CrdJson.Object(schema, "not") is { } not) Validate(not, path + ".not", causes);
        foreach (var junctor in (string[])["allOf", "oneOf", "anyOf"])
        {
            var list = CrdJson.List(schema, junctor);
            for (var i = 0; i < list.Count; i++)
                if (list[i] is JsonObject part)
                    Validate(part, FieldPath.Index($"{path}.{junctor}", i), causes);
        }
        if (CrdJson.Object(schema, "items") is { } items) Validate(items, path + ".items", causes);
    }

    private static void Own(JsonObject schema, string path, List<StatusCause> causes)
    {
        foreach (var key in Unsupported)
            if (schema[key] is not null)
                causes.Add(FieldError.Forbidden($"{path}.{key}", $"{key} is not supported"));
        var type = CrdJson.Text(schema, "type");
        if (type == "null") causes.Add(FieldError.Forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative"));
        else if (type.Length > 0 && !Types.Contains(type)) causes.Add(FieldError.NotSupported(path + ".type", type, Types));
        if (schema["items"] is JsonArray) causes.Add(FieldError.Forbidden(path + ".items", "items must be a schema object and not an array"));
        if (CrdJson.Flag(schema, "uniqueItems"))
            causes.Add(FieldError.Forbidden(path + ".uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        var values = schema["additionalProperties"];
        var any = values is JsonValue v && v.TryGetValue<bool>(out var allows) ? allows : (bool?)null;
        if (any == false) causes.Add(FieldError.Forbidden(path + ".additionalProperties", "additionalProperties cannot be set to false"));
        if ((CrdJson.Object(schema, "properties")?.Count ?? 0) > 0 && values is not null && any != true)
            causes.Add(FieldError.Forbidden(path + ".additionalProperties", "additionalProperties and properties are mutual exclusive"));
        if (CrdJson.Text(schema, "pattern") is { Length: > 0 } pattern && !Re2Pattern.TryCompile(pattern, out _))
            causes.Add(FieldError.Invalid(path + ".pattern", pattern, $"must be a valid regular expression, but isn't: error parsing regexp: invalid pattern: `{pattern}`"));
        if (schema["x-kubernetes-preserve-unknown-fields"] is JsonValue keep && keep.GetValueKind() == JsonValueKind.False)
            causes.Add(FieldError.Invalid(path + ".x-kubernetes-preserve-unknown-fields", false, "must be true or undefined"));
    }
}
