using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>A port that a server wants.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Protocol">How it is spoken to.</param>
/// <param name="Answer">Answers a request.</param>
internal sealed record WantedPort(int Number, PortProtocol Protocol, RequestDelegate Answer);

/// <summary>The open ports of one process: on the pod's address, on the pod's localhost, or both. Thread-safe.</summary>
/// <param name="transport">Where connections go.</param>
/// <param name="pod">The pod's address.</param>
/// <param name="exposed">Whether the pod's address is listened on.</param>
/// <param name="local">Whether the pod's localhost is listened on.</param>
internal sealed class EnginePorts(PodTransport transport, IPAddress pod, bool exposed, bool local) : IDisposable
{
    private readonly List<(int Number, PodPort Port)> open = [];
    private readonly Lock gate = new();
    private bool reachable = true;
    private bool closed;

    /// <summary>Opens ports.</summary>
    /// <exception cref="SocketException">One is taken.</exception>
    public void Open(IEnumerable<WantedPort> wanted)
    {
        lock (gate)
        {
            foreach (var port in wanted)
            {
                if (closed) return;
                if (exposed) Add(port, pod);
                if (local) Add(port, LabNetwork.LocalhostOf(pod));
            }
        }
    }

    /// <summary>Stops listening on a port, or on all when <paramref name="number"/> is null; open connections close when what is being answered on them has been.</summary>
    public void StopListening(int? number = null)
    {
        foreach (var port in Of(number)) port.StopListening();
    }

    /// <summary>Ends when no connection to a port is open, or to any when <paramref name="number"/> is null.</summary>
    public Task ClosedAsync(int? number = null) => Task.WhenAll(Of(number).Select(port => port.Closed));

    /// <summary>Cuts the pod's address off, or lets it back. Its localhost is not affected.</summary>
    public void SetReachable(bool value)
    {
        lock (gate)
        {
            if (reachable == value) return;
            reachable = value;
            foreach (var (_, port) in open) port.Unreachable = !value;
        }
    }

    /// <summary>Closes everything.</summary>
    public void Dispose()
    {
        List<(int, PodPort Port)> all;
        lock (gate)
        {
            closed = true;
            all = [.. open];
            open.Clear();
        }

        foreach (var (_, port) in all) port.Dispose();
    }

    private List<PodPort> Of(int? number)
    {
        lock (gate) return [.. open.Where(entry => number is null || entry.Number == number).Select(entry => entry.Port)];
    }

    private void Add(WantedPort wanted, IPAddress address)
    {
        var port = PodPort.Open(transport, new(address, wanted.Number), wanted.Protocol, wanted.Answer);
        port.Unreachable = !reachable;
        open.Add((wanted.Number, port));
    }
}
