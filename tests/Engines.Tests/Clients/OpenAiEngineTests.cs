using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Tests.Metrics;

namespace Nemotron.Engines.Tests.Clients;

/// <summary>trtllm-serve over HTTP, vLLM and NIM.</summary>
public sealed class OpenAiEngineTests : EngineClientsTest
{
    private readonly List<string> _asked = [];

    [Theory]
    [InlineData(EngineProtocol.TrtLlmHttp, "/health")]
    [InlineData(EngineProtocol.Vllm, "/health")]
    [InlineData(EngineProtocol.Nim, "/v1/health/ready")]
    public async Task Each_is_asked_at_its_own_route(EngineProtocol protocol, string route)
    {
        var engine = await Start(protocol, app => app.MapGet(route, () => Results.Ok()));
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.Http(200, ""));
        _asked.ShouldBe([route]);
    }

    [Fact]
    public async Task A_503_brings_its_words_and_the_loading_header()
    {
        var engine = await Start(EngineProtocol.TrtLlmHttp, app => app.MapGet("/health", (HttpContext context) =>
        {
            context.Response.Headers["x-trtllm-server-state"] = "starting";
            context.Response.Headers.RetryAfter = "1";
            return Results.Text("LLM is unavailable.\nPlease check the server logs for more details.", statusCode: 503);
        }));
        (await engine.AskHealthAsync(Stop)).ShouldBe(new HealthAnswer.Http(503, "LLM is unavailable. Please check the server logs for more details.", "starting"));
        _asked.Count.ShouldBe(1, "a health poll is not retried, whatever Retry-After says");
    }

    [Fact]
    public async Task A_long_error_page_is_cut()
    {
        var engine = await Start(EngineProtocol.Vllm, app => app.MapGet("/health", () => Results.Text(new string('x', 1_000_000), statusCode: 502)));
        ((HealthAnswer.Http)await engine.AskHealthAsync(Stop)).Body.Length.ShouldBe(512);
    }

    [Fact]
    public async Task Models_version_and_server_info()
    {
        var engine = await Start(EngineProtocol.TrtLlmHttp, app =>
        {
            app.MapGet("/v1/models", () => Results.Json(new { @object = "list", data = new[] { new { id = "super" } } }));
            app.MapGet("/version", () => Results.Json(new { version = "1.2.1" }));
            app.MapGet("/server_info", () => Results.Json(new { max_batch_size = 64, tokens_per_block = 32, kv_cache_hash_algo = "x" }));
        });
        (await engine.ModelsAsync(Stop)).ShouldBe([new EngineModel("super", null, true, "")]);
        var info = await engine.InfoAsync(Stop);
        (info.Name, info.Version, info.MaxBatchSize, info.TokensPerBlock, info.TensorParallel).ShouldBe(("trtllm-serve", "1.2.1", 64, 32, null));
    }

    [Fact]
    public async Task A_route_that_an_older_version_lacks_is_unknown_and_no_fault()
    {
        var engine = await Start(EngineProtocol.TrtLlmHttp, _ => { });
        var info = await engine.InfoAsync(Stop);
        (info.Version, info.MaxBatchSize).ShouldBe((null, null));
    }

    [Fact]
    public async Task What_is_no_JSON_is_said_to_be_none()
    {
        var engine = await Start(EngineProtocol.Vllm, app => app.MapGet("/v1/models", () => Results.Text("<html>proxy</html>")));
        (await Should.ThrowAsync<EngineCallException>(() => engine.ModelsAsync(Stop))).Message.ShouldContain("did not answer JSON");
        var odd = await Start(EngineProtocol.Vllm, app => app.MapGet("/v1/models", () => Results.Text("{\"data\": {\"id\": 5}}")));
        (await odd.ModelsAsync(Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_query_is_repeated_after_503_and_429_as_Retry_After_says()
    {
        var answers = new Queue<int>([503, 429, 200]);
        var engine = await Start(EngineProtocol.Vllm, app => app.MapGet("/v1/models", (HttpContext context) =>
        {
            context.Response.Headers.RetryAfter = "0";
            var status = answers.Dequeue();
            return status == 200 ? Results.Json(new { data = new[] { new { id = "m" } } }) : Results.StatusCode(status);
        }));
        (await engine.ModelsAsync(Stop)).Single().Name.ShouldBe("m");
        _asked.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_Retry_After_beyond_the_deadline_is_the_answer_at_once()
    {
        var engine = await Start(EngineProtocol.Vllm, app => app.MapGet("/v1/models", (HttpContext context) =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return Results.StatusCode(503);
        }));
        (await Should.ThrowAsync<EngineCallException>(() => engine.ModelsAsync(Stop))).Answer.ShouldBe(new HealthAnswer.Http(503, ""));
        _asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Load_is_read_from_the_Prometheus_route_and_never_from_the_one_that_drains()
    {
        var engine = await Start(EngineProtocol.TrtLlmHttp, app =>
        {
            app.MapGet("/prometheus/metrics", () => SampleFile.Text("trtllm-serve-1.3"));
            app.MapGet("/metrics", () => "[]");
        });
        var load = await engine.LoadAsync(Stop);
        (load.Dialect.Name, load.Running.Value, load.KvTotalTokens.Value).ShouldBe((DialectName.TrtLlmServe13, 31, 416000));
        _asked.ShouldNotContain("/metrics");
    }

    [Fact]
    public async Task A_missing_metrics_route_is_unknown_with_the_remedy()
    {
        var load = await (await Start(EngineProtocol.TrtLlmHttp, _ => { })).LoadAsync(Stop);
        load.Running.UnknownBecause.ShouldBe("/prometheus/metrics does not exist: trtllm-serve has the route only with \"return_perf_metrics: true\" in its YAML");
    }

    [Fact]
    public async Task A_probe_asks_for_one_token_of_the_named_model()
    {
        JsonElement body = default;
        var engine = await Start(EngineProtocol.TrtLlmHttp, app => app.MapPost("/v1/completions", (JsonElement b) =>
        {
            body = b;
            return Results.Json(new { choices = new[] { new { text = " 2" } }, usage = new { completion_tokens = 1 } });
        }), model: "super");
        (await engine.ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Token);
        (body.GetProperty("model").GetString(), body.GetProperty("max_tokens").GetInt32()).ShouldBe(("super", 1));
    }

    [Fact]
    public async Task A_probe_that_is_refused_is_not_repeated()
    {
        var engine = await Start(EngineProtocol.TrtLlmHttp, app => app.MapPost("/v1/completions", () => Results.Text("busy", statusCode: 503)), model: "super");
        var probe = await engine.ProbeAsync(Stop);
        (probe.Outcome, probe.Detail).ShouldBe((ProbeOutcome.Failed, "HTTP 503 busy"));
        _asked.Count.ShouldBe(1);
        var without = await Start(EngineProtocol.TrtLlmHttp, _ => { }, model: "super");
        (await without.ProbeAsync(Stop)).Outcome.ShouldBe(ProbeOutcome.Unsupported);
    }

    private async Task<IEngine> Start(EngineProtocol protocol, Action<WebApplication> routes, string? model = null)
    {
        var server = await Serve(TestServer.StartAsync(app =>
        {
            app.Use((context, next) =>
            {
                lock (_asked) _asked.Add(context.Request.Path);
                return next(context);
            });
            routes(app);
        }));
        return Open(Endpoint(protocol, http: server.HttpPort, model: model));
    }
}
