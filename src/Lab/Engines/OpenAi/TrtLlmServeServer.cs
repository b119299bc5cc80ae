using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines;

/// <summary>trtllm-serve over HTTP.</summary>
/// <param name="engine">The engine.</param>
/// <param name="faults">The faults asked for now.</param>
internal sealed class TrtLlmServeServer(SimulatedEngine engine, Func<EngineFaults> faults) : OpenAiServer(engine, faults)
{
    private const string Unavailable = "LLM is unavailable. Please check the server logs for more details.";
    private static readonly string[] NotSimulated = ["/v1/responses", "/perf_metrics", "/energy_metrics", "/kv_cache_events", "/_internal/tokenize", "/steady_clock_offset"];

    private readonly TrtLlmMetrics metrics = new(engine);

    /// <inheritdoc/>
    public override string Metrics() => metrics.Render();

    /// <inheritdoc/>
    protected override async Task<bool> OtherAsync(HttpContext http, string method, string path)
    {
        switch (method, path)
        {
            case ("GET", "/health"):
                await HealthAsync(http);
                return true;
            case ("GET", "/health_generate"):
                await GenerateAsync(http);
                return true;
            case ("GET", "/version"):
                await JsonAnswer.JsonAsync(http, 200, new JsonObject { ["version"] = Engine.Settings.VersionText });
                return true;
            case ("GET", "/server_info"):
                await JsonAnswer.JsonAsync(http, 200, new JsonObject
                {
                    ["disaggregated_params"] = null,
                    ["max_batch_size"] = Engine.Settings.MaxBatchSize,
                    ["kv_cache_hash_algo"] = "v1",
                    ["tokens_per_block"] = Engine.Sizing.BlockTokens,
                });
                return true;
            case ("GET", "/metrics"):
                await JsonAnswer.JsonAsync(http, 200, new JsonArray([.. Engine.Replica.TakeIterations().Select(Iteration)]));
                return true;
            case ("GET", "/prometheus/metrics" or "/prometheus/metrics/") when Engine.Settings.ReturnPerfMetrics && TrtLlmGenerations.Of(Engine.Settings.Version) != TrtLlmGeneration.None:
                await JsonAnswer.ScrapeAsync(http, ScrapedMetrics(), ScrapesBreakOff);
                return true;
        }

        if (!NotSimulated.Contains(path)) return false;
        await JsonAnswer.JsonAsync(http, 501, ErrorBody(501, $"{path} is not simulated by the Lab"));
        return true;
    }

    /// <inheritdoc/>
    protected override JsonObject ErrorBody(int status, string message) => new()
    {
        ["object"] = "error",
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
    };

    /// <inheritdoc/>
    protected override JsonObject ModelEntry() => new()
    {
        ["id"] = Engine.Settings.ServedName,
        ["object"] = "model",
        ["created"] = Engine.Started.ToUnixTimeSeconds(),
        ["owned_by"] = "tensorrt_llm",
    };

    private async Task HealthAsync(HttpContext http)
    {
        if (Engine.Health == EngineHealth.Sound)
        {
            await JsonAnswer.TextAsync(http, 200, "");
            return;
        }

        await JsonAnswer.TextAsync(http, 503, Unavailable);
        if (Engine.Health != EngineHealth.Fatal) return;
        // The handler raises SIGINT on its own process: asking for its health is what ends it.
        Engine.Log.Write("[TRT-LLM] [E] Fatal error in the executor, shutting down.");
        Engine.FatalErrorFound?.Invoke();
    }

    // A real request of one token: it is counted, and it waits for as long as the engine makes it.
    private async Task GenerateAsync(HttpContext http)
    {
        try
        {
            var request = Engine.Begin(new() { Prompt = ChatPrompt.Of([new("user", "hi")]), MaxTokens = 1 });
            if (await request.EndAsync().WaitAsync(http.RequestAborted) == EngineEnd.Done)
            {
                await JsonAnswer.TextAsync(http, 200, "");
                return;
            }
        }
        catch (RequestRefusedException)
        {
        }

        await JsonAnswer.JsonAsync(http, 500, ErrorBody(500, "Health check failed"));
    }

    private JsonNode Iteration(EngineLoad load)
    {
        var blocks = Engine.Sizing.KvBlocks;
        var missed = (load.PromptTokens + Engine.Sizing.BlockTokens - 1) / Engine.Sizing.BlockTokens;
        return new JsonObject
        {
            ["iter"] = load.Iteration,
            ["iterLatencyMS"] = Math.Round(load.IterationSeconds * 1000, 3),
            ["gpuMemUsage"] = Engine.Sizing.UsedBytesPerGpu,
            ["cpuMemUsage"] = 0,
            ["pinnedMemUsage"] = 0,
            ["numActiveRequests"] = load.Running,
            ["numQueuedRequests"] = load.Waiting,
            ["numCompletedRequests"] = load.Completed,
            ["maxNumActiveRequests"] = Engine.Settings.MaxSequences,
            ["maxBatchSizeStatic"] = Engine.Settings.MaxBatchSize,
            ["maxBatchSizeRuntime"] = Engine.Settings.MaxBatchSize,
            ["maxNumTokensRuntime"] = Engine.Settings.MaxNumTokens,
            ["kvCacheStats"] = new JsonObject
            {
                ["maxNumBlocks"] = blocks,
                ["usedNumBlocks"] = load.UsedBlocks,
                ["freeNumBlocks"] = blocks - load.UsedBlocks,
                ["tokensPerBlock"] = Engine.Sizing.BlockTokens,
                ["reusedBlocks"] = 0,
                ["missedBlocks"] = missed,
                ["allocNewBlocks"] = missed,
                ["allocTotalBlocks"] = missed,
                ["cacheHitRate"] = 0.0,
            },
            ["inflightBatchingStats"] = new JsonObject
            {
                ["numContextRequests"] = load.Prefilling,
                ["numGenRequests"] = load.Decoding,
                ["numPausedRequests"] = 0,
                ["numScheduledRequests"] = load.Running,
                ["numCtxTokens"] = load.ContextTokens,
                ["avgNumDecodedTokensPerIter"] = 1.0,
            },
        };
    }
}
