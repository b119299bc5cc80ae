using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Conformance;

/// <summary>Replaces what two servers cannot have in common (uids, versions, times, ages, addresses) by the recordings' own placeholders.</summary>
internal static partial class Normaliser
{
    /// <summary>A copy with placeholders, made of recorded and live answers alike.</summary>
    public static JsonNode? Of(JsonNode? node, string field = "")
    {
        switch (node)
        {
            case JsonObject obj:
                var copy = new JsonObject();
                foreach (var (key, value) in obj) copy[UuidInKey().Replace(key, "<uid>")] = Of(value, key);
                return copy;
            case JsonArray array:
                return new JsonArray([.. array.Select(item => Of(item, field == "cells" ? "cell" : ""))]);
            case JsonValue value when value.TryGetValue(out string? text):
                return Text(text, field);
            default:
                return node?.DeepClone();
        }
    }

    private static string Text(string text, string field)
    {
        switch (field)
        {
            case "uid": return text.Length == 0 ? text : "<uid>";
            case "resourceVersion": return text.Length == 0 ? text : "<rv>";
            case "continue": return text.Length == 0 ? text : "<continue>";
            case "serverAddress": return "<address>";
            case "clusterIP" or "clusterIPs": return ClusterIp().Replace(text, "<ip>");
            case "cell": return Age().IsMatch(text) ? "<age>" : text;
            case "buildDate": return "<time>";
        }
        text = Time().Replace(text, "<time>");
        text = Uuid().Replace(text, "<uid>");
        text = GeneratedName().Replace(text, "gen-<random>");
        text = ClusterIp().Replace(text, "<ip>");
        text = TooOld().Replace(text, "too old resource version: $1 (<rv>)");
        text = InRecord().Replace(text, "in record (<rv>)");
        return Current().Replace(text, "current: <rv>");
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex UuidInKey();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z")]
    private static partial Regex Time();

    [GeneratedRegex("^[0-9]+[smhd]$")]
    private static partial Regex Age();

    [GeneratedRegex("\\bgen-[a-z0-9]{5}\\b")]
    private static partial Regex GeneratedName();

    [GeneratedRegex("\\b10\\.(0|96)\\.[0-9]+\\.[0-9]+\\b")]
    private static partial Regex ClusterIp();

    [GeneratedRegex("too old resource version: ([0-9]+) \\([0-9]+\\)")]
    private static partial Regex TooOld();

    [GeneratedRegex("in record \\([0-9]+\\)")]
    private static partial Regex InRecord();

    [GeneratedRegex("current: [0-9]+")]
    private static partial Regex Current();
}
