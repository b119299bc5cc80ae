using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Answers;

/// <summary>
/// A piece of a stream that brought nothing but text, kept because the next one mostly differs from it in that text alone: where all before the text and all
/// behind it is the same bytes, the places are known without reading the piece again. That is most of what passing a token on costs.
/// </summary>
internal sealed class ChunkPattern
{
    private static ReadOnlySpan<byte> EndsOrEscapes => "\"\\"u8;

    private byte[] _json = new byte[512];
    private int _length;
    private ChoiceDelta _choice;
    private JsonToken _id;
    private bool _isSet;

    /// <summary>Keeps a piece.</summary>
    public void Keep(ReadOnlySpan<byte> json, ChoiceDelta choice, JsonToken id)
    {
        if (_json.Length < json.Length) _json = new byte[json.Length];
        json.CopyTo(_json);
        (_length, _choice, _id, _isSet) = (json.Length, choice, id, true);
    }

    /// <summary>Forgets it.</summary>
    public void Clear() => _isSet = false;

    /// <summary>Whether a piece is like the kept one but for its text, and then its places.</summary>
    public bool Matches(ReadOnlySpan<byte> json, out ChoiceDelta choice, out JsonToken id)
    {
        (choice, id) = (_choice, _id);
        if (!_isSet) return false;
        var (start, oldEnd) = (choice.Content.Start, choice.Content.End);
        var end = json.Length - (_length - oldEnd);
        // At least one letter between two quotes.
        if (end - start <= 2 || json[end - 1] != '"') return false;
        if (!json[..(start + 1)].SequenceEqual(_json.AsSpan(0, start + 1)) || !json[end..].SequenceEqual(_json.AsSpan(oldEnd, _length - oldEnd))) return false;
        // A quote or an escape would need a careful look.
        if (json[(start + 1)..(end - 1)].IndexOfAny(EndsOrEscapes) >= 0) return false;
        var moved = end - oldEnd;
        choice = choice with { Content = choice.Content with { End = end }, Finish = Moved(choice.Finish, start, moved) };
        id = Moved(id, start, moved);
        return true;
    }

    private static JsonToken Moved(JsonToken token, int from, int by) => token.Start > from ? token with { Start = token.Start + by, End = token.End + by } : token;
}
