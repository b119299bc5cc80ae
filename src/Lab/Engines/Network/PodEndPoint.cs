using System.Net;
using System.Net.Sockets;

namespace Nemotron.Lab.Engines;

/// <summary>How a port of a simulated process is spoken to.</summary>
internal enum PortProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http,

    /// <summary>HTTP/2 without TLS, as gRPC servers in a cluster speak it.</summary>
    Grpc,
}

/// <summary>What Kestrel is told to listen on: not an address, but whatever pods open of one protocol.</summary>
/// <param name="protocol">The protocol of the connections.</param>
internal sealed class PodEndPoint(PortProtocol protocol) : EndPoint
{
    /// <summary>The protocol of the connections.</summary>
    public PortProtocol Protocol { get; } = protocol;

    /// <inheritdoc/>
    public override AddressFamily AddressFamily => AddressFamily.InterNetwork;

    /// <inheritdoc/>
    public override string ToString() => $"pods ({Protocol})";
}
