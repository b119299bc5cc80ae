using System.Buffers;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Answers;

/// <summary>Keeps a whole answer beside the client's copy, to read its token counts; one that is too large is let go.</summary>
internal sealed class AnswerCopy
{
    private const int Largest = 16 << 20;

    private readonly ReadOnlyMemory<byte> _whole;
    private readonly ArrayBufferWriter<byte>? _pieces;
    private bool _tooLarge;

    /// <summary>Begins with a first piece.</summary>
    /// <param name="first">The piece.</param>
    /// <param name="isWhole">That is all, and stays where it is for as long as it is wanted.</param>
    public AnswerCopy(ReadOnlyMemory<byte> first, bool isWhole)
    {
        if (isWhole) _whole = first;
        else
        {
            _pieces = new ArrayBufferWriter<byte>(4096);
            Add(first.Span);
        }
    }

    /// <summary>The answer.</summary>
    public ReadOnlyMemory<byte> Bytes => _pieces?.WrittenMemory ?? _whole;

    /// <summary>Takes a piece.</summary>
    /// <returns>False where the answer is too large to be kept.</returns>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        if (_pieces is null) return bytes.IsEmpty ? true : throw new InvalidOperationException("A whole answer takes no more.");
        _tooLarge |= _pieces.WrittenCount + bytes.Length > Largest;
        if (!_tooLarge) _pieces.Write(bytes);
        return !_tooLarge;
    }

    /// <summary>What the answer says; null where it is no JSON object or too large.</summary>
    public Chunk? Read(ApiEndpoint endpoint)
    {
        var chunk = new Chunk();
        return !_tooLarge && chunk.Read(Bytes.Span, endpoint) ? chunk : null;
    }
}
