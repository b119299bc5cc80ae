using System.Text.Json;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>Traces that the gateway ends itself, against a simulated engine that continues a final message.</summary>
public class BudgetTests
{
    private static readonly string[] Trace = ["<think>", "\n", "one", " two", ".\n", "three", " four", ".\n", "five", " six", "</think>", "\n\n", "Late"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    // At the end of the line in which the budget is spent.
    [InlineData(3, 500, "<think>\none two.\n</think>\n\nFour.")]
    // In the middle of it, once the grace is spent too.
    [InlineData(3, 0, "<think>\none.\n</think>\n\nFour.")]
    [InlineData(3, 1, "<think>\none two.\n</think>\n\nFour.")]
    // Never, where the trace ends by itself.
    [InlineData(30, 500, "<think>\none two.\nthree four.\nfive six</think>\n\nLate")]
    public async Task A_stream_goes_on_where_its_trace_was_ended(long budget, int grace, string expected)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = Trace;
        await using var gateway = await RunningGateway.StartAsync(With(engine, budget, grace));
        using var answer = await gateway.ChatAsync("\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        answer.Headers.GetValues("X-Nemotron-Thinking-Budget").ShouldBe([$"{budget}"]);
        var chunks = Chunks(await answer.Content.ReadAsStringAsync(Cancelled));
        Text(chunks).ShouldBe(expected);
        chunks.Select(chunk => chunk.GetProperty("id").GetString()).Distinct().ShouldBe(["chatcmpl-1"]);
        chunks.Count(chunk => chunk.GetProperty("choices").EnumerateArray().Any(choice => choice.GetProperty("finish_reason").ValueKind == JsonValueKind.String)).ShouldBe(1);
        var usage = chunks[^1].GetProperty("usage");
        usage.GetProperty("total_tokens").GetInt64().ShouldBe(usage.GetProperty("prompt_tokens").GetInt64() + usage.GetProperty("completion_tokens").GetInt64());
        if (expected.EndsWith("Late", StringComparison.Ordinal)) return;

        var second = engine.Last.Json;
        second.GetProperty("continue_final_message").GetBoolean().ShouldBeTrue();
        second.GetProperty("add_generation_prompt").GetBoolean().ShouldBeFalse();
        var message = second.GetProperty("messages").EnumerateArray().Last();
        (message.GetProperty("role").GetString(), message.GetProperty("content").GetString()).ShouldBe(("assistant", expected[..^"Four.".Length]));
        (await gateway.MetricAsync("nemotron_gateway_traces_ended_total")).ShouldBe(1);
        // The tokens of both calls: those seen of the first, and the two of the second.
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"on\"}")).ShouldBe(usage.GetProperty("completion_tokens").GetInt64());
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_in_flight{mode=\"on\"}") == 0, "nothing is in flight");
    }

    [Fact]
    public async Task A_stream_whose_tokens_are_spent_ends_at_length()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = Trace;
        await using var gateway = await RunningGateway.StartAsync(With(engine, 3, 0));
        using var answer = await gateway.ChatAsync("\"stream\":true,\"max_tokens\":3");
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        var chunks = Chunks(text);
        chunks[^1].GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("length");
        text.ShouldEndWith("data: [DONE]\n\n");
        engine.Seen.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task A_stream_that_the_gateway_ends_shows_its_usage_to_who_asked(bool asks, bool nullUsage)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = Trace;
        engine.WritesNullUsage = nullUsage;
        await using var gateway = await RunningGateway.StartAsync(With(engine, 3, 0));
        using var answer = await gateway.ChatAsync($"\"stream\":true,\"max_tokens\":3{(asks ? ",\"stream_options\":{\"include_usage\":true}" : "")}");
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        text.ShouldEndWith("data: [DONE]\n\n");
        if (!asks)
        {
            text.ShouldNotContain("usage");
            return;
        }

        var chunks = Chunks(text);
        chunks[^1].GetProperty("choices").GetArrayLength().ShouldBe(0);
        chunks[^1].GetProperty("id").GetString().ShouldBe("chatcmpl-1");
        chunks[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt64().ShouldBe(3);
        chunks[^2].GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("length");
        chunks[^2].TryGetProperty("usage", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task The_second_call_has_the_tokens_that_are_left()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = Trace;
        await using var gateway = await RunningGateway.StartAsync(With(engine, 3, 0));
        using var answer = await gateway.ChatAsync("\"stream\":true,\"max_completion_tokens\":10");
        await answer.Content.ReadAsStringAsync(Cancelled);
        engine.Last.Json.GetProperty("max_completion_tokens").GetInt64().ShouldBe(7);
        engine.Last.Json.TryGetProperty("max_tokens", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData(3, "", "<think>\none.\n</think>\n\nFour.", 5)]
    [InlineData(5, "", "<think>\none two.\n</think>\n\nFour.", 7)]
    // The trace was over, only the answer was not: it is just continued.
    [InlineData(12, "", "<think>\none two.\nthree four.\nfive six</think>\n\nFour.", 14)]
    [InlineData(99, "", "<think>\none two.\nthree four.\nfive six</think>\n\nLate", 13)]
    [InlineData(99, "\"max_tokens\":4,", "<think>\none two", 4)]
    public async Task An_answer_that_is_not_streamed_is_made_of_two_calls(long budget, string fields, string expected, long tokens)
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = Trace;
        await using var gateway = await RunningGateway.StartAsync(With(engine, budget, 0));
        using var answer = await gateway.ChatAsync(fields + "\"x\":1");
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        var root = document.RootElement;
        root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().ShouldBe(expected);
        root.GetProperty("usage").GetProperty("completion_tokens").GetInt64().ShouldBe(tokens);
        root.GetProperty("id").GetString().ShouldBe("chatcmpl-1");
        answer.Content.Headers.ContentLength.ShouldNotBeNull();
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"on\"}")).ShouldBe(tokens);
    }

    [Fact]
    public async Task A_trace_that_the_engine_keeps_apart_is_handed_back_with_its_marks()
    {
        await using var engine = await StubEngine.StartAsync();
        engine.Tokens = ["one", " two", " three", "</think>", "Late"];
        engine.KeepsTraceApart = true;
        await using var gateway = await RunningGateway.StartAsync(With(engine, 2, 0));
        using var answer = await gateway.ChatAsync("\"stream\":true");
        var chunks = Chunks(await answer.Content.ReadAsStringAsync(Cancelled));
        Text(chunks).ShouldBe("Four.");
        engine.Last.Json.GetProperty("messages").EnumerateArray().Last().GetProperty("content").GetString().ShouldBe("<think>\none two.\n</think>\n\n");
    }

    [Fact]
    public async Task A_budget_that_is_lowered_counts_for_the_next_request_and_is_told()
    {
        await using var engine = await StubEngine.StartAsync();
        var settings = With(engine, 1000, 0, BudgetMechanism.ThinkingTokenBudget);
        await using var gateway = await RunningGateway.StartAsync(settings);
        using (var answer = await gateway.ChatAsync("")) answer.Headers.GetValues("X-Nemotron-Thinking-Budget-Source").ShouldBe(["deployment"]);
        await gateway.WriteSettingsAsync(settings with { Reasoning = settings.Reasoning with { Budget = settings.Reasoning.Budget! with { LoweredTo = 64 } } });
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_thinking_budget_tokens") == 64, "the lowered budget is in force");
        using (var answer = await gateway.ChatAsync(""))
        {
            answer.Headers.GetValues("X-Nemotron-Thinking-Budget").ShouldBe(["64"]);
            answer.Headers.GetValues("X-Nemotron-Thinking-Budget-Source").ShouldBe(["pressure"]);
            engine.Last.Json.GetProperty("thinking_token_budget").GetInt64().ShouldBe(64);
        }
    }

    private static GatewaySettings With(StubEngine engine, long budget, int grace, BudgetMechanism by = BudgetMechanism.Stream) =>
        Settings.Of(ReasoningGrammar.SystemDetailedThinking, ReasoningMode.On, engine.Address) with
        {
            Reasoning = new GatewayReasoning
            {
                Grammar = ReasoningGrammar.SystemDetailedThinking, Default = ReasoningMode.On,
                Budget = new ThinkingBudget { By = by, Tokens = budget, GraceTokens = grace },
            },
        };

    private static List<JsonElement> Chunks(string sse) =>
        [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(line => line != "data: [DONE]").Select(line => JsonDocument.Parse(line["data: ".Length..]).RootElement)];

    private static string Text(List<JsonElement> chunks) =>
        string.Concat(chunks.SelectMany(chunk => chunk.GetProperty("choices").EnumerateArray())
            .Select(choice => choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : ""));
}
