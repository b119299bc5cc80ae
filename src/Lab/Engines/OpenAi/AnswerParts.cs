namespace Nemotron.Lab.Engines;

/// <summary>What of an answer's text is shown where, by the parsers that the server was started with.</summary>
/// <param name="settings">The engine's settings.</param>
internal sealed class AnswerParts(EngineSettings settings)
{
    /// <summary>Whether calls of tools are taken out of the text.</summary>
    public bool ParsesTools { get; } = settings.ToolParser is not null;

    private readonly bool parsesReasoning = settings.ReasoningParser is not null;

    /// <summary>The trace among the tokens from one place up to another, without its marks; null where the text is not parsed or there is none.</summary>
    public string? Reasoning(AnswerScript script, int from, int to)
    {
        if (!parsesReasoning || script.TraceTokens == 0) return null;
        var (begin, end) = script.Thoughts;
        return Range(script, from, to, begin, end);
    }

    /// <summary>The answer among the tokens from one place up to another; null where there is none.</summary>
    public string? Content(AnswerScript script, int from, int to)
    {
        var begin = parsesReasoning ? script.TraceTokens : 0;
        var end = ParsesTools && script.Calls.Count > 0 ? script.TraceTokens : script.Length;
        return Range(script, from, to, begin, end);
    }

    /// <summary>Why the answer ended, as it is told.</summary>
    public string Finish(AnswerScript script) => script.Finish switch
    {
        FinishReason.Length => "length",
        FinishReason.ToolCalls when ParsesTools => "tool_calls",
        _ => "stop",
    };

    private static string? Range(AnswerScript script, int from, int to, int begin, int end)
    {
        var first = Math.Max(from, begin);
        var last = Math.Min(to, end);
        return first < last ? script.Text(first, last) : null;
    }
}
