using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Protos.OpenEngine;

namespace Nemotron.Engines.Clients;

/// <summary>Experimental: an engine behind <c>openengine.v1.Control</c>.</summary>
internal sealed class OpenEngineEngine(EngineConnection connection) : IEngine
{
    private static readonly DialectChoice Dialect = new(DialectName.OpenEngineLoad, "OpenEngine's GetLoad", true, Movement.Unknown, Movement.EachIteration);

    private readonly EngineGrpc _grpc = connection.NeedGrpc();
    private readonly Control.ControlClient _client = new(connection.NeedGrpc().Invoker);

    public EngineEndpoint Endpoint => connection.Endpoint;

    public Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation) => connection.AskHealthAsync(async deadline =>
    {
        var answer = await _client.HealthAsync(new HealthRequest { Model = Endpoint.Model ?? "" }, EngineGrpc.Within(deadline)).ConfigureAwait(false);
        return new HealthAnswer.OpenEngine(answer.State, Complaints(answer));
    }, cancellation);

    public async Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation)
    {
        var server = await ServerInfoAsync(cancellation).ConfigureAwait(false);
        return [.. server.SupportedModels.Select(m => new EngineModel(m, null, true, ""))];
    }

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        var server = await ServerInfoAsync(cancellation).ConfigureAwait(false);
        var model = await _grpc.QueryAsync("GetModelInfo", o => _client.GetModelInfoAsync(new GetModelInfoRequest { Model = Endpoint.Model ?? "" }, o), cancellation).ConfigureAwait(false);
        return new EngineInfo
        {
            Name = server.EngineName,
            Version = server.EngineVersion.Length > 0 ? server.EngineVersion : null,
            TensorParallel = server.Parallelism is { HasTensorParallelSize: true } tp ? (int)tp.TensorParallelSize : null,
            PipelineParallel = server.Parallelism is { HasPipelineParallelSize: true } pp ? (int)pp.PipelineParallelSize : null,
            MaxBatchSize = server.Capacity is { HasMaxRunningRequests: true } capacity ? (int)capacity.MaxRunningRequests : null,
            MaxSequenceTokens = model.HasMaxContextLength ? model.MaxContextLength : null,
            TokensPerBlock = server.Capacity is { HasKvBlockSize: true } kv ? (int)kv.KvBlockSize : null,
        };
    }

    public async Task<EngineSignals> LoadAsync(CancellationToken cancellation)
    {
        var load = await _grpc.QueryAsync("GetLoad", o => _client.GetLoadAsync(new GetLoadRequest(), o), cancellation).ConfigureAwait(false);
        var used = Reported(load.HasUsedKvBlocks, load.UsedKvBlocks);
        var total = Reported(load.HasTotalKvBlocks, load.TotalKvBlocks);
        return EngineSignals.AllUnknown(Dialect, "OpenEngine's GetLoad does not report it").With(
            (EngineSignal.Running, Reported(load.HasRunningRequests, load.RunningRequests)),
            (EngineSignal.Waiting, Reported(load.HasQueuedRequests, load.QueuedRequests)),
            (EngineSignal.KvUsedBlocks, used),
            (EngineSignal.KvTotalBlocks, total),
            (EngineSignal.KvUsedFraction, used.IsKnown && total.Value > 0 ? Signal.Known(used.Value!.Value / total.Value.Value) : used.IsKnown ? total : used));
    }

    public Task<TokenProbe> ProbeAsync(CancellationToken cancellation) => connection.ProbeAsync(async deadline =>
    {
        var request = new HealthRequest { Model = Endpoint.Model ?? "", IncludeInferenceProbe = true };
        var answer = await _client.HealthAsync(request, EngineGrpc.Within(deadline)).ConfigureAwait(false);
        return answer.Checks.FirstOrDefault(c => c.Name == "inference_probe") is { } probe
            ? (probe.State == HealthState.Ready ? ProbeOutcome.Token : ProbeOutcome.Failed, probe.Message)
            : (ProbeOutcome.Unsupported, "the engine did not run the probe");
    }, cancellation);

    public void Dispose() => connection.Dispose();

    private Task<ServerInfo> ServerInfoAsync(CancellationToken cancellation) =>
        _grpc.QueryAsync("GetServerInfo", o => _client.GetServerInfoAsync(new GetServerInfoRequest(), o), cancellation);

    private static Signal Reported(bool set, double value) => set ? Signal.Known(value) : Signal.Unknown("the engine left it unset in GetLoad");

    private static string Complaints(HealthResponse answer) => answer.State == HealthState.Ready
        ? ""
        : string.Join("; ", answer.Checks.Where(c => c.State != HealthState.Ready).Select(c => $"{c.Name}: {c.Message}"));
}
