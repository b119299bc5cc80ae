using System.Text.Json.Nodes;

namespace Nemotron.Conformance;

/// <summary>Holds an answer against the recording.</summary>
internal static class Judge
{
    /// <summary>The differences; empty when the server answered alike.</summary>
    public static IReadOnlyList<string> Differences(Recording recording, Answer answer)
    {
        var expected = recording.Response;
        var differences = new List<string>();
        if ((int)expected["status"]! != answer.Status) differences.Add($"status: {answer.Status} instead of {expected["status"]}");
        if ((string?)expected["contentType"] is { } type && type != answer.ContentType) differences.Add($"content type: {answer.ContentType} instead of {type}");
        if (recording.IsWatch) differences.AddRange(Comparison.Of(Normaliser.Of(expected["events"]), Normaliser.Of(answer.Events)).Select(d => "events" + d));
        else differences.AddRange(Comparison.Of(Normaliser.Of(expected["body"]), Normaliser.Of(Extract(recording, answer.Body))).Select(d => "body" + d));
        differences.AddRange(Comparison.Of(expected["warning"], answer.Warning).Select(d => "warning" + d));
        if ((string?)expected["retryAfter"] != answer.RetryAfter) differences.Add($"Retry-After: {answer.RetryAfter ?? "none"} instead of {expected["retryAfter"]?.ToJsonString() ?? "none"}");
        return differences;
    }

    /// <summary>Recordings with number 0 hold parts of large documents: the same parts are cut from the answer.</summary>
    private static JsonNode? Extract(Recording recording, JsonNode? body)
    {
        if (recording.Number != 0 || body is not JsonObject document) return body;
        if (recording.Path == "/apis")
        {
            var ours = (document["items"] as JsonArray ?? []).Where(i => (string?)i?["metadata"]?["name"] == "lab.example.com").Select(i => i!.DeepClone());
            return new JsonObject { ["kind"] = document["kind"]?.DeepClone(), ["apiVersion"] = document["apiVersion"]?.DeepClone(), ["items"] = new JsonArray([.. ours]) };
        }
        var paths = document["paths"] as JsonObject ?? [];
        var schemas = document["components"]?["schemas"] as JsonObject ?? [];
        string one = "/apis/lab.example.com/v1/namespaces/{namespace}/widgets/{name}";
        return new JsonObject
        {
            ["openapi"] = document["openapi"]?.DeepClone(),
            ["info"] = document["info"]?.DeepClone(),
            ["paths"] = new JsonObject(paths.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)new JsonArray([.. ((JsonObject)p.Value!).Select(o => o.Key).Order(StringComparer.Ordinal).Select(k => (JsonNode)k)])))),
            ["patchOf"] = paths[one]?["patch"]?.DeepClone(),
            ["schemas"] = new JsonArray([.. schemas.Select(s => s.Key).Order(StringComparer.Ordinal).Select(k => (JsonNode)k)]),
            ["widget"] = schemas["com.example.lab.v1.Widget"]?.DeepClone(),
        };
    }
}
