using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>A connection to a port of a simulated process.</summary>
/// <param name="connection">The transport's.</param>
/// <param name="port">The port it came in by.</param>
internal sealed class PodConnection(ConnectionContext connection, PodPort port)
{
    private int answering;

    /// <summary>Requests on it that are being answered.</summary>
    public int Answering => Volatile.Read(ref answering);

    /// <summary>Answers a request of it.</summary>
    public async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref answering);
        try
        {
            await port.Answer(http);
        }
        finally
        {
            Interlocked.Decrement(ref answering);
        }
    }

    /// <summary>Cuts it.</summary>
    public void Cut() => connection.Abort(new ConnectionAbortedException("The simulated process ended."));

    /// <summary>Tells the port when it is closed.</summary>
    public void OnClosed(Action<PodPort, PodConnection> closed) => connection.ConnectionClosed.UnsafeRegister(_ => closed(port, this), null);
}
