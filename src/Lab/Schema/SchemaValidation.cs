using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>
/// Checks an object against its schema, with the server's words. Causes come in schema order
/// (the server walks a hash map and so has no order of its own among the fields of one object).
/// </summary>
internal static class SchemaValidation
{
    /// <summary>Faults of type, value and list uniqueness; empty when the object is valid.</summary>
    /// <param name="obj">The object, defaulted and pruned.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="old">
    /// The object before an update, or null: what was wrong before and has not been touched is let pass, as the server does (ratcheting).
    /// </param>
    public static IReadOnlyList<StatusCause> Validate(JsonObject obj, StructuralSchema schema, JsonObject? old = null) =>
        [.. Values(obj, schema, old), .. Lists(obj, schema, old)];

    /// <summary>Faults of type and value only.</summary>
    /// <inheritdoc cref="Validate"/>
    public static IReadOnlyList<StatusCause> Values(JsonNode? obj, StructuralSchema schema, JsonNode? old = null)
    {
        var causes = new List<StatusCause>();
        Visit(obj, schema, "", old, causes);
        return causes;
    }

    /// <summary>Duplicates in lists only; not asked of an object that had some before.</summary>
    /// <inheritdoc cref="Validate"/>
    public static IReadOnlyList<StatusCause> Lists(JsonObject obj, StructuralSchema schema, JsonObject? old = null) =>
        old is not null && ListTypeValidation.Validate(old, schema).Count > 0 ? [] : ListTypeValidation.Validate(obj, schema);

    private static void Visit(JsonNode? value, StructuralSchema schema, string path, JsonNode? old, List<StatusCause> causes)
    {
        var before = causes.Count;
        CheckType(value, schema, path, causes);
        if (value is null)
        {
            CheckEnum(value, schema, path, causes);
            return;
        }
        Alternatives(value, schema, path, causes);
        if (value is JsonValue scalar) ScalarValidation.Validate(scalar, schema, path, causes);
        if (value is JsonArray list) VisitList(list, schema, path, old, causes);
        CheckEnum(value, schema, path, causes);
        if (value is JsonObject o) VisitObject(o, schema, path, old, causes);
        // An unchanged value keeps the faults it came with.
        if (causes.Count > before && old is not null && Correlation.Same(value, old)) causes.RemoveRange(before, causes.Count - before);
    }

    private static void VisitObject(JsonObject value, StructuralSchema schema, string path, JsonNode? old, List<StatusCause> causes)
    {
        if (schema.MinProperties is { } min && value.Count < min)
        {
            causes.Add(FieldError.Invalid(path, value.Count, $"{path} in body should have at least {min} properties"));
            return;
        }
        if (schema.MaxProperties is { } max && value.Count > max)
        {
            causes.Add(FieldError.TooMany(path, value.Count, max));
            return;
        }
        if (schema.AdditionalProperties is { } values)
            foreach (var (name, item) in value)
                if (!schema.Properties.ContainsKey(name))
                    Visit(item, values, FieldPath.Child(path, name), Correlation.OldField(name, old), causes);
        foreach (var (name, property) in schema.Properties)
            if (value.TryGetPropertyValue(name, out var item))
                Visit(item, property, FieldPath.Child(path, name), Correlation.OldField(name, old), causes);
        foreach (var name in schema.Required)
            if (!value.ContainsKey(name))
                causes.Add(FieldError.Required(FieldPath.Child(path, name)));
    }

    private static void VisitList(JsonArray list, StructuralSchema schema, string path, JsonNode? old, List<StatusCause> causes)
    {
        if (schema.Items is { } items)
            for (var i = 0; i < list.Count; i++)
                Visit(list[i], items, FieldPath.Index(path, i), Correlation.OldItem(list[i], old, schema), causes);
        if (schema.MinItems is { } min && list.Count < min)
            causes.Add(FieldError.Invalid(path, list.Count, $"{path} in body should have at least {min} items"));
        if (schema.MaxItems is { } max && list.Count > max) causes.Add(FieldError.TooMany(path, list.Count, max));
    }

