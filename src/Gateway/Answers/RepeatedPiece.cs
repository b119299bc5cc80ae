using System.Buffers;

namespace Nemotron.Gateway.Answers;

/// <summary>
/// Knows a piece of a stream again that is the one before but for its text: engines write the same id, model, time and index around each token. Such a piece
/// says what the earlier one said, and need not be read as JSON.
/// </summary>
internal sealed class RepeatedPiece
{
    // Where a JSON string ends, or is not simply its own text.
    private static readonly SearchValues<byte> EndOfPlainText = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, ' ').Select(letter => (byte)letter)]);

    private byte[] _bytes = [];
    private int _before, _length;

    /// <summary>Which of the answers it belongs to.</summary>
    public int Index { get; private set; }

    /// <summary>The text is part of the trace, by the engine's word.</summary>
    public bool IsReasoning { get; private set; }

    /// <summary>Takes a piece as the one to compare with, where it is one of text and nothing else that would have to be counted.</summary>
    /// <param name="sse">The event, its empty line included.</param>
    /// <param name="json">Where in it the JSON begins.</param>
    /// <param name="chunk">What it says.</param>
    public void Learn(ReadOnlySpan<byte> sse, int json, Chunk chunk)
    {
        _length = 0;
        if (chunk.IsError || chunk.Usage.Whole.IsThere || chunk.Choices is not [{ HasToolCalls: false } choice] || choice.HasContent == choice.HasReasoning) return;
        var text = choice.HasReasoning ? choice.Reasoning : choice.Content;
        if (sse.Length > _bytes.Length) _bytes = new byte[sse.Length * 2];
        // The text is left out: only its length may differ as well.
        _before = json + text.Start + 1;
        var behind = sse[(json + text.End - 1)..];
        sse[.._before].CopyTo(_bytes);
        behind.CopyTo(_bytes.AsSpan(_before));
        _length = _before + behind.Length;
        (Index, IsReasoning) = (choice.Index, choice.HasReasoning);
    }

    /// <summary>Whether the bytes begin with such a piece.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="text">Its text, which has no escapes and is not empty.</param>
    /// <returns>The length of the event; 0 where it is another one, or not all there.</returns>
    public int Match(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (_length == 0 || bytes.Length <= _length || !bytes.StartsWith(_bytes.AsSpan(0, _before))) return 0;
        var rest = bytes[_before..];
        var end = rest.IndexOfAny(EndOfPlainText);
        if (end <= 0 || !rest[end..].StartsWith(_bytes.AsSpan(_before, _length - _before))) return 0;
        text = rest[..end];
        return _length + end;
    }
}
