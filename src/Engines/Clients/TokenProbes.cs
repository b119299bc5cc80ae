using Grpc.Core;
using Nemotron.Engines.Clients.Transport;

namespace Nemotron.Engines.Clients;

/// <summary>What a fault says of a probe.</summary>
internal static class TokenProbes
{
    public static TokenProbe Of(Exception fault, Deadline deadline, TimeSpan elapsed) => fault switch
    {
        _ when deadline.Passed => new(ProbeOutcome.TimedOut, elapsed),
        RpcException { StatusCode: StatusCode.DeadlineExceeded } => new(ProbeOutcome.TimedOut, elapsed),
        RpcException { StatusCode: StatusCode.Unimplemented } rpc => new(ProbeOutcome.Unsupported, elapsed, rpc.Status.Detail),
        RpcException rpc => new(ProbeOutcome.Failed, elapsed, $"gRPC {rpc.StatusCode} {rpc.Status.Detail}".TrimEnd()),
        _ => new(ProbeOutcome.Failed, elapsed, fault.Message),
    };
}
