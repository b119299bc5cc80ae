using System.Text.Json;
using Nemotron.Engines.Clients.Transport;
using Nemotron.Engines.Health;

namespace Nemotron.Engines.Clients.Triton;

/// <summary>Triton's KServe v2 HTTP API.</summary>
internal sealed class TritonHttp(EngineHttp http, string? model)
{
    public async Task<HealthAnswer> HealthAsync(Deadline deadline)
    {
        var server = await http.HealthAsync("/v2/health/ready", deadline).ConfigureAwait(false);
        // 400 is "not ready"; anything else unhealthy (503 while exiting, 403 when restricted) speaks for itself.
        if (server.Status is not (200 or 400)) return server;
        var modelReady = model is null ? (bool?)null : (await http.HealthAsync($"/v2/models/{Uri.EscapeDataString(model)}/ready", deadline).ConfigureAwait(false)).Status == 200;
        if (server.Status == 200 && modelReady == true) return HealthAnswer.Triton.AllReady;
        return new HealthAnswer.Triton(server.Status == 200, modelReady, await IndexAsync(deadline.Token).ConfigureAwait(false));
    }

    public async Task<IReadOnlyList<RepositoryModel>> IndexAsync(CancellationToken cancellation)
    {
        using var json = await http.QueryAsync("/v2/repository/index", cancellation, body: "{}").ConfigureAwait(false);
        return json is not { RootElement.ValueKind: JsonValueKind.Array }
            ? []
            : [.. json.RootElement.EnumerateArray().Select(m => new RepositoryModel(m.Text("name") ?? "", m.Text("version") ?? "", m.Text("state") ?? "", m.Text("reason") ?? ""))];
    }

    public async Task<EngineInfo> InfoAsync(CancellationToken cancellation)
    {
        using var json = await http.QueryAsync("/v2", cancellation).ConfigureAwait(false);
        return new EngineInfo { Name = json?.RootElement.Text("name") ?? "triton", Version = json?.RootElement.Text("version") };
    }

    /// <summary>One token through the generate extension, which serves decoupled models too.</summary>
    public async Task<(ProbeOutcome, string)> ProbeAsync(Deadline deadline)
    {
        var name = model ?? (await IndexAsync(deadline.Token).ConfigureAwait(false)).FirstOrDefault(m => m.Ready)?.Name;
        if (name is null) return (ProbeOutcome.Failed, "no model is ready");
        var path = $"/v2/models/{Uri.EscapeDataString(name)}";
        using var metadata = await http.QueryAsync(path, deadline.Token).ConfigureAwait(false);
        var inputs = metadata?.RootElement.Items("inputs").Select(i => i.Text("name") ?? "") ?? [];
        if (TritonProbe.MaxTokensInput(inputs) is not { } maxTokens) return (ProbeOutcome.Unsupported, $"model {name} takes no text_input with a token limit");

        var body = JsonSerializer.Serialize(new Dictionary<string, object> { ["text_input"] = "1", [maxTokens] = 1 });
        var (status, json, snippet) = await http.PostOnceAsync($"{path}/generate", body, deadline).ConfigureAwait(false);
        using (json)
        {
            if (json is null) return (status == 404 ? ProbeOutcome.Unsupported : ProbeOutcome.Failed, $"HTTP {status} {snippet}".TrimEnd());
            return json.RootElement.Text("text_output") is not null ? (ProbeOutcome.Token, "") : (ProbeOutcome.Failed, "the answer holds no text_output");
        }
    }
}
