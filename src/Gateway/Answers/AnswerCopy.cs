using System.Buffers;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Answers;

/// <summary>Keeps a whole answer beside the client's copy, to read its token counts; one that is too large is let go.</summary>
internal sealed class AnswerCopy
{
    private const int Largest = 16 << 20;

    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private bool _tooLarge;

    /// <summary>The answer.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>Takes a piece.</summary>
    /// <returns>False where the answer is too large to be kept.</returns>
    public bool Add(ReadOnlySpan<byte> bytes)
    {
        _tooLarge |= _bytes.WrittenCount + bytes.Length > Largest;
        if (!_tooLarge) _bytes.Write(bytes);
        return !_tooLarge;
    }

    /// <summary>What the answer says; null where it is no JSON object or too large.</summary>
    public Chunk? Read(ApiEndpoint endpoint)
    {
        var chunk = new Chunk();
        return !_tooLarge && chunk.Read(Bytes.Span, endpoint) ? chunk : null;
    }
}
