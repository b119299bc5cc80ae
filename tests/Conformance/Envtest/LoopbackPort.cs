using System.Net;
using System.Net.Sockets;

namespace Nemotron.Conformance.Envtest;

/// <summary>Ports on the loopback interface, for programs that must be told theirs.</summary>
internal static class LoopbackPort
{
    /// <summary>The wanted port, or with 0 one that is free now. Another program may still take it before its owner does; that one then says so.</summary>
    /// <param name="wanted">The port, or 0.</param>
    /// <param name="program">Who is to have it.</param>
    /// <exception cref="EnvtestFault">The wanted port is taken.</exception>
    public static int Claim(int wanted, string program)
    {
        using var listener = new TcpListener(IPAddress.Loopback, wanted);
        try
        {
            listener.Start();
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new EnvtestFault($"port {wanted} on 127.0.0.1, wanted for {program}, is taken: stop what listens there, or ask for port 0 to have a free one chosen");
        }
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