    private static void CheckType(JsonNode? value, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        var allowed = schema.IntOrString ? "integer,string" : schema.Type;
        if (allowed is null) return;
        if (value is null)
        {
            if (!schema.Nullable) causes.Add(Mistyped(allowed, "null"));
            return;
        }
        var (actual, actualFormat) = TypeOf(value);
        var numeric = schema.Type is "integer" or "number";
        var fits = allowed.Split(',').Contains(actual)
            || (actual == "number" && schema.Type == "integer" && JsonNumber.TryRead(value, out var number) && number.IsWhole)
            || (actual == "integer" && schema.Type == "number");
        if (fits) return;
        var format = StringFormats.Effective(schema.Format);
        if (format is not null && actual is not ("string" or "array"))
            causes.Add(Mistyped(format, actualFormat));
        else if (format is null || numeric)
            causes.Add(Mistyped(allowed, actual));

        StatusCause Mistyped(string expected, string found) =>
            FieldError.TypeInvalid(path, found, $"{path} in body must be of type {expected}: {GoText.Quote(found)}");
    }

    // The second part is what the server shows in place of the value when the schema names a format.
    private static (string Type, string Format) TypeOf(JsonNode value) => value switch
    {
        JsonObject => ("object", ""),
        JsonArray => ("array", ""),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => ("string", ""),
            JsonValueKind.True or JsonValueKind.False => ("boolean", ""),
            _ => JsonNumber.TryRead(value, out var number) && number.IsInteger ? ("integer", "int64") : ("number", "float64"),
        },
    };

    private static void CheckEnum(JsonNode? value, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (schema.Enum.Count == 0 || (value is not null && schema.Enum.Any(allowed => Correlation.Same(allowed, value)))) return;
        if (value is null && schema.Nullable && schema.Enum.Any(allowed => allowed is null)) return;
        causes.Add(FieldError.NotSupported(path, value, schema.Enum.Select(allowed =>
            allowed?.GetValueKind() == JsonValueKind.String ? allowed.GetValue<string>() : GoText.Json(allowed))));
    }

    private static void Alternatives(JsonNode value, StructuralSchema schema, string path, List<StatusCause> causes)
    {
        if (schema.AnyOf.Count > 0)
        {
            var tries = schema.AnyOf.Select(s => Attempt(value, s, path)).ToList();
            if (tries.All(t => t.Count > 0)) Fail("must validate at least one schema (anyOf)", Best(tries));
        }
        if (schema.OneOf.Count > 0)
        {
            var tries = schema.OneOf.Select(s => Attempt(value, s, path)).ToList();
            var valid = tries.Count(t => t.Count == 0);
            if (valid == 0) Fail("must validate one and only one schema (oneOf). Found none valid", Best(tries));
            else if (valid > 1) Fail($"must validate one and only one schema (oneOf). Found {valid} valid alternatives", []);
        }
        if (schema.AllOf.Count > 0)
        {
            var tries = schema.AllOf.Select(s => Attempt(value, s, path)).ToList();
            causes.AddRange(tries.SelectMany(t => t));
            var valid = tries.Count(t => t.Count == 0);
            if (valid == 0) Fail("must validate all the schemas (allOf). None validated", []);
            else if (valid < tries.Count) Fail("must validate all the schemas (allOf)", []);
        }
        if (schema.Not is { } not && Attempt(value, not, path).Count == 0) Fail("must not validate the schema (not)", []);

        void Fail(string sentence, List<StatusCause> details)
        {
            causes.Add(FieldError.InvalidPrinted(null, "\"\"", $"{GoText.Quote(path)} {sentence}"));
            causes.AddRange(details);
        }
    }

    private static List<StatusCause> Attempt(JsonNode value, StructuralSchema schema, string path)
    {
        var causes = new List<StatusCause>();
        Visit(value, schema, path, null, causes);
        return causes;
    }

    private static List<StatusCause> Best(List<List<StatusCause>> tries) => tries.MinBy(t => t.Count)!;
}
