using Grpc.Core;
using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Protos.Triton;

namespace Nemotron.Engines.Clients.Triton;

/// <summary>Triton's gRPC service.</summary>
internal sealed class TritonGrpc(EngineGrpc grpc, string? model)
{
    private static readonly ServerReadyRequest ServerReady = new();
    private static readonly DialectChoice Dialect = new(DialectName.TritonLlmApi, "Triton's ModelStatistics over gRPC; no metrics port is known", true, Movement.Unknown, Movement.Unknown);

    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client = new(grpc.Invoker);
    private readonly ModelReadyRequest? _modelReady = model is null ? null : new ModelReadyRequest { Name = model };

    public async Task<HealthAnswer> HealthAsync(Deadline deadline)
    {
        var options = EngineGrpc.Within(deadline);
        var ready = (await _client.ServerReadyAsync(ServerReady, options).ConfigureAwait(false)).Ready;
        // The server's word is not enough: lax readiness and an "explicit" server without models both say ready.
        var modelReady = _modelReady is null ? (bool?)null : await ModelReadyAsync(options).ConfigureAwait(false);
        if (ready && modelReady == true) return HealthAnswer.Triton.AllReady;
        return new HealthAnswer.Triton(ready, modelReady, await IndexAsync(options).ConfigureAwait(false));
    }

    private async Task<bool> ModelReadyAsync(CallOptions options)
    {
        try
        {
            return (await _client.ModelReadyAsync(_modelReady, options).ConfigureAwait(false)).Ready;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<RepositoryModel>> IndexAsync(CancellationToken cancellation) =>
        Lines(await grpc.QueryAsync("RepositoryIndex", o => _client.RepositoryIndexAsync(new RepositoryIndexRequest(), o), cancellation).ConfigureAwait(false));

    private async Task<IReadOnlyList<RepositoryModel>> IndexAsync(CallOptions options) =>
        Lines(await _client.RepositoryIndexAsync(new RepositoryIndexRequest(), options).ConfigureAwait(false));

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        var server = await grpc.QueryAsync("ServerMetadata", o => _client.ServerMetadataAsync(new ServerMetadataRequest(), o), cancellation).ConfigureAwait(false);
        return new EngineInfo { Name = server.Name, Version = server.Version.Length > 0 ? server.Version : null };
    }

    /// <summary>What gRPC tells of load: counts of ended requests. The rest is on the metrics port only.</summary>
    public async Task<EngineSignals> StatisticsAsync(CancellationToken cancellation)
    {
        var request = new ModelStatisticsRequest { Name = model ?? "" };
        var answer = await grpc.QueryAsync("ModelStatistics", o => _client.ModelStatisticsAsync(request, o), cancellation).ConfigureAwait(false);
        var statistics = answer.ModelStats.Where(m => m.InferenceStats is not null).ToList();
        var signals = EngineSignals.AllUnknown(Dialect, "Triton's gRPC statistics count ended requests only; name MetricsPort for more");
        // As with the metrics: an ensemble's models each count the same request.
        return statistics.Count == 0
            ? signals
            : signals.With(
                (EngineSignal.RequestsSucceeded, Signal.Known(statistics.Max(m => (double)(m.InferenceStats.Success?.Count ?? 0)))),
                (EngineSignal.RequestsFailed, Signal.Known(statistics.Max(m => (double)(m.InferenceStats.Fail?.Count ?? 0)))));
    }

    /// <summary>One token through the streaming call, which serves decoupled models and the others; ModelInfer refuses the first.</summary>
    public async Task<(ProbeOutcome, string)> ProbeAsync(Deadline deadline)
    {
        var options = EngineGrpc.Within(deadline);
        var name = model ?? (await IndexAsync(options).ConfigureAwait(false)).FirstOrDefault(m => m.Ready)?.Name;
        if (name is null) return (ProbeOutcome.Failed, "no model is ready");
        var config = (await _client.ModelConfigAsync(new ModelConfigRequest { Name = name }, options).ConfigureAwait(false)).Config ?? new ModelConfig();
        if (TritonProbe.Request(name, config) is not { } request)
            return (ProbeOutcome.Unsupported, $"model {name} has no text_input with max_tokens or sampling_param_max_tokens: it is neither TensorRT-LLM's llmapi model nor its ensemble");

        // One stream for one request: cancelling a stream cancels all on it.
        using var call = _client.ModelStreamInfer(options);
        await call.RequestStream.WriteAsync(request, deadline.Token).ConfigureAwait(false);
        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        while (await call.ResponseStream.MoveNext(deadline.Token).ConfigureAwait(false))
        {
            var answer = call.ResponseStream.Current;
            if (answer.ErrorMessage.Length > 0) return (ProbeOutcome.Failed, answer.ErrorMessage);
            if (answer.InferResponse?.Outputs.Count > 0) return (ProbeOutcome.Token, "");
        }

        return (ProbeOutcome.Failed, "the answer ended without an output");
    }

    private static List<RepositoryModel> Lines(RepositoryIndexResponse index) => [.. index.Models.Select(m => new RepositoryModel(m.Name, m.Version, m.State, m.Reason))];
}
