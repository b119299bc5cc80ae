using System.Text.Json.Nodes;

namespace Nemotron.Lab.Schema;

/// <summary>Reads a CRD's <c>openAPIV3Schema</c>. Lenient: what is malformed is left out, <see cref="CrdValidation"/> is what refuses it.</summary>
internal static class SchemaReader
{
    /// <summary>The schema, with properties in declared order.</summary>
    public static StructuralSchema Read(JsonObject openApiV3Schema)
    {
        var json = openApiV3Schema;
        return new StructuralSchema
        {
            Type = Text(json, "type"),
            Description = Text(json, "description"),
            Properties = Properties(json),
            AdditionalProperties = AdditionalProperties(json),
            Items = Nested(json, "items"),
            Required = Texts(json, "required"),
            Enum = json["enum"] is JsonArray values ? [.. values.Select(v => v?.DeepClone())] : [],
            Default = json["default"]?.DeepClone(),
            Nullable = Flag(json, "nullable"),
            Format = Text(json, "format"),
            Pattern = Text(json, "pattern"),
            Minimum = Number(json, "minimum"),
            Maximum = Number(json, "maximum"),
            ExclusiveMinimum = Flag(json, "exclusiveMinimum"),
            ExclusiveMaximum = Flag(json, "exclusiveMaximum"),
            MultipleOf = Number(json, "multipleOf"),
            MinLength = Count(json, "minLength"),
            MaxLength = Count(json, "maxLength"),
            MinItems = Count(json, "minItems"),
            MaxItems = Count(json, "maxItems"),
            MinProperties = Count(json, "minProperties"),
            MaxProperties = Count(json, "maxProperties"),
            PreserveUnknownFields = Flag(json, "x-kubernetes-preserve-unknown-fields"),
            IntOrString = Flag(json, "x-kubernetes-int-or-string"),
            EmbeddedResource = Flag(json, "x-kubernetes-embedded-resource"),
            ListType = Text(json, "x-kubernetes-list-type") switch
            {
                "map" => ListType.Map,
                "set" => ListType.Set,
                _ => ListType.Atomic,
            },
            ListMapKeys = Texts(json, "x-kubernetes-list-map-keys"),
            AtomicMap = Text(json, "x-kubernetes-map-type") == "atomic",
            PatchMergeKey = Text(json, "x-kubernetes-patch-merge-key"),
            PatchMergePrimitive = json["x-kubernetes-patch-merge-key"] is null
                && (Text(json, "x-kubernetes-patch-strategy")?.Split(',').Contains("merge") ?? false),
            PatchRetainKeys = Text(json, "x-kubernetes-patch-strategy")?.Split(',').Contains("retainKeys") ?? false,
            AllOf = NestedList(json, "allOf"),
            AnyOf = NestedList(json, "anyOf"),
            OneOf = NestedList(json, "oneOf"),
            Not = Nested(json, "not"),
            Validations = Rules(json),
        };
    }

    private static Dictionary<string, StructuralSchema> Properties(JsonObject json)
    {
        var properties = new Dictionary<string, StructuralSchema>(StringComparer.Ordinal);
        if (json["properties"] is JsonObject declared)
            foreach (var (name, schema) in declared)
                properties[name] = schema is JsonObject o ? Read(o) : new StructuralSchema();
        return properties;
    }

    // "additionalProperties: true" admits any value; an empty schema says the same.
    private static StructuralSchema? AdditionalProperties(JsonObject json) => json["additionalProperties"] switch
    {
        JsonObject o => Read(o),
        JsonValue v when v.TryGetValue<bool>(out var any) && any => new StructuralSchema(),
        _ => null,
    };

    private static StructuralSchema? Nested(JsonObject json, string key) => json[key] is JsonObject o ? Read(o) : null;

    private static IReadOnlyList<StructuralSchema> NestedList(JsonObject json, string key) =>
        json[key] is JsonArray list ? [.. list.OfType<JsonObject>().Select(Read)] : [];

    private static IReadOnlyList<ValidationRule> Rules(JsonObject json)
    {
        if (json["x-kubernetes-validations"] is not JsonArray rules) return [];
        return [.. rules.OfType<JsonObject>().Select(r => new ValidationRule(
            Text(r, "rule") ?? "",
            Text(r, "message"),
            Text(r, "messageExpression"),
            Text(r, "reason"),
            Text(r, "fieldPath"),
            Flag(r, "optionalOldSelf")))];
    }

    private static string? Text(JsonObject json, string key) =>
        json[key] is JsonValue v && v.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private static IReadOnlyList<string> Texts(JsonObject json, string key) =>
        json[key] is JsonArray list
            ? [.. list.OfType<JsonValue>().Where(v => v.TryGetValue<string>(out _)).Select(v => v.GetValue<string>())]
            : [];

    private static bool Flag(JsonObject json, string key) =>
        json[key] is JsonValue v && v.TryGetValue<bool>(out var flag) && flag;

    private static double? Number(JsonObject json, string key) =>
        JsonNumber.TryRead(json[key], out var number) ? number.AsDouble : null;

    private static long? Count(JsonObject json, string key) =>
        JsonNumber.TryRead(json[key], out var number) && number.IsInteger ? number.Integer : null;
}
