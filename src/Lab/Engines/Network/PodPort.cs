using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>
/// One open port of a simulated process: a listening socket, and the connections that came in by it. Each of its requests finds it
/// by the connection, so that the one web server knows whom it answers for. Thread-safe.
/// </summary>
internal sealed class PodPort : IDisposable
{
    private readonly PodTransport transport;
    private readonly Socket listener;
    private readonly HashSet<PodConnection> connections = [];
    // Accepted while unreachable, and never heard.
    private readonly List<Socket> unheard = [];
    private readonly Lock gate = new();
    private TaskCompletionSource? lastClosed;
    private bool closed;
    private bool unreachable;

    private PodPort(PodTransport transport, Socket listener, PortProtocol protocol, RequestDelegate answer)
    {
        this.transport = transport;
        this.listener = listener;
        Protocol = protocol;
        Answer = answer;
    }

    /// <summary>How it is spoken to.</summary>
    public PortProtocol Protocol { get; }

    /// <summary>Answers a request that came in by this port.</summary>
    public RequestDelegate Answer { get; }

    /// <summary>
    /// While set, the machine cannot be reached: open connections are cut, new ones are never answered (the real ones would not even
    /// be established, which loopback cannot show).
    /// </summary>
    public bool Unreachable
    {
        get
        {
            lock (gate) return unreachable;
        }

        set
        {
            lock (gate)
            {
                if (unreachable == value) return;
                unreachable = value;
                foreach (var socket in unheard) socket.Dispose();
                unheard.Clear();
            }

            if (value) CutConnections();
        }
    }

    /// <summary>Opens a port.</summary>
    /// <param name="transport">Where its connections go.</param>
    /// <param name="address">The address and port.</param>
    /// <param name="protocol">How it is spoken to.</param>
    /// <param name="answer">Answers each request.</param>
    /// <exception cref="SocketException">The port is taken by something else on this machine.</exception>
    public static PodPort Open(PodTransport transport, IPEndPoint address, PortProtocol protocol, RequestDelegate answer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(address);
            socket.Listen(512);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var port = new PodPort(transport, socket, protocol, answer);
        _ = port.AcceptAsync();
        return port;
    }

    /// <summary>Stops accepting. What is being answered on open connections is answered to its end, and then they close.</summary>
    public void StopListening()
    {
        listener.Dispose();
        PodConnection[] open;
        lock (gate) open = [.. connections];
        foreach (var connection in open) connection.Finish();
    }

    /// <summary>Ends when no connection is open.</summary>
    public Task Closed
    {
        get
        {
            lock (gate) return connections.Count == 0 ? Task.CompletedTask : (lastClosed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Closes the port and cuts its connections, as the end of a process does.</summary>
    public void Dispose()
    {
        PodConnection[] open;
        lock (gate)
        {
            closed = true;
            open = [.. connections];
            connections.Clear();
            lastClosed?.TrySetResult();
            foreach (var socket in unheard) socket.Dispose();
            unheard.Clear();
        }

        listener.Dispose();
        Cut(open);
    }

    /// <summary>Cuts the open connections; new ones are still accepted.</summary>
    public void CutConnections()
    {
        PodConnection[] open;
        lock (gate) open = [.. connections];
        Cut(open);
    }

    private static void Cut(PodConnection[] open)
    {
        foreach (var connection in open) connection.Cut();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
                socket.NoDelay = true;
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (Kept(socket)) continue;
            if (transport.Accept(socket, this) is { } connection && !Register(connection)) connection.Cut();
        }
    }

    private bool Kept(Socket socket)
    {
        lock (gate)
        {
            if (!unreachable || closed) return false;
            unheard.Add(socket);
            return true;
        }
    }

    private bool Register(PodConnection connection)
    {
        lock (gate)
        {
            if (closed) return false;
            connections.Add(connection);
            connection.OnClosed(static (port, gone) =>
            {
                lock (port.gate)
                {
                    port.connections.Remove(gone);
                    if (port.connections.Count == 0)
                    {
                        port.lastClosed?.TrySetResult();
                        port.lastClosed = null;
                    }
                }
            });
            return true;
        }
    }
}
