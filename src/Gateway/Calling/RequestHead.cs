using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Nemotron.Gateway.Forwarding;

namespace Nemotron.Gateway.Calling;

/// <summary>A request as it goes to the engine, in a rented buffer: its head, and its body behind it where that is small.</summary>
internal sealed class RequestHead : IDisposable
{
    // Sent in one piece up to here: copying that much costs less than a second send.
    private const int SmallBody = 16384;

    private static readonly SearchValues<char> LineBreaks = SearchValues.Create("\r\n\0");

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(2048);
    private int _length;

    private RequestHead(ReadOnlyMemory<byte> body)
    {
        Rest = body;
    }

    /// <summary>What is sent first.</summary>
    public ReadOnlyMemory<byte> First => _buffer.AsMemory(0, _length);

    /// <summary>What is sent then; empty where it went with the first.</summary>
    public ReadOnlyMemory<byte> Rest { get; private set; }

    /// <summary>Writes a POST.</summary>
    /// <param name="client">The client's request, whose headers and query go along.</param>
    /// <param name="upstream">The engine.</param>
    /// <param name="path">The path there.</param>
    /// <param name="body">The body.</param>
    /// <param name="keepsAuthorization">The client's <c>Authorization</c> is for the engine, not for the gateway.</param>
    public static RequestHead Post(HttpRequest client, Uri upstream, string path, ReadOnlyMemory<byte> body, bool keepsAuthorization)
    {
        var head = new RequestHead(body);
        head.Write("POST "u8);
        head.Write(path);
        if (client.QueryString.Value is { Length: > 0 } query) head.WriteQuery(query);
        head.Write(" HTTP/1.1\r\nHost: "u8);
        head.Write(upstream.Authority);
        head.Write("\r\nContent-Length: "u8);
        head.Write(body.Length);
        head.Write("\r\n"u8);
        var connection = client.Headers.Connection.ToString();
        foreach (var (name, values) in client.Headers)
        {
            if (!HopHeaders.RequestKeeps(name, connection)) continue;
            if (!keepsAuthorization && name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) continue;
            // HTTP/2 cuts this one into pieces, which HTTP/1 knows as one line.
            if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)) head.Write(name, string.Join("; ", values.AsEnumerable()));
            else
                foreach (var value in values)
                    head.Write(name, value ?? "");
        }

        head.Write("\r\n"u8);
        if (body.Length > SmallBody) return head;
        head.Write(body.Span);
        head.Rest = default;
        return head;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private void Write(string name, string value)
    {
        // What would begin another line is no part of this one.
        if (value.AsSpan().ContainsAny(LineBreaks) || name.AsSpan().ContainsAny(LineBreaks)) return;
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    // As the client wrote it; what cannot stand in a request's first line is escaped.
    private void WriteQuery(string query)
    {
        if (!query.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            Write(query);
            return;
        }

        Span<byte> hex = stackalloc byte[3];
        hex[0] = (byte)'%';
        foreach (var one in Encoding.UTF8.GetBytes(query))
        {
            if (one is >= (byte)'!' and <= (byte)'~') Write([one]);
            else
            {
                Utf8Formatter.TryFormat(one, hex[1..], out _, new StandardFormat('X', 2));
                Write(hex);
            }
        }
    }

    private void Write(int number)
    {
        Utf8Formatter.TryFormat(number, Room(11), out var written);
        _length += written;
    }

    private void Write(string text) => _length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - _length >= bytes) return _buffer.AsSpan(_length);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + bytes, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        return _buffer.AsSpan(_length);
    }
}
