using System.Text;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>Super v1.5: the model thinks unless a system message has <c>/no_think</c>; a <c>/think</c> there is a client's way to say the opposite. User messages do not count.</summary>
internal sealed class SystemNoThinkGrammar : IReasoningGrammar
{
    private const string NoThinkWord = "/no_think";

    private static readonly ReadOnlyMemory<byte> Space = " "u8.ToArray();

    private static ReadOnlySpan<byte> Think => "/think"u8;

    private static ReadOnlySpan<byte> NoThink => "/no_think"u8;

    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request)
    {
        ReasoningMode? asked = null;
        foreach (var (_, token) in SystemTexts(request))
        {
            var text = request.Text(token).Bytes;
            int off = text.LastIndexOf(NoThink), on = LastThink(text);
            if (off >= 0 || on >= 0) asked = off > on ? ReasoningMode.Off : ReasoningMode.On;
        }

        return asked;
    }

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
        var saying = new HashSet<Turn>();
        foreach (var (turn, token) in SystemTexts(request))
        {
            var text = request.Text(token);
            if (mode == ReasoningMode.On)
            {
                TakeOut(text, edits);
                continue;
            }

            if (text.Bytes.IndexOf(NoThink) >= 0) saying.Add(turn);
            foreach (var at in Words.Find(text.Bytes, Think))
            {
                if (IsClosingMark(text.Bytes, at)) continue;
                // What asked for the opposite now asks for this.
                saying.Add(turn);
                edits.Replace(text.PlaceOf(at), text.PlaceOf(at + Think.Length), Encoding.UTF8.GetBytes(NoThinkWord));
            }
        }

        if (mode == ReasoningMode.On) return;
        foreach (var turn in saying) SystemTurn.CallSystem(turn, edits);
        if (saying.Count == 0) SystemTurn.Lead(request, NoThinkWord, edits);
    }

    // With the white space that set the words apart, behind them or else before them; those side by side go as one.
    private static void TakeOut(JsonText text, BodyEdits edits)
    {
        var bytes = text.Bytes;
        for (var from = 0; bytes[from..].IndexOf(NoThink) is >= 0 and var at;)
        {
            int start = from + at, word = start + NoThink.Length, end = BehindSpace(bytes, word);
            while (bytes[end..].StartsWith(NoThink)) end = BehindSpace(bytes, word = end + NoThink.Length);
            if (end == word) while (start > 0 && IsSpace(bytes[start - 1])) start--;
            // What they stood between is kept apart, lest its two sides make a word: /no_/no_thinkthink.
            var joins = start > 0 && !IsSpace(bytes[start - 1]) && end < bytes.Length;
            edits.Replace(text.PlaceOf(start), text.PlaceOf(end), joins ? Space : ReadOnlyMemory<byte>.Empty);
            from = end;
        }
    }

    private static int BehindSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsSpace(text[at])) at++;
        return at;
    }

    private static bool IsSpace(byte at) => at is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r';

    private static int LastThink(ReadOnlySpan<byte> text)
    {
        var last = -1;
        foreach (var at in Words.Find(text, Think))
            if (!IsClosingMark(text, at)) last = at;
        return last;
    }

    private static bool IsClosingMark(ReadOnlySpan<byte> text, int at) =>
        at > 0 && text[at - 1] == '<' && at + Think.Length < text.Length && text[at + Think.Length] == '>';

    private static IEnumerable<(Turn Turn, JsonToken Token)> SystemTexts(InferenceRequest request) =>
        request.Turns.Where(turn => turn.IsSystem)
            .SelectMany(turn => turn.Texts, (turn, token) => (turn, token))
            .Where(text => Words.MayHold(request, text.token, "think"u8));
}
