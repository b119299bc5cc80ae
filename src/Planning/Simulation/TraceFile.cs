using System.Globalization;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>Reads traces in the form of Azure's LLM inference traces: the columns TIMESTAMP, ContextTokens and GeneratedTokens.</summary>
public static class TraceFile
{
    private static readonly string[] Columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    /// <summary>Reads a trace. Its first request is sent at zero; requests are put in the order of sending.</summary>
    /// <param name="name">What to call the file in errors.</param>
    /// <param name="text">CSV text with a header row; other columns are passed over.</param>
    /// <exception cref="FormatException">The text is no such trace; the message names the line, the column and what is expected.</exception>
    public static IReadOnlyList<TracedRequest> Read(string name, string text)
    {
        var lines = text.Split('\n');
        var header = lines[0].TrimEnd('\r').TrimStart('\uFEFF').Split(',').Select(cell => cell.Trim()).ToArray();
        var at = Columns.Select(column => Array.FindIndex(header, cell => string.Equals(cell, column, StringComparison.OrdinalIgnoreCase))).ToArray();
        for (var i = 0; i < at.Length; i++)
        {
            if (at[i] < 0) throw new FormatException($"{name}: line 1: no column {Columns[i]}; a trace has the columns {string.Join(", ", Columns)}");
        }
        var rows = new List<(DateTimeOffset Sent, int Prompt, int Output)>(lines.Length);
        for (var line = 1; line < lines.Length; line++)
        {
            var row = lines[line].TrimEnd('\r');
            if (row.Length == 0) continue;
            var cells = row.Split(',');
            if (cells.Length != header.Length) throw Bad(name, line, "the row", string.Create(CultureInfo.InvariantCulture, $"has {cells.Length} cells, the header {header.Length}"));
            if (!DateTimeOffset.TryParse(cells[at[0]], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var sent))
                throw Bad(name, line, Columns[0], $"'{cells[at[0]]}' is no time such as 2023-11-16 18:15:46.68");
            rows.Add((sent, Tokens(name, line, Columns[1], cells[at[1]]), Tokens(name, line, Columns[2], cells[at[2]])));
        }
        if (rows.Count == 0) throw new FormatException($"{name}: holds no requests");
        var ordered = rows.OrderBy(row => row.Sent).ToArray();
        return [.. ordered.Select((row, i) => new TracedRequest(row.Sent - ordered[0].Sent, new ServingRequest(i, row.Prompt, row.Output)))];
    }

    private static int Tokens(string name, int line, string column, string cell) =>
        int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens is >= 1 and <= MemoryPlanner.MaxContextTokens
            ? tokens
            : throw Bad(name, line, column, string.Create(CultureInfo.InvariantCulture, $"'{cell}' is no number of tokens between 1 and {MemoryPlanner.MaxContextTokens}"));

    private static FormatException Bad(string name, int line, string column, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{name}: line {line + 1}: {column}: {what}"));
}
