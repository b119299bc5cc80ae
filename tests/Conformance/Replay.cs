using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Conformance;

/// <summary>One answer in the form of the recordings.</summary>
internal sealed record Answer(int Status, string ContentType, JsonNode? Body, JsonArray? Events, JsonArray? Warning, string? RetryAfter);

/// <summary>
/// Sends the recorded requests in order to a server, filling the placeholders with what the server itself said before, and making
/// the few changes between them that were not recorded (see the data's README).
/// </summary>
internal sealed class Replay(HttpClient client, CancellationToken cancel)
{
    private const string Widgets = "/apis/lab.example.com/v1/namespaces/rec/widgets";
    private const string OtherUid = "99999999-9999-9999-9999-999999999999";
    private const string OwnerUid = "44444444-4444-4444-4444-444444444444";
    private const string SomeTime = "2026-01-02T03:04:05Z";

    private string continueToken = "";
    private string beforeWatches = "";

    /// <summary>Replays everything; watches that follow each other run side by side, since each waits for its own end.</summary>
    public async Task<IReadOnlyList<(Recording Recording, Answer Answer)>> RunAsync(IReadOnlyList<Recording> recordings)
    {
        var answers = new List<(Recording, Task<Answer>)>();
        foreach (var recording in recordings)
        {
            if (!recording.IsWatch) await Task.WhenAll(answers.Select(a => a.Item2));
            await PrepareAsync(recording);
            var answer = SendAsync(recording);
            if (!recording.IsWatch) await answer;
            answers.Add((recording, answer));
        }
        await Task.WhenAll(answers.Select(a => a.Item2));
        return [.. answers.Select(a => (a.Item1, a.Item2.Result))];
    }

    private async Task PrepareAsync(Recording recording)
    {
        if (recording.IsWatch && beforeWatches.Length == 0) await MakeWatchedChangesAsync();
        if (recording.Name == "eviction allowed")
        {
            await PatchAsync("/apis/policy/v1/namespaces/rec/poddisruptionbudgets/p/status", """{"status":{"disruptionsAllowed":1}}""");
        }
    }

    private async Task MakeWatchedChangesAsync()
    {
        beforeWatches = await VersionAsync(Widgets);
        await TextAsync(Request("POST", Widgets, """{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"name":"w1","labels":{"w":"1"}},"spec":{"model":"Nano"}}""", "application/json"));
        await PatchAsync($"{Widgets}/w1", """{"spec":{"tp":2}}""");
        await PatchAsync($"{Widgets}/w1", """{"metadata":{"labels":{"w":"2"}}}""");
        await TextAsync(Request("DELETE", $"{Widgets}/w1", null, null));
    }

