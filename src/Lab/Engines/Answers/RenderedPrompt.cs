using System.Text.RegularExpressions;

namespace Nemotron.Lab.Engines;

/// <summary>
/// Reads a prompt that was rendered by whoever sent it, as Triton and <c>/v1/completions</c> take it: the headers of Llama 3
/// (<c>&lt;|start_header_id|&gt;system&lt;|end_header_id|&gt;</c>) and of ChatML (<c>&lt;|im_start|&gt;system</c>). Any other text is the user's.
/// </summary>
internal static partial class RenderedPrompt
{
    /// <summary>Reads a text.</summary>
    public static ChatPrompt Read(string text)
    {
        var messages = new List<ChatMessage>();
        foreach (Match match in Llama().Matches(text)) messages.Add(new(match.Groups["role"].Value.Trim(), match.Groups["text"].Value.Trim()));
        if (messages.Count == 0)
        {
            foreach (Match match in ChatMl().Matches(text)) messages.Add(new(match.Groups["role"].Value.Trim(), match.Groups["text"].Value.Trim()));
        }

        if (messages.Count == 0) messages.Add(new("user", text));
        var end = text.TrimEnd();
        return new()
        {
            Messages = messages,
            OpenedTrace = end.EndsWith("<think>", StringComparison.Ordinal) ? true : ClosedTrace().IsMatch(end) ? false : null,
            Tokens = Math.Max(1, SimulatedTokenizer.Count(text)),
        };
    }

    [GeneratedRegex(@"<\|start_header_id\|>(?<role>.*?)<\|end_header_id\|>(?<text>.*?)(?:<\|eot_id\|>|(?=<\|start_header_id\|>)|$)", RegexOptions.Singleline)]
    private static partial Regex Llama();

    [GeneratedRegex(@"<\|im_start\|>(?<role>\w+)\n(?<text>.*?)(?:<\|im_end\|>|(?=<\|im_start\|>)|$)", RegexOptions.Singleline)]
    private static partial Regex ChatMl();

    [GeneratedRegex(@"<think>\s*</think>$")]
    private static partial Regex ClosedTrace();
}
