using System.Text.Json;
using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Clients;

/// <summary>Where an OpenAI-compatible server answers what is not OpenAI's.</summary>
/// <param name="Name">The engine.</param>
/// <param name="Health">200 when it serves.</param>
/// <param name="Metrics">Prometheus text.</param>
/// <param name="Version">JSON with <c>version</c>; null where there is none.</param>
/// <param name="ServerInfo">JSON with <c>max_batch_size</c> and <c>tokens_per_block</c>; null where there is none.</param>
internal sealed record OpenAiRoutes(string Name, string Health, string Metrics, string? Version, string? ServerInfo)
{
    // Not /metrics, which is JSON there and is emptied by whoever reads it.
    public static readonly OpenAiRoutes TrtLlmServe = new("trtllm-serve", "/health", "/prometheus/metrics", "/version", "/server_info");
    public static readonly OpenAiRoutes Vllm = new("vllm", "/health", "/metrics", "/version", null);
    public static readonly OpenAiRoutes Nim = new("nim", "/v1/health/ready", "/v1/metrics", null, null);
}

/// <summary>trtllm-serve, vLLM or NIM over HTTP.</summary>
internal sealed class OpenAiEngine(EngineConnection connection, OpenAiRoutes routes) : IEngine
{
    private readonly EngineHttp _http = connection.NeedHttp();

    public EngineEndpoint Endpoint => connection.Endpoint;

    public Task<HealthAnswer> AskHealthAsync(CancellationToken cancellation) =>
        connection.AskHealthAsync(async deadline => await _http.HealthAsync(routes.Health, deadline).ConfigureAwait(false), cancellation);

    public async Task<IReadOnlyList<EngineModel>> ModelsAsync(CancellationToken cancellation)
    {
        // Listed is ready: trtllm-serve and vLLM open their port when the model is loaded. Managers in between may list too early, so health decides.
        using var json = await _http.QueryAsync("/v1/models", cancellation).ConfigureAwait(false);
        return json is null ? [] : [.. json.RootElement.Items("data").Select(m => m.Text("id")).OfType<string>().Select(id => new EngineModel(id, null, true, ""))];
    }

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        using var version = routes.Version is { } path ? await _http.QueryAsync(path, cancellation).ConfigureAwait(false) : null;
        using var info = routes.ServerInfo is { } route ? await _http.QueryAsync(route, cancellation).ConfigureAwait(false) : null;
        return new EngineInfo
        {
            Name = routes.Name,
            Version = version?.RootElement.Text("version"),
            MaxBatchSize = (int?)info?.RootElement.Number("max_batch_size"),
            TokensPerBlock = (int?)info?.RootElement.Number("tokens_per_block"),
        };
    }

    public Task<EngineSignals> LoadAsync(CancellationToken cancellation) => MetricsText.ReadAsync(connection, routes.Metrics, cancellation);

    public Task<TokenProbe> ProbeAsync(CancellationToken cancellation) => connection.ProbeAsync(async deadline =>
    {
        var model = Endpoint.Model;
        if (model is null && await ModelsAsync(deadline.Token).ConfigureAwait(false) is [var first, ..]) model = first.Name;
        if (model is null) return (ProbeOutcome.Failed, "the engine lists no model");
        // Plain completions: /health_generate and chat need a chat template.
        var (status, json, snippet) = await _http.PostOnceAsync("/v1/completions", Body(model), deadline).ConfigureAwait(false);
        using (json)
        {
            if (json is null) return (status is 404 or 405 or 501 ? ProbeOutcome.Unsupported : ProbeOutcome.Failed, $"HTTP {status} {snippet}".TrimEnd());
            return json.RootElement.Items("choices").Any() ? (ProbeOutcome.Token, "") : (ProbeOutcome.Failed, "the answer holds no choice");
        }
    }, cancellation);

    public void Dispose() => connection.Dispose();

    private static string Body(string model) => JsonSerializer.Serialize(new Dictionary<string, object> { ["model"] = model, ["prompt"] = "1", ["max_tokens"] = 1, ["temperature"] = 0 });
}