    private async Task<Answer> SendAsync(Recording recording)
    {
        using var request = Request(recording.Method, await PathAsync(recording), await BodyAsync(recording), recording.ContentType);
        if (recording.Accept is { } accept) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        string text = await response.Content.ReadAsStringAsync(cancel);
        string type = response.Content.Headers.ContentType?.ToString() ?? "";
        bool json = type.StartsWith("application/json", StringComparison.Ordinal);
        var warnings = response.Headers.TryGetValues("Warning", out var values) ? new JsonArray([.. values.Select(v => (JsonNode)v)]) : null;
        string? retry = response.Headers.TryGetValues("Retry-After", out var after) ? after.First() : null;
        var body = json && !recording.IsWatch ? JsonNode.Parse(text) : null;
        if (recording.Name == "list page 1") continueToken = (string)body!["metadata"]!["continue"]!;
        return new Answer(
            (int)response.StatusCode,
            type,
            json ? body : new JsonObject { ["_text"] = text },
            recording.IsWatch ? new JsonArray([.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line))]) : null,
            warnings,
            retry);
    }

    private async Task<string> PathAsync(Recording recording)
    {
        string path = recording.Path;
        if (recording.Note == "continue token of page 1") return path[..(path.IndexOf("continue=", StringComparison.Ordinal) + 9)] + Uri.EscapeDataString(continueToken);
        if (!path.Contains("<rv>", StringComparison.Ordinal)) return path;
        string version = recording.Name.Contains("future", StringComparison.Ordinal)
            ? (long.Parse(await VersionAsync(Widgets), CultureInfo.InvariantCulture) + 1_000_000).ToString(CultureInfo.InvariantCulture)
            : beforeWatches;
        return path.Replace("<rv>", version, StringComparison.Ordinal);
    }

    private async Task<string?> BodyAsync(Recording recording)
    {
        if (recording.Request["body"] is not { } body) return null;
        if (body is JsonValue value && value.TryGetValue(out string? raw)) return raw;
        string text = body.ToJsonString();
        // The recorder wrote JSON as Python does, and one refusal quotes it.
        if (recording.Name == "no kind") return """{"metadata": {"name": "c"}, "spec": {"model": "Nano"}}""";
        if (recording.Name == "two controllers") text = ReplaceFirst(ReplaceFirst(text, Escaped("<uid>"), "1"), Escaped("<uid>"), "2");
        if (recording.Name.StartsWith("owner of another", StringComparison.Ordinal)) text = text.Replace(Escaped("<uid>"), OwnerUid, StringComparison.Ordinal);
        if (recording.Name is "delete wrong uid" or "put other uid") text = text.Replace(Escaped("<uid>"), OtherUid, StringComparison.Ordinal);
        if (IsStale(recording)) text = text.Replace(Escaped("<rv>"), "1", StringComparison.Ordinal);
        text = recording.ContentType == "application/json" && recording.Path.Contains("/leases", StringComparison.Ordinal) || recording.Path.Contains("events.k8s.io", StringComparison.Ordinal)
            ? text.Replace(Escaped("<time>"), "2026-01-02T03:04:05.000006Z", StringComparison.Ordinal)
            : text.Replace(Escaped("<time>"), SomeTime, StringComparison.Ordinal);
        if (!text.Contains(Escaped("<rv>"), StringComparison.Ordinal) && !text.Contains(Escaped("<uid>"), StringComparison.Ordinal)) return text;
        var live = await LiveAsync(recording.Path.Split('?')[0]);
        text = text.Replace(Escaped("<rv>"), (string?)live?["metadata"]?["resourceVersion"] ?? "1", StringComparison.Ordinal);
        return text.Replace(Escaped("<uid>"), (string?)live?["metadata"]?["uid"] ?? OtherUid, StringComparison.Ordinal);
    }

    private static bool IsStale(Recording recording) =>
        recording.Name.Contains("stale", StringComparison.Ordinal) || recording.Name == "delete wrong rv" || recording.Note.Contains("before the last change", StringComparison.Ordinal);

    private async Task<JsonNode?> LiveAsync(string path)
    {
        var (code, text) = await TextAsync(Request("GET", path, null, null));
        return code == 200 ? JsonNode.Parse(text) : null;
    }

    private async Task<string> VersionAsync(string path) => (string)(await LiveAsync(path))!["metadata"]!["resourceVersion"]!;

    private Task<(int Code, string Text)> PatchAsync(string path, string patch) => TextAsync(Request("PATCH", path, patch, "application/merge-patch+json"));

    private async Task<(int Code, string Text)> TextAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, cancel);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancel));
        }
    }

    private static HttpRequestMessage Request(string method, string path, string? body, string? contentType)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is null) return request;
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (contentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return request;
    }

    private static string Escaped(string placeholder) => JsonValue.Create(placeholder).ToJsonString().Trim('"');

    private static string ReplaceFirst(string text, string what, string with)
    {
        int at = text.IndexOf(what, StringComparison.Ordinal);
        return at < 0 ? text : text[..at] + with + text[(at + what.Length)..];
    }
}
