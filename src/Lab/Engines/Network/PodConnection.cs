using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>A connection to a port of a simulated process.</summary>
/// <param name="connection">The transport's.</param>
/// <param name="port">The port it came in by.</param>
internal sealed class PodConnection(ConnectionContext connection, PodPort port)
{
    /// <summary>Answers a request of it.</summary>
    public Task AnswerAsync(HttpContext http) => port.Answer(http);

    /// <summary>Has it closed when what is being answered on it has been: at once where nothing is.</summary>
    public void Finish() => connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();

    /// <summary>Cuts it.</summary>
    public void Cut() => connection.Abort(new ConnectionAbortedException("The simulated process ended."));

    /// <summary>Tells the port when it is closed.</summary>
    public void OnClosed(Action<PodPort, PodConnection> closed) => connection.ConnectionClosed.UnsafeRegister(_ => closed(port, this), null);
}
