using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>
/// Nano v2: <c>/think</c> and <c>/no_think</c> in system and user messages. The client means the last one it wrote. The model's template goes message by
/// message, the parts of one joined, and within one message <c>/think</c> beats <c>/no_think</c> wherever they stand; both are taken out before the model reads
/// the text.
/// So where the template would read another mode than is to be applied, the tags that say otherwise are turned round in their places.
/// </summary>
/// <param name="modelDefault">What the template does without a tag.</param>
internal sealed class ThinkTagsGrammar(ReasoningMode? modelDefault) : IReasoningGrammar
{
    private const string ThinkWord = "/think", NoThinkWord = "/no_think";

    private static ReadOnlySpan<byte> Think => "/think"u8;

    private static ReadOnlySpan<byte> NoThink => "/no_think"u8;

    private static ReadOnlySpan<byte> TraceEnd => "</think>"u8;

    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request)
    {
        var tags = Tags(request);
        return tags.Count == 0 ? null : tags[^1].Mode;
    }

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
        var tags = Tags(request);
        // The template reads no developer's messages.
        foreach (var turn in tags.Select(tag => tag.Turn).Distinct()) SystemTurn.CallSystem(turn, edits);
        if ((TemplateReads(tags) ?? modelDefault) == mode) return;
        var word = mode == ReasoningMode.On ? ThinkWord : NoThinkWord;
        if (tags.Count == 0) SystemTurn.Lead(request, word, edits);
        foreach (var tag in tags)
            if (tag.Mode != mode) edits.Replace(tag.Start, tag.End, System.Text.Encoding.UTF8.GetBytes(word));
    }

    private static ReasoningMode? TemplateReads(List<Tag> tags)
    {
        if (tags.Count == 0) return null;
        var last = tags[^1].Turn;
        return tags.Exists(tag => tag.Turn == last && tag.Mode == ReasoningMode.On) ? ReasoningMode.On : ReasoningMode.Off;
    }

    private static List<Tag> Tags(InferenceRequest request)
    {
        List<Tag> tags = [];
        foreach (var turn in request.Turns)
        {
            if (turn.Role == TurnRole.Other) continue;
            foreach (var token in turn.Texts)
            {
                if (!Words.MayHold(request, token, "think"u8)) continue;
                var text = request.Text(token);
                var found = new List<(int At, int End, ReasoningMode Mode)>();
                foreach (var at in Words.Find(text.Bytes, NoThink)) found.Add((at, at + NoThink.Length, ReasoningMode.Off));
                foreach (var (at, end) in FindThink(text.Bytes)) found.Add((at, end, ReasoningMode.On));
                foreach (var (at, end, mode) in found.OrderBy(tag => tag.At))
                    tags.Add(new Tag(turn, text.PlaceOf(at), text.PlaceOf(end), mode));
            }
        }

        return tags;
    }

    // As the template looks for it: in the text without the marks that close quoted traces, so that one in the midst of the word does not hide it.
    private static List<(int At, int End)> FindThink(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf(TraceEnd) < 0) return [.. Words.Find(text, Think).Select(at => (at, at + ThinkWord.Length))];
        var (kept, places, length) = (new byte[text.Length], new int[text.Length], 0);
        for (var at = 0; at < text.Length;)
        {
            if (text[at..].StartsWith(TraceEnd))
            {
                at += TraceEnd.Length;
                continue;
            }

            places[length] = at;
            kept[length++] = text[at++];
        }

        return [.. Words.Find(kept.AsSpan(0, length), Think).Select(at => (places[at], places[at + ThinkWord.Length - 1] + 1))];
    }

    private readonly record struct Tag(Turn Turn, int Start, int End, ReasoningMode Mode);
}
