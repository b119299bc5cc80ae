using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>What makes a schema structural: a type everywhere, and nothing but value checks inside allOf, anyOf, oneOf and not.</summary>
internal static class StructuralForm
{
    private static readonly string[] Junctors = ["allOf", "anyOf", "oneOf"];

    private static readonly string[] NotInJunctors =
    [
        "description", "type", "title", "default", "nullable", "additionalProperties", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type",
        "x-kubernetes-validations", // a real server takes them inside allOf; nothing here would run them, so they are refused aloud
    ];

    private enum Level
    {
        Root,
        Field,
        Item,
    }

    /// <summary>Adds what keeps <paramref name="schema"/> from being structural, the innermost first.</summary>
    public static void Validate(JsonObject schema, string path, List<StatusCause> causes)
    {
        Visit(schema, path, Level.Root, causes);
        if (causes.Count == 0) Complete(schema, path, causes);
    }

    private static void Visit(JsonObject schema, string path, Level level, List<StatusCause> causes)
    {
        if (CrdJson.Object(schema, "items") is { } items) Visit(items, path + ".items", Level.Item, causes);
        foreach (var (name, property) in CrdJson.Object(schema, "properties") ?? [])
            if (property is JsonObject o)
                Visit(o, FieldPath.Key(path + ".properties", name), Level.Field, causes);
        if (CrdJson.Object(schema, "additionalProperties") is { } values) Visit(values, path + ".additionalProperties", Level.Field, causes);
        Extensions(schema, path, causes);
        JunctorsOf(schema, path, causes);
        TypeOf(schema, path, level, causes);
        if (level == Level.Root || CrdJson.Flag(schema, "x-kubernetes-embedded-resource")) Meta(schema, path, causes);
        if (CrdJson.Flag(schema, "x-kubernetes-embedded-resource") && !CrdJson.Flag(schema, "x-kubernetes-preserve-unknown-fields")
            && (CrdJson.Object(schema, "properties")?.Count ?? 0) == 0)
            causes.Add(FieldError.Required(path + ".properties", "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"));
    }

    private static void TypeOf(JsonObject schema, string path, Level level, List<StatusCause> causes)
    {
        var type = CrdJson.Text(schema, "type");
        var embedded = CrdJson.Flag(schema, "x-kubernetes-embedded-resource");
        if (embedded && type != "object")
        {
            const string words = "must be object if x-kubernetes-embedded-resource is true";
            causes.Add(type.Length == 0 ? FieldError.Required(path + ".type", words) : FieldError.Invalid(path + ".type", type, words));
        }
        else if (type.Length == 0 && !CrdJson.Flag(schema, "x-kubernetes-int-or-string") && !CrdJson.Flag(schema, "x-kubernetes-preserve-unknown-fields"))
            causes.Add(FieldError.Required(path + ".type", level switch
            {
                Level.Root => "must not be empty at the root",
                Level.Item => "must not be empty for specified array items",
                _ => "must not be empty for specified object fields",
            }));
        if (embedded && schema["additionalProperties"] is not null)
            causes.Add(FieldError.Forbidden(path + ".additionalProperties", "must not be used if x-kubernetes-embedded-resource is set"));
        if (level == Level.Root && type.Length > 0 && type != "object") causes.Add(FieldError.Invalid(path + ".type", type, "must be object at the root"));
    }

    private static void Extensions(JsonObject schema, string path, List<StatusCause> causes)
    {
        if (!CrdJson.Flag(schema, "x-kubernetes-int-or-string")) return;
        const string words = "must be false if x-kubernetes-int-or-string is true";
        if (CrdJson.Text(schema, "type") is { Length: > 0 } type)
            causes.Add(FieldError.Invalid(path + ".type", type, "must be empty if x-kubernetes-int-or-string is true"));
        if (CrdJson.Flag(schema, "x-kubernetes-preserve-unknown-fields")) causes.Add(FieldError.Invalid(path + ".x-kubernetes-preserve-unknown-fields", true, words));
        if (CrdJson.Flag(schema, "x-kubernetes-embedded-resource")) causes.Add(FieldError.Invalid(path + ".x-kubernetes-embedded-resource", true, words));
    }

