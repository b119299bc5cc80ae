using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>The replica counts that a scale subresource reads must be 32-bit and not negative.</summary>
internal static class ScaleValidation
{
    /// <summary>Faults of the values at the scale paths.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="scale">The CRD's <c>subresources.scale</c>, or null.</param>
    public static IReadOnlyList<StatusCause> Validate(JsonObject obj, JsonObject? scale)
    {
        var causes = new List<StatusCause>();
        Replicas(obj, (string?)scale?["specReplicasPath"], causes);
        Replicas(obj, (string?)scale?["statusReplicasPath"], causes);
        var selectorPath = (string?)scale?["labelSelectorPath"];
        if (selectorPath is not null && At(obj, selectorPath) is { } selector && !(selector is JsonValue v && v.TryGetValue<string>(out _)))
            causes.Add(FieldError.Invalid(selectorPath, "", Mistyped(selectorPath, selector, "string")));
        return causes;
    }

    private static void Replicas(JsonObject obj, string? path, List<StatusCause> causes)
    {
        if (path is null || At(obj, path) is not { } value) return;
        // The server keeps the leading dot of the path here, and nowhere else.
        if (!JsonNumber.TryRead(value, out var number) || !number.IsInteger)
            causes.Add(FieldError.Invalid(path, 0, Mistyped(path, value, "int64")));
        else if (number.Integer < 0) causes.Add(FieldError.Invalid(path, value, "should be a non-negative integer"));
        else if (number.Integer > int.MaxValue) causes.Add(FieldError.Invalid(path, value, $"should be less than or equal to {int.MaxValue}"));
    }

    private static JsonNode? At(JsonObject obj, string path)
    {
        JsonNode? at = obj;
        foreach (var part in path.TrimStart('.').Split('.')) at = at is JsonObject o ? o[part] : null;
        return at;
    }

    private static string Mistyped(string path, JsonNode value, string expected)
    {
        var (printed, type) = value switch
        {
            JsonObject => ("map[]", "map[string]interface {}"),
            JsonArray => ("[]", "[]interface {}"),
            _ when JsonNumber.TryRead(value, out var n) => (GoText.Number(n), n.IsInteger ? "int64" : "float64"),
            _ when value.GetValueKind() == System.Text.Json.JsonValueKind.String => (value.GetValue<string>(), "string"),
            _ => (value.ToJsonString(), "bool"),
        };
        return $"{path} accessor error: {printed} is of the type {type}, expected {expected}";
    }
}
