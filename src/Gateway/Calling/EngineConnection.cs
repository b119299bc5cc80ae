using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Nemotron.Gateway.Calling;

/// <summary>A connection to the engine, with what was read from it and not yet used. One user at a time; only <see cref="Close"/> may come from elsewhere.</summary>
internal sealed class EngineConnection : IDisposable
{
    // A stream of tokens fits into the least; one that brings more than that at a time gets more room, and gives it back when it slows down.
    private const int LeastBuffer = 4096, MostBuffer = 65536;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[]? _buffer;
    private int _start, _end;
    private bool _isReading;
    private volatile bool _isClosed;

    private EngineConnection(Socket socket, Stream stream, Uri upstream)
    {
        _socket = socket;
        _stream = stream;
        Upstream = upstream;
    }

    /// <summary>Where it leads.</summary>
    public Uri Upstream { get; }

    /// <summary>The head of the last answer.</summary>
    public AnswerHead Head { get; } = new();

    /// <summary>Its body.</summary>
    public BodyFraming Body { get; } = new();

    /// <summary>When it was last put away.</summary>
    public long IdleSince { get; set; }

    /// <summary>It has had a request before this one.</summary>
    public bool IsReused { get; set; }

    /// <summary>It has been closed by this side.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>What was read and not yet used.</summary>
    public Span<byte> Unused => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Connects.</summary>
    /// <param name="upstream">Scheme, host and port.</param>
    /// <param name="cancellationToken">Cuts the attempt.</param>
    /// <exception cref="SocketException">Nobody is there.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The other side's certificate is not trusted.</exception>
    public static async Task<EngineConnection> OpenAsync(Uri upstream, CancellationToken cancellationToken)
    {
        var socket = IPAddress.TryParse(upstream.DnsSafeHost, out var address)
            ? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        Stream? stream = null;
        try
        {
            socket.NoDelay = true;
            if (address is not null) await socket.ConnectAsync(new IPEndPoint(address, upstream.Port), cancellationToken);
            else await socket.ConnectAsync(upstream.DnsSafeHost, upstream.Port, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (upstream.Scheme == Uri.UriSchemeHttps)
            {
                var secure = new SslStream(stream);
                stream = secure;
                await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = upstream.IdnHost }, cancellationToken);
            }

            return new EngineConnection(socket, stream, upstream);
        }
        catch
        {
            if (stream is not null) await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The other side has closed it, or has said something that nobody asked for.</summary>
    public bool IsStale() => _isClosed || _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Sends.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes, CancellationToken.None);

    /// <summary>Reads what is there, or waits for it, behind what is not yet used.</summary>
    /// <returns>How much came; 0 at the end of the connection.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync()
    {
        MakeRoom();
        _isReading = true;
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), CancellationToken.None);
        _isReading = false;
        _end += read;
        return read;
    }

    /// <summary>So much of <see cref="Unused"/> is done with.</summary>
    public ReadOnlyMemory<byte> Use(int bytes)
    {
        var used = _buffer.AsMemory(_start, bytes);
        _start += bytes;
        return used;
    }

    /// <summary>Gives the buffer back while there is nothing to be read.</summary>
    public void Rest()
    {
        if (_buffer is null) return;
        // What a broken-off read may still write into is nobody else's.
        if (!_isReading) ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _start, _end) = (null, 0, 0);
    }

    /// <summary>Closes it; what waits on it fails at once.</summary>
    public void Close()
    {
        if (_isClosed) return;
        _isClosed = true;
        // Not the stream's own way, which would wait for its turn; and the other side is to stop at once, not when it has written all.
        _socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        Rest();
        _stream.Dispose();
    }

    private void MakeRoom()
    {
        var rest = _end - _start;
        var size = _buffer is null ? LeastBuffer
            // The last read filled it.
            : _end == _buffer.Length ? Math.Min(MostBuffer, _buffer.Length * 4)
            : _buffer.Length > LeastBuffer && _end < LeastBuffer / 2 ? LeastBuffer
            : _buffer.Length;
        // What is not yet used has to fit in any case, with as much again: a long head.
        size = Math.Max(size, rest * 2);
        if (_buffer is null || size > _buffer.Length || size < _buffer.Length / 2)
        {
            var other = ArrayPool<byte>.Shared.Rent(size);
            if (_buffer is not null)
            {
                Unused.CopyTo(other);
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = other;
        }
        else if (rest > 0) Unused.CopyTo(_buffer);

        (_start, _end) = (0, rest);
    }
}