    private static void Meta(JsonObject schema, string path, List<StatusCause> causes)
    {
        var properties = CrdJson.Object(schema, "properties") ?? [];
        foreach (var name in (string[])["kind", "apiVersion"])
            if (CrdJson.Object(properties, name) is { } text && CrdJson.Text(text, "type") != "string")
                causes.Add(FieldError.Invalid($"{path}.properties[{name}].type", CrdJson.Text(text, "type"), "must be string"));
        if (CrdJson.Object(properties, "metadata") is not { } metadata) return;
        if (CrdJson.Text(metadata, "type") is var type && type != "object")
            causes.Add(FieldError.Invalid($"{path}.properties[metadata].type", type, "must be object"));
        if ((CrdJson.Object(metadata, "properties") ?? []).Any(p => p.Key is not ("name" or "generateName")))
            causes.Add(FieldError.Forbidden($"{path}.properties[metadata]", "must not specify anything other than name and generateName, but metadata is implicitly specified"));
    }

    private static void JunctorsOf(JsonObject schema, string path, List<StatusCause> causes)
    {
        var intOrString = CrdJson.Flag(schema, "x-kubernetes-int-or-string");
        foreach (var (part, at) in Parts(schema, path))
        {
            // "anyOf: [integer, string]" is how an int-or-string is spelt for other tools.
            if (intOrString && (at == path + ".anyOf[0]" || at == path + ".anyOf[1]" || at == path + ".allOf[0]")) continue;
            Nested(part, at, causes);
        }
    }

    private static void Nested(JsonObject schema, string path, List<StatusCause> causes)
    {
        foreach (var key in NotInJunctors)
            if (schema[key] is { } value && !(value is JsonValue v && v.TryGetValue<bool>(out var flag) && !flag))
                causes.Add(FieldError.Forbidden($"{path}.{key}", "must be empty to be structural"));
        foreach (var (part, at) in Parts(schema, path)) Nested(part, at, causes);
        if (CrdJson.Object(schema, "items") is { } items) Nested(items, path + ".items", causes);
        foreach (var (name, property) in CrdJson.Object(schema, "properties") ?? [])
            if (property is JsonObject o)
                Nested(o, FieldPath.Key(path + ".properties", name), causes);
    }

    // Fields that only a junctor names would be pruned: each must be declared outside as well.
    private static void Complete(JsonObject schema, string path, List<StatusCause> causes)
    {
        foreach (var (part, at) in Parts(schema, path)) Declared(part, at, schema, path, causes);
        if (CrdJson.Object(schema, "items") is { } items) Complete(items, path + ".items", causes);
        if (CrdJson.Object(schema, "additionalProperties") is { } values) Complete(values, path + ".additionalProperties", causes);
        foreach (var (name, property) in CrdJson.Object(schema, "properties") ?? [])
            if (property is JsonObject o)
                Complete(o, FieldPath.Key(path + ".properties", name), causes);
    }

    private static void Declared(JsonObject part, string partPath, JsonObject? schema, string path, List<StatusCause> causes)
    {
        if (schema is null)
        {
            causes.Add(FieldError.Required(path, $"because it is defined in {partPath}"));
            return;
        }
        foreach (var (nested, at) in Parts(part, partPath)) Declared(nested, at, schema, path, causes);
        if (CrdJson.Object(part, "items") is { } items) Declared(items, partPath + ".items", CrdJson.Object(schema, "items"), path + ".items", causes);
        foreach (var (name, property) in CrdJson.Object(part, "properties") ?? [])
            if (property is JsonObject o)
                Declared(o, FieldPath.Key(partPath + ".properties", name), CrdJson.Object(CrdJson.Object(schema, "properties"), name), FieldPath.Key(path + ".properties", name), causes);
    }

    private static IEnumerable<(JsonObject Part, string Path)> Parts(JsonObject schema, string path)
    {
        foreach (var junctor in Junctors)
        {
            var list = CrdJson.List(schema, junctor);
            for (var i = 0; i < list.Count; i++)
                if (list[i] is JsonObject part)
                    yield return (part, FieldPath.Index($"{path}.{junctor}", i));
        }
        if (CrdJson.Object(schema, "not") is { } not) yield return (not, path + ".not");
    }
}
