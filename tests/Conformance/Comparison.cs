using System.Text.Json.Nodes;

namespace Nemotron.Conformance;

/// <summary>Where two normalised answers differ. The order of object fields does not count; that of lists does.</summary>
internal static class Comparison
{
    /// <summary>The differences, each as a path with both values; empty when alike.</summary>
    public static IReadOnlyList<string> Of(JsonNode? expected, JsonNode? actual)
    {
        var differences = new List<string>();
        Compare(expected, actual, "", differences);
        return differences;
    }

    private static void Compare(JsonNode? expected, JsonNode? actual, string path, List<string> differences)
    {
        if (expected is JsonObject a && actual is JsonObject b)
        {
            if ((string?)(a["kind"] as JsonValue) == "Status" && a["message"] is not null && SameCauses(a, b)) return;
            foreach (string key in a.Select(f => f.Key).Union(b.Select(f => f.Key)))
            {
                if (!b.ContainsKey(key)) differences.Add($"{path}.{key}: missing {Show(a[key])}");
                else if (!a.ContainsKey(key)) differences.Add($"{path}.{key}: unexpected {Show(b[key])}");
                else Compare(a[key], b[key], $"{path}.{key}", differences);
            }
        }
        else if (expected is JsonArray left && actual is JsonArray right)
        {
            if (left.Count != right.Count) differences.Add($"{path}: {left.Count} items expected, {right.Count} found: {Show(right)} instead of {Show(left)}");
            for (int i = 0; i < Math.Min(left.Count, right.Count); i++) Compare(left[i], right[i], $"{path}[{i}]", differences);
        }
        else if (!JsonNode.DeepEquals(expected, actual))
        {
            differences.Add($"{path}: {Show(actual)} instead of {Show(expected)}");
        }
    }

    /// <summary>
    /// A refusal with several causes: the real server walks a hash map, so their order, in the list and in the sentence, is of no meaning.
    /// True when everything is alike but that order.
    /// </summary>
    private static bool SameCauses(JsonObject expected, JsonObject actual)
    {
        if (expected["details"]?["causes"] is not JsonArray a || actual["details"]?["causes"] is not JsonArray b || a.Count != b.Count || a.Count < 2) return false;
        if (!Sorted(a).SequenceEqual(Sorted(b))) return false;
        var (left, right) = (Skeleton(expected, a), Skeleton(actual, b));
        return JsonNode.DeepEquals(left, right);
    }

    private static IEnumerable<string> Sorted(JsonArray causes) => causes.Select(c => c!.ToJsonString()).Order(StringComparer.Ordinal);

    private static JsonObject Skeleton(JsonObject status, JsonArray causes)
    {
        var copy = (JsonObject)status.DeepClone();
        string message = (string)copy["message"]!;
        foreach (var cause in causes) message = message.Replace($"{(string?)cause!["field"]}: {(string?)cause["message"]}", "<cause>", StringComparison.Ordinal);
        copy["message"] = message;
        ((JsonObject)copy["details"]!).Remove("causes");
        return copy;
    }

    private static string Show(JsonNode? node)
    {
        string text = node?.ToJsonString() ?? "null";
        return text.Length <= 300 ? text : text[..300] + "…";
    }
}
