using System.Text;
using System.Text.Json;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>
/// Llama-Nemotron v1 (Nano, Super, Ultra): the whole first system message is <c>detailed thinking on</c> or <c>detailed thinking off</c>. The cards want no
/// other system prompt, so what else the client's says is put before the first user message. A line of a system message that is one of the two phrases, in
/// whatever case, is how a client asks.
/// </summary>
internal sealed class DetailedThinkingGrammar : IReasoningGrammar
{
    private const string OnPhrase = "detailed thinking on", OffPhrase = "detailed thinking off";

    private static ReadOnlySpan<byte> Space => " \t\r\n"u8;

    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request)
    {
        ReasoningMode? asked = null;
        foreach (var turn in request.Turns)
        {
            if (!turn.IsSystem) continue;
            foreach (var token in turn.Texts)
                foreach (var phrase in Phrases(request, token)) asked = phrase.Mode;
        }

        return asked;
    }

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
        var phrase = mode == ReasoningMode.On ? OnPhrase : OffPhrase;
        var first = SystemTurn.First(request);
        foreach (var turn in request.Turns)
        {
            if (!turn.IsSystem || turn == first) continue;
            foreach (var token in turn.Texts)
                foreach (var other in Phrases(request, token))
                    if (other.Mode != mode) edits.Replace(other.Start, other.End, Encoding.UTF8.GetBytes(phrase));
        }

        if (first is null)
        {
            SystemTurn.Insert(request, phrase, edits);
            return;
        }

        SystemTurn.CallSystem(first, edits);
        if (IsJust(request, first, phrase)) return;
        if (first.HasOtherParts)
            throw new BadRequestException(
                "The system message has parts that are no text. This model takes its reasoning mode as the whole system message; put them in a user message.", "messages", "system_not_text");
        var own = OwnWords(request, first);
        if (first.Content.IsThere) edits.Replace(first.Content, $"\"{phrase}\"");
        else edits.Insert(first.Whole.Start + 1, $"\"content\":\"{phrase}\",");
        if (own.Length > 0) TellAsUser(request, first, own, edits);
    }

    // The template takes white space off both ends itself.
    private static bool IsJust(InferenceRequest request, Turn turn, string phrase) =>
        turn.Content.IsString && Trim(request.Text(turn.Content).Bytes).SequenceEqual(Encoding.UTF8.GetBytes(phrase));

    // The system's words without the lines that are phrases, escaped as the client escaped them.
    private static string OwnWords(InferenceRequest request, Turn turn)
    {
        var own = new List<string>();
        foreach (var token in turn.Texts)
        {
            var text = request.Text(token);
            var kept = new StringBuilder();
            var from = 0;
            foreach (var phrase in Phrases(request, token))
            {
                kept.Append(Raw(request, text, from, phrase.LineStart));
                from = phrase.LineEnd;
            }

            kept.Append(Raw(request, text, from, text.Bytes.Length));
            var words = TrimEscaped(kept.ToString());
            if (words.Length > 0) own.Add(words);
        }

        return string.Join(@"\n\n", own);
    }

    private static string Raw(InferenceRequest request, JsonText text, int from, int to) =>
        from >= to ? "" : Encoding.UTF8.GetString(request.Body.Span[text.PlaceOf(from)..text.PlaceOf(to)]);

    private static void TellAsUser(InferenceRequest request, Turn system, string words, BodyEdits edits)
    {
        foreach (var turn in request.Turns)
        {
            if (turn.Role != TurnRole.User) continue;
            if (turn.Content.IsString)
            {
                edits.Insert(turn.Content.Start + 1, words + @"\n\n");
                return;
            }

            if (turn.Content.Kind != JsonTokenType.StartArray) continue;
            edits.Insert(turn.Content.Start + 1, $"{{\"type\":\"{SystemTurn.PartType(request)}\",\"text\":\"{words}\"}}{(turn.HasNoParts ? "" : ",")}");
            return;
        }

        if (request.Endpoint == ApiEndpoint.Chat) edits.Insert(system.Whole.End, $",{{\"role\":\"user\",\"content\":\"{words}\"}}");
        else if (request.TurnList.Kind == JsonTokenType.StartArray)
            edits.Insert(
                request.TurnList.Start + 1,
                $"{{\"role\":\"user\",\"content\":\"{words}\"}}{(request.Turns.Any(turn => turn != system) ? "," : "")}");
        else request.Set(edits, RequestField.Input, $"\"{words}\"");
    }

    private static List<Phrase> Phrases(InferenceRequest request, JsonToken token)
    {
        List<Phrase> phrases = [];
        var text = request.Text(token);
        var bytes = text.Bytes;
        for (var start = 0; start < bytes.Length;)
        {
            var length = bytes[start..].IndexOf((byte)'\n');
            var end = length < 0 ? bytes.Length : start + length + 1;
            var line = Trim(bytes[start..end]);
            ReasoningMode? mode = Ascii.EqualsIgnoreCase(line, OnPhrase) ? ReasoningMode.On : Ascii.EqualsIgnoreCase(line, OffPhrase) ? ReasoningMode.Off : null;
            if (mode is { } said)
            {
                var at = start + bytes[start..end].IndexOf(line);
                phrases.Add(new Phrase(said, text.PlaceOf(at), text.PlaceOf(at + line.Length), start, end));
            }

            start = end;
        }

        return phrases;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(Space);

    // White space of escaped text at its ends is spaces, and the escapes of newline, return and tab.
    private static string TrimEscaped(string text)
    {
        var rest = text.AsSpan();
        while (true)
        {
            if (rest.StartsWith(" ")) rest = rest[1..];
            else if (rest.StartsWith(@"\n") || rest.StartsWith(@"\r") || rest.StartsWith(@"\t")) rest = rest[2..];
            else break;
        }

        while (true)
        {
            if (rest.EndsWith(" ")) rest = rest[..^1];
            else if ((rest.EndsWith(@"\n") || rest.EndsWith(@"\r") || rest.EndsWith(@"\t")) && IsEscape(rest)) rest = rest[..^2];
            else return rest.ToString();
        }
    }

    // The text ends in a backslash and a letter: an escape only behind an even number of other backslashes.
    private static bool IsEscape(ReadOnlySpan<char> text)
    {
        var backslashes = 0;
        for (var i = text.Length - 2; i >= 0 && text[i] == '\\'; i--) backslashes++;
        return backslashes % 2 == 1;
    }

    // Positions of the phrase in the body, and of its line, newline included, in the text.
    private readonly record struct Phrase(ReasoningMode Mode, int Start, int End, int LineStart, int LineEnd);
}
