using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Grpc.Core;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Clients.Transport;

/// <summary>From what a transport throws to what it says of the engine.</summary>
internal static class Faults
{
    /// <summary>Whether the network or the engine is at fault. Anything else is a fault of this program, and must not pass for one of the engine's.</summary>
    public static bool IsOne(Exception exception) =>
        exception is RpcException or HttpRequestException or OperationCanceledException or IOException or SocketException or EngineCallException or JsonException or InvalidDataException;

    /// <summary>Reads a fault of a call that had <paramref name="deadline"/>. Not for the caller's own cancellation.</summary>
    public static HealthAnswer Read(Exception fault, Deadline deadline)
    {
        if (deadline.Passed) return Late(deadline);
        if (fault is EngineCallException call) return call.Answer;
        if (fault is RpcException rpc) return OfRpc(rpc, deadline);
        if (fault is OperationCanceledException) return new HealthAnswer.NoConnection("the connection did not come about in time");
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket) return OfSocket(socket);
            if (inner is AuthenticationException tls) return new HealthAnswer.TlsFailed(tls.InnerException?.Message ?? tls.Message);
        }

        return fault is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            ? new HealthAnswer.NoConnection(fault.Message)
            : new HealthAnswer.NoReply(Innermost(fault).Message);
    }

    private static HealthAnswer OfRpc(RpcException rpc, Deadline deadline)
    {
        if (rpc.StatusCode == StatusCode.DeadlineExceeded) return Late(deadline);
        // A status of the client's own making carries the transport's exception; the server's never does.
        return rpc.Status.DebugException is { } transport and not RpcException
            ? Read(transport, deadline)
            : new HealthAnswer.GrpcFailure(rpc.StatusCode, rpc.Status.Detail);
    }

    private static HealthAnswer OfSocket(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => new HealthAnswer.Refused(),
        // It was connected, and the other side let go.
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NetworkReset => new HealthAnswer.NoReply(socket.Message),
        _ => new HealthAnswer.NoConnection(socket.Message),
    };

    private static HealthAnswer.NoReply Late(Deadline deadline) => new($"nothing came within {deadline.Limit.TotalSeconds:0.###} s");

    private static Exception Innermost(Exception fault)
    {
        while (fault.InnerException is { } inner) fault = inner;
        return fault;
    }
}
