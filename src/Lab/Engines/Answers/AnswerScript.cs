using System.Text;

namespace Nemotron.Lab.Engines;

/// <summary>Why an answer ends.</summary>
internal enum FinishReason
{
    /// <summary>The model was done, or wrote a stop string.</summary>
    Stop,

    /// <summary>The most tokens were reached.</summary>
    Length,

    /// <summary>The model asked for tools.</summary>
    ToolCalls,
}

/// <summary>
/// Everything one choice of an answer will say, fixed when the request comes in: the trace with its marks, then the answer or a
/// call of tools. A token is one piece of text; the engine only decides when each comes out.
/// </summary>
internal sealed class AnswerScript
{
    private const string Open = "<think>";
    private const string Close = "</think>";
    private const uint FirstWordId = 1024;
    private const ulong ThoughtsSeed = 0x5851F42D4C957F2D;

    private readonly string[] before;
    private readonly int thinking;
    private readonly string[] between;
    private readonly string[] lead;
    private readonly int answer;
    private readonly SimulatedText thoughts;
    private readonly SimulatedText words;

    // From this token on, text is hidden behind a stop string; of that token itself so many characters are seen.
    private int hiddenFrom = int.MaxValue;
    private int seenOfHidden;

    private AnswerScript(string[] before, int thinking, string[] between, string[] lead, int answer, SimulatedText thoughts, SimulatedText words)
    {
        this.before = before;
        this.thinking = thinking;
        this.between = between;
        this.lead = lead;
        this.answer = answer;
        this.thoughts = thoughts;
        this.words = words;
        Length = before.Length + thinking + between.Length + lead.Length + answer;
    }

    /// <summary>Tokens in all.</summary>
    public int Length { get; private init; }

    /// <summary>Why it ends there.</summary>
    public FinishReason Finish { get; private init; } = FinishReason.Stop;

    /// <summary>The stop string it ends at, or null.</summary>
    public string? Stop { get; private init; }

    /// <summary>The calls it makes, or none.</summary>
    public IReadOnlyList<ToolCall> Calls { get; private init; } = [];

    /// <summary>Whether its text begins inside a trace whose opening mark is not seen.</summary>
    public bool BeginsInTrace { get; private init; }

    /// <summary>Tokens of the trace, marks included; 0 without one.</summary>
    public int TraceTokens => Math.Min(Length, before.Length + thinking + between.Length);

    /// <summary>The places of the trace's words, from the first up to behind the last.</summary>
    public (int Begin, int End) Thoughts => (Math.Min(Length, before.Length), Math.Min(Length, before.Length + thinking));

    /// <summary>Writes a script.</summary>
    /// <param name="model">The model's name, which the answer gives.</param>
    /// <param name="seed">Decides the words.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="thinks">Whether it has a trace.</param>
    /// <param name="openedByTemplate">Whether the prompt opened the trace already.</param>
    /// <param name="calls">Calls of tools in place of the answer; none for words.</param>
    public static AnswerScript Write(string model, ulong seed, AnswerLength length, bool thinks, bool openedByTemplate, IReadOnlyList<ToolCall> calls)
    {
        string[] before = thinks && !openedByTemplate ? [Open, "\n"] : [];
        string[] between = thinks ? ["\n", Close, "\n\n"] : [];
        string[] lead = calls.Count > 0 ? ToolCall.Render(calls) : ["Simulated", " answer", " of ", model, ":", " "];
        var rest = calls.Count > 0 ? 0 : Math.Max(0, length.Answer - lead.Length);
        if (calls.Count == 0 && length.Answer < lead.Length) lead = lead[..length.Answer];
        return new(before, thinks ? length.Thinking : 0, between, lead, rest, new(seed ^ ThoughtsSeed), new(seed))
        {
            Calls = calls,
            Finish = calls.Count > 0 ? FinishReason.ToolCalls : FinishReason.Stop,
            BeginsInTrace = thinks && openedByTemplate,
        };
    }

    /// <summary>The same, ended after so many tokens or at the first stop string.</summary>
    /// <param name="most">The most tokens, 1 or more.</param>
    /// <param name="stops">Strings to stop at; empty ones are ignored.</param>
    /// <param name="keepStop">Whether the stop string stays in the text.</param>
    public AnswerScript EndedBy(int most, IReadOnlyList<string> stops, bool keepStop = false)
    {
        if (stops.Any(stop => stop.Length > 0) && FindStop(stops) is var (tokens, stop, beyond) && tokens <= most)
            return Copy(tokens, FinishReason.Stop, stop, keepStop ? beyond : beyond + stop.Length);
        return most < Length ? Copy(most, FinishReason.Length, null, 0) : this;
    }

    /// <summary>The text of a token.</summary>
    /// <param name="token">Its place, below <see cref="Length"/>.</param>
    public string TextAt(int token)
    {
        var place = token;
        if (place < before.Length) return before[place];
        place -= before.Length;
        if (place < thinking) return thoughts.At(place);
        place -= thinking;
        if (place < between.Length) return between[place];
        place -= between.Length;
        return place < lead.Length ? lead[place] : words.At(place - lead.Length);
    }

    /// <summary>The id of a token in a vocabulary of the Lab's own.</summary>
    public uint IdAt(int token)
    {
        var place = token - before.Length;
        if (place >= 0 && place < thinking) return FirstWordId + (uint)thoughts.WordAt(place);
        place -= thinking + between.Length + lead.Length;
        return place >= 0 ? FirstWordId + (uint)words.WordAt(place) : (uint)token;
    }

    /// <summary>The text of the tokens from one place up to another.</summary>
    public string Text(int from, int to)
    {
        var text = new StringBuilder();
        for (var token = from; token < to && token <= hiddenFrom; token++)
        {
            var piece = TextAt(token);
            text.Append(token < hiddenFrom ? piece : piece.AsSpan(0, seenOfHidden));
        }

        return text.ToString();
    }

    private AnswerScript Copy(int length, FinishReason finish, string? stop, int cut)
    {
        var copy = new AnswerScript(before, thinking, between, lead, answer, thoughts, words)
        {
            Length = length,
            Finish = finish,
            Stop = stop,
            BeginsInTrace = BeginsInTrace,
            Calls = finish == FinishReason.ToolCalls ? Calls : [],
        };
        for (var token = length - 1; cut > 0 && token >= 0; token--)
        {
            var characters = TextAt(token).Length;
            copy.hiddenFrom = token;
            copy.seenOfHidden = Math.Max(0, characters - cut);
            cut -= characters;
        }

        return copy;
    }

    // Where the first stop string is complete: tokens written, the string, and characters of the last token beyond it.
    private (int Tokens, string Stop, int Beyond)? FindStop(IReadOnlyList<string> stops)
    {
        var longest = stops.Max(stop => stop.Length);
        var tail = new StringBuilder();
        for (var token = 0; token < Length; token++)
        {
            var piece = TextAt(token);
            tail.Append(piece);
            var text = tail.ToString();
            var found = -1;
            string? which = null;
            foreach (var stop in stops.Where(stop => stop.Length > 0))
            {
                var at = text.IndexOf(stop, StringComparison.Ordinal);
                if (at >= 0 && (found < 0 || at < found)) (found, which) = (at, stop);
            }

            if (which is not null) return (token + 1, which, text.Length - found - which.Length);
            if (tail.Length > longest) tail.Remove(0, tail.Length - longest + 1);
        }

        return null;
    }
}
