using System.Buffers.Text;

namespace Nemotron.Gateway.Calling;

/// <summary>
/// Takes an answer's body out of the bytes of its connection (RFC 9112 §6.3): of a known length, in chunks, or all until the connection ends.
/// </summary>
internal sealed class BodyFraming
{
    // Far more than any engine writes: a chunk's size with its extensions, or the fields behind the last chunk.
    private const int LongestLine = 4096, MostTrailerBytes = 16384;

    private State _state = State.Ended;
    private long _left;
    private int _trailerBytes;

    private enum State
    {
        Ended,
        Length,
        UntilEnd,
        ChunkSize,
        Chunk,
        ChunkEnd,
        Trailer,
    }

    /// <summary>The body has come to its end.</summary>
    public bool HasEnded => _state == State.Ended;

    /// <summary>The end of the connection is the end of the body.</summary>
    public bool EndsWithConnection => _state == State.UntilEnd;

    /// <summary>A body of so many bytes follows.</summary>
    public void OfLength(long bytes) => (_state, _left) = (bytes == 0 ? State.Ended : State.Length, bytes);

    /// <summary>A body in chunks follows.</summary>
    public void InChunks() => (_state, _trailerBytes) = (State.ChunkSize, 0);

    /// <summary>A body that ends with its connection follows.</summary>
    public void UntilConnectionEnds() => _state = State.UntilEnd;

    /// <summary>Takes the body out of the next bytes, and moves its pieces together at their beginning.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="used">How much of it is done with; the rest is to be handed in again, with more behind it.</param>
    /// <returns>How many bytes of the body now stand at the beginning.</returns>
    /// <exception cref="HttpRequestException">That is no body in chunks.</exception>
    public int Take(Span<byte> bytes, out int used)
    {
        var taken = 0;
        used = 0;
        while (used < bytes.Length && _state != State.Ended)
        {
            var rest = bytes[used..];
            switch (_state)
            {
                case State.UntilEnd:
                    used = bytes.Length;
                    return used;
                case State.Length or State.Chunk:
                    var piece = (int)Math.Min(_left, rest.Length);
                    if (taken != used) rest[..piece].CopyTo(bytes[taken..]);
                    taken += piece;
                    used += piece;
                    _left -= piece;
                    if (_left == 0) _state = _state == State.Length ? State.Ended : State.ChunkEnd;
                    break;
                case State.ChunkEnd:
                    if (rest[0] == '\n') used++;
                    else if (rest.Length < 2) return rest[0] == '\r' ? taken : throw Broken();
                    else if (rest[0] == '\r' && rest[1] == '\n') used += 2;
                    else throw Broken();
                    _state = State.ChunkSize;
                    break;
                default:
                    var length = rest.IndexOf((byte)'\n');
                    if (length < 0) return rest.Length > LongestLine ? throw Broken() : taken;
                    var line = rest[..length];
                    used += length + 1;
                    if (_state == State.ChunkSize) ReadSize(line);
                    else ReadTrailer(line);
                    break;
            }
        }

        return taken;
    }

    private void ReadSize(ReadOnlySpan<byte> line)
    {
        // More than 15 digits would not fit; an extension or spaces may follow.
        if (!Utf8Parser.TryParse(line[..Math.Min(line.Length, 15)], out long size, out var digits, 'x')) throw Broken();
        var behind = line[digits..].TrimEnd((byte)'\r').Trim(" \t"u8);
        if (!behind.IsEmpty && behind[0] != ';') throw Broken();
        _left = size;
        _state = size == 0 ? State.Trailer : State.Chunk;
    }

    private void ReadTrailer(ReadOnlySpan<byte> line)
    {
        _trailerBytes += line.Length + 1;
        if (_trailerBytes > MostTrailerBytes) throw Broken();
        if (line.TrimEnd((byte)'\r').IsEmpty) _state = State.Ended;
    }

    private static HttpRequestException Broken() => new(HttpRequestError.InvalidResponse, "The engine's answer is badly framed.");
}
