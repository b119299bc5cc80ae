using System.Net;
using Microsoft.AspNetCore.Http;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Answers on their way from a simulated engine to the client.</summary>
public class StreamTests
{
    private const string UsageFields = "\"stream\":true,\"stream_options\":{\"include_usage\":true}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}")]
    [InlineData("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"n\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}}")]
    [InlineData("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"stream\":true,\"tools\":[{}],\"stream_options\":{\"include_usage\":true}}")]
    [InlineData("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"response_format\":{\"type\":\"json_object\"}}")]
    [InlineData("/v1/chat/completions", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"n\":2,\"tools\":[{}]}")]
    [InlineData("/v1/completions", "{\"prompt\":\"q\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}")]
    [InlineData("/v1/completions", "{\"prompt\":[1,2,3]}")]
    [InlineData("/v1/responses", "{\"input\":\"q\",\"stream\":true}")]
    [InlineData("/v1/responses", "{\"input\":\"q\"}")]
    public async Task Answers_arrive_byte_for_byte(string path, string body)
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address) with
        {
            Reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, ModelDefault = ReasoningMode.On, Default = ReasoningMode.On },
        });
        using var direct = new HttpClient { BaseAddress = new Uri(engine.Address) };
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var expected = await direct.PostAsync(path, content, Cancelled);

        using var answer = await gateway.PostAsync(path, body);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe(await expected.Content.ReadAsStringAsync(Cancelled));
        answer.Content.Headers.ContentType.ShouldBe(expected.Content.Headers.ContentType);
        engine.Last.Text.ShouldBe(body);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Half_a_character_in_an_answer_passes_as_it_came(bool streams)
    {
        await using var engine = await StubEngine.StartAsync();
        var answered = streams
            ? "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"<think>\\ud83d\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ude00</think>\\ud83d\\n\"}}]}\n\ndata: [DONE]\n\n"
            : "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"<think>\\ude00</think>\\ud83d\\u0041\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":4}}";
        engine.Special = async (context, _) =>
        {
            context.Response.ContentType = streams ? "text/event-stream" : "application/json";
            await context.Response.WriteAsync(answered);
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using var answer = await gateway.ChatAsync(streams ? "\"stream\":true" : "");
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe(answered);
        (await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"on\",endpoint=\"chat\",outcome=\"ok\"}")).ShouldBe(1);
        (await gateway.MetricAsync("nemotron_gateway_thinking_tokens_total{mode=\"on\"}")).ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_that_only_the_gateway_asked_for_is_counted_and_not_shown(bool nullUsage)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.WritesNullUsage = nullUsage;
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.Off, engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        engine.Last.Json.GetProperty("stream_options").GetProperty("include_usage").GetBoolean().ShouldBeTrue();
        text.ShouldNotContain("usage");
        text.ShouldContain("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"stub\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" there\"},\"finish_reason\":null}]}\n\n");
        text.ShouldEndWith("data: [DONE]\n\n");
        // 6 words of the gateway's own: /no_think leads a system message of one word, the question has 5.
        (await gateway.MetricAsync("nemotron_gateway_prompt_tokens_total{mode=\"off\"}")).ShouldBe(6);
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"off\"}")).ShouldBe(3);
        (await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"off\",endpoint=\"chat\",outcome=\"ok\"}")).ShouldBe(1);
        (await gateway.MetricAsync("nemotron_gateway_time_to_first_token_seconds_count{mode=\"off\"}")).ShouldBe(1);
        (await gateway.MetricAsync("nemotron_gateway_inter_token_latency_seconds_count{mode=\"off\"}")).ShouldBe(2);
    }

    [Fact]
    public async Task A_piece_that_cannot_be_read_passes_as_it_came()
    {
        await using var engine = await StubEngine.StartAsync();
        const string stream = "data: {\"choices\":[{\"index\":0,\"delta\":{\"\\ud800\":1,\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n";
        engine.Special = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(stream));
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, upstream: engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe(stream);
    }

    [Fact]
    public async Task Engines_without_stream_options_are_not_asked()
    {
        await using var engine = await StubEngine.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.None, upstream: engine.Address) with { StreamUsage = StreamUsage.Leave });
        using var answer = await gateway.ChatAsync("\"stream\":true");
        await answer.Content.ReadAsStringAsync(Cancelled);
        engine.Last.Json.TryGetProperty("stream_options", out _).ShouldBeFalse();
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"unset\"}")).ShouldBe(3);
    }

    [Theory]
    [InlineData(false, 5)]
    [InlineData(true, 4)]
    public async Task Tokens_of_the_trace_are_counted_as_they_stream(bool apart, double thinking)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = ["<think>", "\n", "two and two", " is four", "</think>", "\n\n", "Four"];
        engine.KeepsTraceApart = apart;
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.SystemDetailedThinking, ReasoningMode.On, engine.Address));
        using var answer = await gateway.ChatAsync(UsageFields);
        await answer.Content.ReadAsStringAsync(Cancelled);
        (await gateway.MetricAsync("nemotron_gateway_thinking_tokens_total{mode=\"on\"}")).ShouldBe(thinking);
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"on\"}")).ShouldBe(7);
    }

    [Fact]
    public async Task The_first_token_is_passed_on_before_the_second_exists()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(0);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        answer.Headers.GetValues("X-Nemotron-Reasoning").ShouldBe(["on"]);
        (await gateway.MetricAsync("nemotron_gateway_requests_waiting{mode=\"on\"}")).ShouldBe(1);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        (await reader.ReadLineAsync(Cancelled))!.ShouldContain("\"role\":\"assistant\"");
        await reader.ReadLineAsync(Cancelled);
        engine.Gate.Release();
        (await reader.ReadLineAsync(Cancelled))!.ShouldContain("Hello");
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_waiting{mode=\"on\"}") == 0, "the request no longer waits");
        (await gateway.MetricAsync("nemotron_gateway_requests_in_flight{mode=\"on\"}")).ShouldBe(1);
        engine.Gate.Release(2);
        (await reader.ReadToEndAsync(Cancelled)).ShouldEndWith("data: [DONE]\n\n");
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_in_flight{mode=\"on\"}") == 0, "nothing is in flight");
    }

    [Fact]
    public async Task A_client_that_goes_away_stops_the_engine()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Gate = new SemaphoreSlim(1);
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using (var answer = await gateway.ChatAsync("\"stream\":true"))
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
            await reader.ReadLineAsync(Cancelled);
        }

        await Until.TrueAsync(() => engine.Cancelled == 1, "the engine sees its client go");
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_cancelled_total{by=\"client\"}") == 1, "the cancellation is counted");
        (await gateway.MetricAsync("nemotron_gateway_requests_in_flight{mode=\"on\"}")).ShouldBe(0);
    }

    [Fact]
    public async Task An_engine_that_breaks_off_a_stream_is_told_inside_it()
    {
        await using var engine = await StubEngine.StartAsync();
        using var arrived = new SemaphoreSlim(0);
        engine.Special = async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\ndata: {\"cho"u8.ToArray());
            await context.Response.Body.FlushAsync();
            await arrived.WaitAsync(Cancelled);
            context.Abort();
            return true;
        };
        await using var gateway = await RunningGateway.StartAsync(Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.On, engine.Address));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldBe("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}");
        arrived.Release();
        var text = await reader.ReadToEndAsync(Cancelled);
        text.ShouldStartWith("\ndata: {\"error\":");
        text.ShouldContain("\"code\":\"engine_broken\"");
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_broken\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task The_mode_and_who_settled_it_are_told()
    {
        await using var engine = await StubEngine.StartAsync();
        var settings = Settings.Of(ReasoningGrammar.ThinkTags, ReasoningMode.Off, engine.Address);
        await using var gateway = await RunningGateway.StartAsync(settings);
        using (var answer = await gateway.ChatAsync("", ("X-Nemotron-Reasoning", "on")))
        {
            Header(answer, "X-Nemotron-Reasoning").ShouldBe("on");
            Header(answer, "X-Nemotron-Reasoning-Source").ShouldBe("header");
            engine.Last.Headers.Keys.ShouldNotContain(name => name.StartsWith("X-Nemotron", StringComparison.OrdinalIgnoreCase));
        }

        await gateway.WriteSettingsAsync(settings with { Reasoning = settings.Reasoning with { Enforcement = GatewayEnforcement.Enforced } });
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_config_reloads_total{outcome=\"taken\"}") == 1, "the settings are taken");
        using (var answer = await gateway.ChatAsync("", ("X-Nemotron-Reasoning", "on")))
        {
            Header(answer, "X-Nemotron-Reasoning").ShouldBe("off");
            Header(answer, "X-Nemotron-Reasoning-Source").ShouldBe("enforced");
            Header(answer, "X-Nemotron-Reasoning-Overridden").ShouldBe("on");
        }

        using (var answer = await gateway.ChatAsync("", ("X-Nemotron-Reasoning", "perhaps"))) answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (var answer = await gateway.PostAsync("/v1/completions", "{\"prompt\":\"q\"}"))
            (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"code\":\"mode_impossible\"");
        using (var answer = await gateway.PostAsync("/generate", "{}")) answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using (var answer = await gateway.PostAsync("/tokenize", "{}")) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
