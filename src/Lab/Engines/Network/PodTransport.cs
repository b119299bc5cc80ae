using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Nemotron.Lab.Engines;

/// <summary>
/// Hands connections that pods accepted to the one web server behind all of them. A web server per pod would cost megabytes and
/// threads' time each; a listening socket per port costs some kilobytes, and opening and closing it gives what a real process gives:
/// a refused connection while it loads and after it is gone.
/// </summary>
internal sealed class PodTransport(ILoggerFactory logs) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly SocketConnectionContextFactory connections = new(new SocketConnectionFactoryOptions(), logs.CreateLogger("Nemotron.Lab.Engines.Connections"));
    private readonly Dictionary<PortProtocol, Channel<ConnectionContext>> accepted = new()
    {
        [PortProtocol.Http] = Channel.CreateUnbounded<ConnectionContext>(new() { SingleReader = true }),
        [PortProtocol.Grpc] = Channel.CreateUnbounded<ConnectionContext>(new() { SingleReader = true }),
    };

    /// <inheritdoc/>
    public bool CanBind(EndPoint endpoint) => endpoint is PodEndPoint;

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(endpoint, accepted[((PodEndPoint)endpoint).Protocol].Reader));

    /// <summary>Gives a connection to the web server.</summary>
    /// <param name="socket">The accepted socket; taken over.</param>
    /// <param name="port">The port it came in by.</param>
    /// <returns>The connection, so that its process can cut it; null when the peer is gone already.</returns>
    public PodConnection? Accept(Socket socket, PodPort port)
    {
        ConnectionContext connection;
        try
        {
            connection = connections.Create(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }

        var known = new PodConnection(connection, port);
        connection.Features.Set(known);
        if (!accepted[port.Protocol].Writer.TryWrite(connection)) known.Cut();
        return known;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in accepted.Values) channel.Writer.TryComplete();
        connections.Dispose();
    }

    private sealed class Listener(EndPoint endPoint, ChannelReader<ConnectionContext> accepted) : IConnectionListener
    {
        private readonly CancellationTokenSource unbound = new();

        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(unbound.Token, cancellationToken);
            try
            {
                return await accepted.ReadAsync(either.Token);
            }
            catch (Exception ended) when (ended is ChannelClosedException or OperationCanceledException)
            {
                // Null tells Kestrel that nothing more will come.
                return null;
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => new(unbound.CancelAsync());

        public ValueTask DisposeAsync()
        {
            unbound.Dispose();
            return default;
        }
    }
}
