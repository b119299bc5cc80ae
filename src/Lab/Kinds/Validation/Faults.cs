using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>Collects the faults of an object in the server's words.</summary>
internal sealed class Faults
{
    private readonly List<StatusCause> causes = [];

    /// <summary>What was found, in order.</summary>
    public IReadOnlyList<StatusCause> Found => causes;

    /// <summary>A value that may not be.</summary>
    public void Invalid(string field, JsonNode? value, string detail) => Add(field, "FieldValueInvalid", $"Invalid value: {FieldPath.Json(value)}: {detail}");

    /// <summary>A value that must be there.</summary>
    public void Required(string field, string detail = "") => Add(field, "FieldValueRequired", Worded("Required value", detail));

    /// <summary>Something that may not be done.</summary>
    public void Forbidden(string field, string detail) => Add(field, "FieldValueForbidden", Worded("Forbidden", detail));

    /// <summary>A value that stands there twice.</summary>
    public void Duplicate(string field, JsonNode? value) => Add(field, "FieldValueDuplicate", $"Duplicate value: {FieldPath.Json(value)}");

    /// <summary>A reference to nothing.</summary>
    public void NotFound(string field, JsonNode? value) => Add(field, "FieldValueNotFound", $"Not found: {FieldPath.Json(value)}");

    /// <summary>A value outside a closed set.</summary>
    public void Unsupported(string field, JsonNode? value, params ReadOnlySpan<string> supported)
    {
        var list = new List<string>();
        foreach (var one in supported) list.Add(FieldPath.Json(one));
        Add(field, "FieldValueNotSupported", $"Unsupported value: {FieldPath.Json(value)}: supported values: {string.Join(", ", list)}");
    }

    /// <summary>More bytes than may be.</summary>
    public void TooLong(string field, int maxBytes) => Add(field, "FieldValueTooLong", $"Too long: may not be more than {maxBytes} bytes");

    /// <summary>Faults that another check found.</summary>
    public void AddRange(IEnumerable<StatusCause> found) => causes.AddRange(found);

    /// <summary>Each message as an invalid value.</summary>
    public void InvalidAll(string field, JsonNode? value, IEnumerable<string> details)
    {
        foreach (var detail in details) Invalid(field, value?.DeepClone(), detail);
    }

    /// <summary>A number that may not be negative; absent is fine.</summary>
    public void NonNegative(string field, long? value)
    {
        if (value < 0) Invalid(field, value, "must be greater than or equal to 0");
    }

    /// <summary>A field that may not change.</summary>
    public void Immutable(string field, JsonNode? value, JsonNode? old)
    {
        if (!JsonEquality.Same(value, old)) Invalid(field, value?.DeepClone(), "field is immutable");
    }

    private void Add(string field, string reason, string message) => causes.Add(new StatusCause(field, reason, message));

    private static string Worded(string what, string detail) => detail.Length == 0 ? what : $"{what}: {detail}";
}
