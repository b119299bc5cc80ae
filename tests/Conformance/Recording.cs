using System.Text.Json.Nodes;

namespace Nemotron.Conformance;

/// <summary>One recorded exchange with the real API server.</summary>
internal sealed record Recording(int Number, string Name, JsonObject Request, JsonObject Response, string Note)
{
    public string Method => (string)Request["method"]!;

    public string Path => (string)Request["path"]!;

    public string? Accept => (string?)Request["accept"];

    public string? ContentType => (string?)Request["contentType"];

    public bool IsWatch => Path.Contains("watch=true", StringComparison.Ordinal);

    public string Label => Number == 0 ? $"0 ({Name})" : $"{Number} ({Name})";

    /// <summary>The recordings in order, or null when the shared data is not there.</summary>
    public static IReadOnlyList<Recording>? Load()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "NemotronOperator.sln"))) folder = folder.Parent;
        string? file = folder?.Parent is { } above ? System.IO.Path.Combine(above.FullName, "shared", "data", "apiserver-recordings.jsonl") : null;
        if (file is null || !File.Exists(file)) return null;
        return [.. File.ReadLines(file).Select(text => JsonNode.Parse(text)).Select(line => new Recording(
            (int)line!["n"]!, (string)line["name"]!, (JsonObject)line["request"]!, (JsonObject)line["response"]!, (string?)line["note"] ?? ""))];
    }
}
