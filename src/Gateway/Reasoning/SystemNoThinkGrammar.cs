using System.Text;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>
/// Super v1.5: the model thinks unless the system message that opens the conversation has <c>/no_think</c>; a <c>/think</c> there is a client's way to say the
/// opposite. No other message counts: the template reads the first one only, and leaves later ones of the system's out.
/// </summary>
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
        foreach (var token in FirstTexts(request))
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
        var isSaid = false;
        foreach (var token in FirstTexts(request))
        {
            var text = request.Text(token);
            if (mode == ReasoningMode.On)
            {
                TakeOut(text, edits);
                continue;
            }

            isSaid |= text.Bytes.IndexOf(NoThink) >= 0;
            foreach (var at in Words.Find(text.Bytes, Think))
            {
                if (IsClosingMark(text.Bytes, at)) continue;
                // What asked for the opposite now asks for this.
                isSaid = true;
                edits.Replace(text.PlaceOf(at), text.PlaceOf(at + Think.Length), Encoding.UTF8.GetBytes(NoThinkWord));
            }
        }

        if (mode == ReasoningMode.On) return;
        if (isSaid) SystemTurn.CallSystem(request.Turns[0], edits);
        else SystemTurn.Lead(request, NoThinkWord, edits);
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

    private static IEnumerable<JsonToken> FirstTexts(InferenceRequest request) =>
        (SystemTurn.First(request)?.Texts ?? []).Where(token => Words.MayHold(request, token, "think"u8));
}
