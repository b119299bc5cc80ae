using Grpc.Core;
using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Clients.Triton;

/// <summary>Triton over gRPC, and over HTTP where gRPC is off.</summary>
internal sealed class TritonEngine : IEngine
{
    private readonly EngineConnection _connection;
    private readonly TritonGrpc? _grpc;
    private readonly TritonHttp? _http;

    public TritonEngine(EngineConnection connection)
    {
        _connection = connection;
        _grpc = connection.Grpc is { } grpc ? new TritonGrpc(grpc, connection.Endpoint.Model) : null;
        _http = connection.Http is { } http ? new TritonHttp(http, connection.Endpoint.Model) : null;
        if (_grpc is null && _http is null) throw new ArgumentException($"{connection.Endpoint.Key}: protocol Triton needs GrpcPort or HttpPort.");
    }

    public EngineEndpoint Endpoint => _connection.Endpoint;

    public Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation) => _connection.AskHealthAsync(async deadline =>
    {
        if (_grpc is null) return await _http!.HealthAsync(deadline).ConfigureAwait(false);
        try
        {
            return await _grpc.HealthAsync(deadline).ConfigureAwait(false);
        }
        catch (RpcException e) when (_http is not null && !deadline.IsCallers(e) && Faults.Read(e, deadline) is HealthAnswer.Refused)
        {
            // --allow-grpc=false; while Triton loads, HTTP refuses too and says the same.
            return await _http.HealthAsync(deadline).ConfigureAwait(false);
        }
    }, cancellation);

    public async Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation)
    {
        var index = await OverEither(g => g.IndexAsync(cancellation), h => h.IndexAsync(cancellation)).ConfigureAwait(false);
        return [.. index.Where(m => m.State.Length > 0 && m.Reason != "unloaded").Select(m => new EngineModel(m.Name, m.Version.Length > 0 ? m.Version : null, m.Ready, m.Reason))];
    }

    public Task<EngineInfo> InfoAsync(CancellationToken cancellation) => OverEither(g => g.InfoAsync(cancellation), h => h.InfoAsync(cancellation));

    public async Task<EngineSignals> LoadAsync(CancellationToken cancellation)
    {
        if (_connection.Endpoint.MetricsPort is not null) return await MetricsText.ReadAsync(_connection, "/metrics", cancellation).ConfigureAwait(false);
        return _grpc is not null
            ? await _grpc.StatisticsAsync(cancellation).ConfigureAwait(false)
            : MetricsText.Absent("the endpoint has no MetricsPort, and Triton's metrics are on a port of their own (8002)");
    }

    public Task<TokenProbe> ProbeAsync(CancellationToken cancellation) => _connection.ProbeAsync(async deadline =>
    {
        if (_grpc is null) return await _http!.ProbeAsync(deadline).ConfigureAwait(false);
        try
        {
            return await _grpc.ProbeAsync(deadline).ConfigureAwait(false);
        }
        catch (RpcException e) when (_http is not null && !deadline.IsCallers(e) && Faults.Read(e, deadline) is HealthAnswer.Refused)
        {
            return await _http.ProbeAsync(deadline).ConfigureAwait(false);
        }
    }, cancellation);

    public void Dispose() => _connection.Dispose();

    private async Task<T> OverEither<T>(Func<TritonGrpc, Task<T>> overGrpc, Func<TritonHttp, Task<T>> overHttp)
    {
        if (_grpc is null) return await overHttp(_http!).ConfigureAwait(false);
        try
        {
            return await overGrpc(_grpc).ConfigureAwait(false);
        }
        catch (EngineCallException e) when (_http is not null && e.Answer is HealthAnswer.Refused)
        {
            return await overHttp(_http).ConfigureAwait(false);
        }
    }
}
