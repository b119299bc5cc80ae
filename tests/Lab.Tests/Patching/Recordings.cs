using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Patching;

/// <summary>One exchange with the real API server.</summary>
internal sealed record Exchange(int Number, string Name, string Method, string Path, string Query, string ContentType, JsonNode? Request, int Status, JsonNode? Response)
{
    public string? QueryValue(string name) =>
        Query.Split('&').Select(pair => pair.Split('=')).Where(pair => pair[0] == name).Select(pair => pair[1]).FirstOrDefault();
}

/// <summary>The recordings beside the repository, where they are present.</summary>
internal static class Recordings
{
    private static readonly Lazy<IReadOnlyDictionary<int, Exchange>?> Loaded = new(Load);

    /// <summary>The exchanges by number; skips the test, with its reason, where the file is absent.</summary>
    public static IReadOnlyDictionary<int, Exchange> All
    {
        get
        {
            Assert.SkipWhen(Loaded.Value is null, "../shared/data/apiserver-recordings.jsonl is not beside this repository");
            return Loaded.Value!;
        }
    }

    private static Dictionary<int, Exchange>? Load()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "NemotronOperator.sln"))) folder = folder.Parent;
        if (folder?.Parent is null) return null;
        var file = System.IO.Path.Combine(folder.Parent.FullName, "shared", "data", "apiserver-recordings.jsonl");
        if (!File.Exists(file)) return null;
        return File.ReadLines(file)
            .Select(line => JsonNode.Parse(line)!)
            .Where(line => (int)line["n"]! > 0)
            .Select(Parse)
            .ToDictionary(exchange => exchange.Number);
    }

    private static Exchange Parse(JsonNode line)
    {
        var request = line["request"]!;
        var response = line["response"]!;
        var path = ((string)request["path"]!).Split('?', 2);
        return new Exchange(
            (int)line["n"]!,
            (string)line["name"]!,
            (string)request["method"]!,
            path[0],
            path.Length > 1 ? path[1] : "",
            (string?)request["contentType"] ?? "",
            // Any time will do in a request; "<time>" itself would not parse.
            JsonNode.Parse((request["body"]?.ToJsonString() ?? "null").Replace("\\u003Ctime\\u003E", "2026-11-23T22:00:00Z", StringComparison.Ordinal)),
            (int)response["status"]!,
            response["body"]);
    }
}
