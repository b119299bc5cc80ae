using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Patching;

/// <summary>Equality of JSON values as the API server has it: numbers by value, objects without regard to order.</summary>
internal static class JsonEquality
{
    /// <summary>Whether two values, null included, say the same.</summary>
    public static bool Same(JsonNode? left, JsonNode? right)
    {
        if (ReferenceEquals(left, right)) return true;
        return (left, right) switch
        {
            (JsonObject a, JsonObject b) => a.Count == b.Count
                && a.All(field => b.TryGetPropertyValue(field.Key, out var theirs) && Same(field.Value, theirs)),
            (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
            (JsonValue a, JsonValue b) => SameScalar(a, b),
            _ => false,
        };
    }

    private static bool SameScalar(JsonValue left, JsonValue right)
    {
        var kind = left.GetValueKind();
        if (kind != right.GetValueKind()) return false;
        if (kind == JsonValueKind.String) return left.GetValue<string>() == right.GetValue<string>();
        if (kind != JsonValueKind.Number) return true;
        var (a, b) = (left.ToJsonString(), right.ToJsonString());
        if (a == b) return true;
        return decimal.TryParse(a, NumberStyles.Float, CultureInfo.InvariantCulture, out var x)
            && decimal.TryParse(b, NumberStyles.Float, CultureInfo.InvariantCulture, out var y)
            ? x == y
            : double.Parse(a, CultureInfo.InvariantCulture) == double.Parse(b, CultureInfo.InvariantCulture);
    }

    /// <summary>Whether a value is absent, null, or an object or list without content.</summary>
    public static bool IsNullOrEmpty(JsonNode? value) => value switch
    {
        null => true,
        JsonObject fields => fields.Count == 0,
        JsonArray items => items.Count == 0,
        _ => false,
    };
}
