using System.Net;
using System.Net.Sockets;

namespace Nemotron.Lab.Nodes;

/// <summary>
/// A listening port of a Service's cluster IP: each connection goes to the next of the endpoints, and stays there for as long as it lasts even when
/// the endpoint takes no new ones. Thread-safe.
/// </summary>
internal sealed class ServicePort : IDisposable
{
    private readonly Socket listener;
    private readonly CancellationTokenSource closing = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IReadOnlyList<IPEndPoint> endpoints;
    // The listener counts as one of them.
    private int open = 1;
    private int next;

    private ServicePort(Socket listener, IReadOnlyList<IPEndPoint> endpoints) => (this.listener, this.endpoints) = (listener, endpoints);

    /// <summary>Opens the port.</summary>
    /// <param name="address">The cluster IP and port.</param>
    /// <param name="endpoints">Where connections go.</param>
    /// <exception cref="SocketException">It is taken by something else on this machine.</exception>
    public static ServicePort Open(IPEndPoint address, IReadOnlyList<IPEndPoint> endpoints)
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

        var port = new ServicePort(socket, endpoints);
        _ = port.AcceptAsync();
        return port;
    }

    /// <summary>Where new connections go from now on.</summary>
    public void Route(IReadOnlyList<IPEndPoint> to) => endpoints = to;

    /// <summary>Refuses new connections; with <see cref="Dispose"/> those that are open end as well.</summary>
    public void StopListening() => listener.Dispose();

    /// <summary>Ends when it listens no longer and its last connection is over.</summary>
    public Task Ended => ended.Task;

    /// <inheritdoc/>
    public void Dispose()
    {
        listener.Dispose();
        closing.Cancel();
        closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync();
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                Left();
                return;
            }

            Interlocked.Increment(ref open);
            _ = ForwardAsync(client, closing.Token).ContinueWith(_ => Left(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Left()
    {
        if (Interlocked.Decrement(ref open) == 0) ended.TrySetResult();
    }

    private async Task ForwardAsync(Socket client, CancellationToken cancel)
    {
        using var near = client;
        var to = endpoints;
        if (to.Count == 0) return;
        var endpoint = to[(int)((uint)Interlocked.Increment(ref next) % (uint)to.Count)];
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            near.NoDelay = far.NoDelay = true;
            await far.ConnectAsync(endpoint, cancel);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var there = PumpAsync(near, far, over.Token);
            var back = PumpAsync(far, near, over.Token);
            await Task.WhenAll(there, back);
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client sees a connection that breaks, as it would of a pod that does. Lingering none sends it as a reset.
            near.LingerState = new(true, 0);
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer, cancel)) > 0)
        {
            for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), cancel);
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
