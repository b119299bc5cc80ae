using System.Text;

namespace Nemotron.Gateway.Json;

/// <summary>
/// Changes to a document, by place. Whatever is not named here stays byte for byte what it was: key order, number formats, escapes,
/// unknown and doubled keys.
/// </summary>
internal sealed class BodyEdits
{
    private readonly List<Edit> _edits = [];

    /// <summary>Nothing is to be changed.</summary>
    public bool AreEmpty => _edits.Count == 0;

    /// <summary>Puts bytes before the byte at <paramref name="at"/>. Of two at one place the first asked for comes first.</summary>
    public void Insert(int at, ReadOnlyMemory<byte> text) => _edits.Add(new Edit(at, at, text));

    /// <summary>Puts text before the byte at <paramref name="at"/>.</summary>
    public void Insert(int at, string text) => Insert(at, Encoding.UTF8.GetBytes(text));

    /// <summary>Puts bytes in the place of those from <paramref name="start"/> to before <paramref name="end"/>.</summary>
    public void Replace(int start, int end, ReadOnlyMemory<byte> text) => _edits.Add(new Edit(start, end, text));

    /// <summary>Puts text in a value's place.</summary>
    public void Replace(JsonToken token, string text) => Replace(token.Start, token.End, Encoding.UTF8.GetBytes(text));

    /// <summary>Takes a member out of an object with one comma, so that the object stays one.</summary>
    /// <param name="document">The document.</param>
    /// <param name="start">The first byte of its key.</param>
    /// <param name="end">Behind its value.</param>
    public void Remove(ReadOnlySpan<byte> document, int start, int end)
    {
        var before = document[..start].TrimEnd(" \t\r\n"u8).Length;
        var after = end + (document.Length - end - document[end..].TrimStart(" \t\r\n"u8).Length);
        if (document[before - 1] == ',') Replace(before - 1, end, ReadOnlyMemory<byte>.Empty);
        else if (document[after] == ',') Replace(start, after + 1, ReadOnlyMemory<byte>.Empty);
        else Replace(start, end, ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>The changed document.</summary>
    public ReadOnlyMemory<byte> ApplyTo(ReadOnlyMemory<byte> document)
    {
        if (AreEmpty) return document;
        // Stable: edits at one place keep their order.
        var edits = _edits.OrderBy(edit => edit.Start).ToArray();
        var changed = new byte[document.Length + edits.Sum(edit => edit.Text.Length - (edit.End - edit.Start))];
        int from = 0, to = 0;
        foreach (var edit in edits)
        {
            document.Span[from..edit.Start].CopyTo(changed.AsSpan(to));
            to += edit.Start - from;
            edit.Text.Span.CopyTo(changed.AsSpan(to));
            to += edit.Text.Length;
            from = edit.End;
        }

        document.Span[from..].CopyTo(changed.AsSpan(to));
        return changed;
    }

    private readonly record struct Edit(int Start, int End, ReadOnlyMemory<byte> Text);
}
