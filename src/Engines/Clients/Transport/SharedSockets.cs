using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Nemotron.Engines.Clients.Transport;

/// <summary>The sockets under every engine's client: one handler for each <see cref="TlsSettings"/>, with a pool per pod inside.</summary>
internal sealed class SharedSockets(EngineTimeouts timeouts) : IDisposable
{
    // A probe may be waiting while health is asked and metrics are read; more than that at one pod is a fault of ours.
    private const int MaxConnectionsPerPod = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<TlsSettings, SocketsHttpHandler> _secure = new(ReferenceEqualityComparer.Instance);
    private readonly SocketsHttpHandler _plain = Create(null, timeouts);

    public SocketsHttpHandler For(TlsSettings? tls)
    {
        if (tls is null) return _plain;
        lock (_lock)
        {
            if (!_secure.TryGetValue(tls, out var handler)) _secure.Add(tls, handler = Create(tls, timeouts));
            return handler;
        }
    }

    public void Dispose()
    {
        _plain.Dispose();
        foreach (var handler in _secure.Values) handler.Dispose();
    }

    private static SocketsHttpHandler Create(TlsSettings? tls, EngineTimeouts timeouts)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = timeouts.Connect,
            MaxConnectionsPerServer = MaxConnectionsPerPod,
            EnableMultipleHttp2Connections = false,
            MaxResponseHeadersLength = 16,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            // No HTTP/2 pings: Triton answers more than one in 5 minutes with GOAWAY. TCP watches the connection instead.
            ConnectCallback = ConnectAsync,
            ActivityHeadersPropagator = null,
        };
        if (tls?.Authorities is { } authorities)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            DropWhenUnanswered(socket);
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A node that vanishes leaves a connection that looks well for a quarter of an hour, and every poll would go into it.
    private static void DropWhenUnanswered(Socket socket)
    {
        const int seconds = 20;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (!OperatingSystem.IsLinux()) return;
        // TCP_USER_TIMEOUT of tcp(7): what was sent and not acknowledged for so long closes the connection.
        const int tcp = 6, userTimeout = 18;
        socket.SetRawSocketOption(tcp, userTimeout, BitConverter.GetBytes(seconds * 1000));
    }
}
