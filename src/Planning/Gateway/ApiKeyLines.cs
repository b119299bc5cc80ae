namespace Nemotron.Planning;

/// <summary>A file of keys as the gateway reads it: one a line, white space around them, empty lines and lines that begin with # left out.</summary>
public static class ApiKeyLines
{
    /// <summary>The keys in their order; none where there is none.</summary>
    /// <param name="text">The file's content.</param>
    public static IReadOnlyList<string> Read(string text) =>
        [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'))];
}
