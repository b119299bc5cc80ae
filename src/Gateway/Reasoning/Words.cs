using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Reasoning;

/// <summary>Finds a grammar's words in a conversation.</summary>
internal static class Words
{
    /// <summary>The text may hold <paramref name="core"/>, escaped or not: a quick look that spares most texts the careful one.</summary>
    public static bool MayHold(InferenceRequest request, JsonToken token, ReadOnlySpan<byte> core)
    {
        var raw = token.In(request.Body.Span);
        return raw.IndexOf(core) >= 0 || raw.IndexOf(@"\u"u8) >= 0;
    }

    /// <summary>The places of a word in a text, in the order of the text, as positions in the text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="word">The word, found anywhere: the templates look for it as a plain part of the text.</param>
    public static List<int> Find(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        List<int> found = [];
        for (var from = 0; text[from..].IndexOf(word) is >= 0 and var at; from += at + word.Length) found.Add(from + at);
        return found;
    }
}
