using Grpc.Core;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Clients.Transport;

/// <summary>One endpoint's way out: an HTTP client, and one gRPC channel where it has such a port.</summary>
internal sealed class EngineConnection : IDisposable
{
    private readonly EndpointHandler _handler;
    private EngineHttp? _metrics;

    public EngineConnection(EngineEndpoint endpoint, SocketsHttpHandler sockets, EngineTimeouts timeouts, TimeProvider time)
    {
        Endpoint = endpoint;
        Timeouts = timeouts;
        Time = time;
        _handler = new EndpointHandler(sockets, endpoint);
        if (endpoint.HttpPort is { } http) Http = new EngineHttp(_handler, AddressOf(http), timeouts, time);
        if (endpoint.GrpcPort is { } grpc) Grpc = new EngineGrpc(_handler, AddressOf(grpc), timeouts, time);
    }

    public EngineEndpoint Endpoint { get; }

    public EngineTimeouts Timeouts { get; }

    public TimeProvider Time { get; }

    /// <summary>Null where the endpoint has no HTTP port.</summary>
    public EngineHttp? Http { get; }

    /// <summary>Null where the endpoint has no gRPC port.</summary>
    public EngineGrpc? Grpc { get; }

    /// <summary>The address of the Prometheus text; null where there is no port for it.</summary>
    public Uri? MetricsAddress(string path) =>
        (Endpoint.MetricsPort ?? Endpoint.HttpPort) is { } port ? new Uri(AddressOf(port), Endpoint.MetricsPath ?? path) : null;

    /// <summary>For reading <see cref="MetricsAddress"/>, which may be on a port that nothing else is on.</summary>
    public EngineHttp Metrics => Http ?? (_metrics ??= new EngineHttp(_handler, AddressOf(Endpoint.MetricsPort!.Value), Timeouts, Time));

    public EngineHttp NeedHttp() => Http ?? throw new ArgumentException($"{Endpoint.Key}: protocol {Endpoint.Protocol} needs HttpPort.");

    public EngineGrpc NeedGrpc() => Grpc ?? throw new ArgumentException($"{Endpoint.Key}: protocol {Endpoint.Protocol} needs GrpcPort.");

    /// <summary>One health poll: a fault is an answer too.</summary>
    public Task<HealthAnswer> AskHealthAsync(Func<Deadline, Task<HealthAnswer>> ask, CancellationToken cancellation) =>
        AskAsync(Timeouts.Health, ask, Faults.Read, cancellation);

    /// <summary>One probe by a token: a fault is a result too.</summary>
    public Task<TokenProbe> ProbeAsync(Func<Deadline, Task<(ProbeOutcome Outcome, string Detail)>> ask, CancellationToken cancellation)
    {
        var started = Time.GetTimestamp();
        return AskAsync(Timeouts.Probe, async deadline =>
        {
            var (outcome, detail) = await ask(deadline).ConfigureAwait(false);
            return new TokenProbe(outcome, Time.GetElapsedTime(started), detail);
        }, (fault, deadline) => TokenProbes.Of(fault, deadline, Time.GetElapsedTime(started)), cancellation);
    }

    private async Task<T> AskAsync<T>(TimeSpan limit, Func<Deadline, Task<T>> ask, Func<Exception, Deadline, T> onFault, CancellationToken cancellation)
    {
        using var deadline = new Deadline(limit, Time, cancellation);
        try
        {
            return await ask(deadline).ConfigureAwait(false);
        }
        catch (Exception e) when (Faults.IsOne(e) && !deadline.IsCallers(e))
        {
            return onFault(e, deadline);
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    public void Dispose()
    {
        Grpc?.Dispose();
        Http?.Dispose();
        _metrics?.Dispose();
        _handler.Dispose();
    }

    private Uri AddressOf(int port) => new UriBuilder(Endpoint.Tls is null ? "http" : "https", Endpoint.Host, port).Uri;
}
