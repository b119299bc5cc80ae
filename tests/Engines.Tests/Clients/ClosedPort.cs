using System.Net;
using System.Net.Sockets;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>A port of loopback on which nothing listens.</summary>
internal static class ClosedPort
{
    /// <summary>Bound without listening would refuse too, as trtllm-serve does while it loads; here it is free.</summary>
    public static int Find()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
