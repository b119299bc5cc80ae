using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>vLLM's server, and a NIM: the same API on top of other health and metrics routes.</summary>
/// <param name="engine">The engine.</param>
/// <param name="faults">The faults asked for now.</param>
internal sealed class VllmServer(SimulatedEngine engine, Func<EngineFaults> faults) : OpenAiServer(engine, faults)
{
    private readonly bool nim = engine.Settings.Product == EngineProduct.Nim;
    private readonly Func<string> metrics = engine.Settings is { Product: EngineProduct.Nim } nimSettings && !nimSettings.Version.AtLeast(2, 0) ? new NimMetrics(engine).Render : new VllmMetrics(engine).Render;

    /// <inheritdoc/>
    public override string Metrics() => metrics();

    /// <summary>vLLM's server ends when its engine dies, with code 0.</summary>
    public override async Task StrikeAsync(EngineFaultKind kind, Action<int> exit, CancellationToken killed)
    {
        await base.StrikeAsync(kind, exit, killed);
        if (Engine.Health == EngineHealth.Broken) exit(0);
    }

    /// <inheritdoc/>
    protected override bool Serves(string model) => model.Length == 0 || model == Engine.Settings.ServedName;

    /// <inheritdoc/>
    protected override async Task<bool> OtherAsync(HttpContext http, string method, string path)
    {
        if (method != "GET") return false;
        var ready = Engine.Health == EngineHealth.Sound;
        switch (path)
        {
            case "/health" when !nim:
                await JsonAnswer.TextAsync(http, ready ? 200 : 503, "");
                return true;
            case "/v1/health/live" when nim:
                await JsonAnswer.JsonAsync(http, 200, new JsonObject { ["object"] = "health.response", ["message"] = "Service is live." });
                return true;
            case "/v1/health/ready" when nim:
                await JsonAnswer.JsonAsync(http, ready ? 200 : 503, new JsonObject { ["object"] = "health.response", ["message"] = ready ? "Service is ready." : "Service is not ready." });
                return true;
            case "/version":
                await JsonAnswer.JsonAsync(http, 200, new JsonObject { ["version"] = Engine.Settings.VersionText });
                return true;
            case "/metrics" when !nim:
            case "/v1/metrics" when nim:
                await JsonAnswer.ScrapeAsync(http, ScrapedMetrics(), ScrapesBreakOff);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    protected override JsonObject ErrorBody(int status, string message) => new()
    {
        ["error"] = new JsonObject
        {
            ["message"] = message,
            ["type"] = status switch
            {
                400 => "BadRequestError",
                404 => "NotFoundError",
                503 => "ServiceUnavailableError",
                _ => "InternalServerError",
            },
            ["param"] = null,
            ["code"] = status,
        },
    };

    /// <inheritdoc/>
    protected override JsonObject ModelEntry() => new()
    {
        ["id"] = Engine.Settings.ServedName,
        ["object"] = "model",
        ["created"] = Engine.Started.ToUnixTimeSeconds(),
        ["owned_by"] = "vllm",
        ["root"] = Engine.Settings.Model,
        ["max_model_len"] = Engine.Sizing.MaxSequenceTokens,
    };
}
