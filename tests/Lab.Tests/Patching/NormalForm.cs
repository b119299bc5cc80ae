using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>JSON for comparison with a recording: fields in order, what differs by nature replaced.</summary>
internal static partial class NormalForm
{
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex Time();

    public static string Of(JsonNode node) => Sorted(node).ToJsonString(new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static JsonNode Sorted(JsonNode node)
    {
        switch (node)
        {
            case JsonObject fields:
                var sorted = new JsonObject();
                foreach (var (name, value) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    if (value is null) sorted[name] = null;
                    else if (name is "uid" or "resourceVersion" or "creationTimestamp" && value is JsonValue) sorted[name] = $"<{name}>";
                    else sorted[name] = Sorted(value);
                }
                return sorted;
            case JsonArray items:
                return new JsonArray([.. items.Select(item => item is null ? null : Sorted(item))]);
            case JsonValue value when value.TryGetValue<string>(out var text) && Time().IsMatch(text):
                return "<time>";
            default:
                return node.DeepClone();
        }
    }
}
