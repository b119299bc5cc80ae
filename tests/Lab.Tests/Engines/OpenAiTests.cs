using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>The OpenAI API of trtllm-serve.</summary>
public class OpenAiTests
{
    [Fact]
    public async Task Chat_completions_as_a_whole()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("nano"));

        var (status, whole) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "n": 2, "unknown_field": { "x": 1 }, "temperature": 0.5 }"""), tokens: 30);
        status.ShouldBe(200);
        whole.Text("object").ShouldBe("chat.completion");
        whole.Text("id")!.ShouldStartWith("chatcmpl-");
        var choices = whole.Items("choices").ToList();
        choices.Count.ShouldBe(2);
        choices[0].Text("finish_reason").ShouldBe("stop");
        choices[0].Text("message", "content").ShouldNotBe(choices[1].Text("message", "content"));
        whole.Whole("usage", "completion_tokens").ShouldBe(60);
        whole.Whole("usage", "total_tokens").ShouldBe(60 + whole.Whole("usage", "prompt_tokens"));

        // The same request is answered alike.
        var (_, again) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "n": 2 }"""), tokens: 30);
        again.Items("choices").First().Text("message", "content").ShouldBe(choices[0].Text("message", "content"));

        var (_, cut) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "max_tokens": 5 }"""), tokens: 30);
        cut.Items("choices").Single().Text("finish_reason").ShouldBe("length");
        cut.Whole("usage", "completion_tokens").ShouldBe(5);

        var (_, stopped) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "stop": ["answer"] }"""), tokens: 30);
        stopped.Items("choices").Single().Text("message", "content").ShouldBe("Simulated ");
        stopped.Items("choices").Single().Text("stop_reason").ShouldBe("answer");
    }

    [Fact]
    public async Task Chat_completions_as_a_stream_say_the_same_piece_by_piece_with_usage_at_the_end()
    {
        // At a faster clock several tokens come at once.
        await using var lab = await StartAsync(clockSpeed: 2);
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var (_, whole) = await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 40);

        var (pieces, ended) = await lab.StreamAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "stream_options": { "include_usage": true } }"""), tokens: 40);

        ended.ShouldBeTrue();
        pieces[0].Items("choices").Single().Text("delta", "role").ShouldBe("assistant");
        string.Concat(pieces.SelectMany(piece => piece.Items("choices")).Select(choice => choice.Text("delta", "content")))
            .ShouldBe(whole.Items("choices").Single().Text("message", "content"));
        pieces[^2].Items("choices").Single().Text("finish_reason").ShouldBe("stop");
        pieces[^1].Items("choices").ShouldBeEmpty();
        pieces[^1].Whole("usage", "completion_tokens").ShouldBe(40);
        pieces.Select(piece => piece.Text("id")).Distinct().Count().ShouldBe(1);
        pieces.Count.ShouldBeGreaterThan(10);

        var (mixed, _) = await lab.StreamAsync("nano", "/v1/chat/completions", Chat("Hello", more: """{ "n": 3 }"""), tokens: 10);
        mixed.SelectMany(piece => piece.Items("choices")).Where(choice => choice.Text("finish_reason") is not null).Select(choice => choice.Whole("index")).Order().ShouldBe([0L, 1, 2]);
        mixed.Count(piece => piece.At("usage") is not null).ShouldBe(0);
    }

    [Theory]
    [InlineData("detailed thinking on", true)]
    [InlineData("detailed thinking off", false)]
    public async Task The_model_thinks_when_its_own_switch_says_so(string system, bool thinks)
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("plain"));
        await lab.CreateReadyAsync(TrtLlm("parsed", more: ["--reasoning_parser", "deepseek-r1"]));

        var (_, plain) = await lab.PostAsync("plain", "/v1/chat/completions", Chat("Hello", system), tokens: 60);
        var text = plain.Items("choices").Single().Text("message", "content")!;
        text.StartsWith("<think>\n").ShouldBe(thinks);
        text.Contains("</think>").ShouldBe(thinks);
        plain.Items("choices").Single().At("message", "reasoning_content").ShouldBeNull();

        var (_, parsed) = await lab.PostAsync("parsed", "/v1/chat/completions", Chat("Hello", system), tokens: 60);
        var message = parsed.Items("choices").Single().Obj("message")!;
        message.Text("content")!.ShouldStartWith("Simulated answer");
        if (thinks) message.Text("reasoning_content")!.Length.ShouldBeGreaterThan(20);
        else message.At("reasoning_content").ShouldBeNull();

        var (pieces, _) = await lab.StreamAsync("parsed", "/v1/chat/completions", Chat("Hello", system), tokens: 60);
        string.Concat(pieces.SelectMany(piece => piece.Items("choices")).Select(choice => choice.Text("delta", "reasoning_content"))).ShouldBe(message.Text("reasoning_content") ?? "");
    }

    [Fact]
    public async Task A_thinking_budget_is_kept_by_releases_that_know_it()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("new", more: ["--reasoning_parser", "deepseek-r1"]));
        await lab.CreateReadyAsync(TrtLlm("old", version: "1.2.1", more: ["--reasoning_parser", "deepseek-r1"]));
        var body = Chat("Hello", "detailed thinking on", """{ "thinking_token_budget": 7 }""");
        Thoughts((await lab.PostAsync("new", "/v1/chat/completions", body, tokens: 200)).Body).ShouldBe(7);
        Thoughts((await lab.PostAsync("old", "/v1/chat/completions", body, tokens: 200)).Body).ShouldBeGreaterThan(100);

        static int Thoughts(JsonObject answer) => answer.Items("choices").Single().Text("message", "reasoning_content")!.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length;
    }

    [Fact]
    public async Task Tools_are_called_in_the_form_that_the_server_was_told_to_parse()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("parsed", more: ["--tool_parser", "qwen3"]));
        await lab.CreateReadyAsync(TrtLlm("plain"));
        var body = Chat("Weather?", more: """{ "tools": [ { "type": "function", "function": { "name": "weather", "parameters": { "properties": { "city": { "type": "string" } }, "required": ["city"] } } } ] }""");

        var (_, parsed) = await lab.PostAsync("parsed", "/v1/chat/completions", body);
        var choice = parsed.Items("choices").Single();
        choice.Text("finish_reason").ShouldBe("tool_calls");
        var call = choice.Items("message", "tool_calls").Single();
        call.Text("function", "name").ShouldBe("weather");
        call.Text("function", "arguments").ShouldBe("""{"city":"simulated"}""");
        choice.At("message", "content").ShouldBeNull();

        var (pieces, _) = await lab.StreamAsync("parsed", "/v1/chat/completions", body);
        pieces.SelectMany(piece => piece.Items("choices")).SelectMany(c => c.Items("delta", "tool_calls")).Single().Text("function", "name").ShouldBe("weather");

        var (_, plain) = await lab.PostAsync("plain", "/v1/chat/completions", body);
        plain.Items("choices").Single().Text("message", "content").ShouldBe("""<TOOLCALL>[{"name": "weather", "arguments": {"city":"simulated"}}]</TOOLCALL>""");
        plain.Items("choices").Single().Text("finish_reason").ShouldBe("stop");
    }

    [Fact]
    public async Task Completions_models_version_and_server_information()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var (_, text) = await lab.PostAsync("nano", "/v1/completions", new() { ["model"] = "x", ["prompt"] = "Hello" });
        text.Text("object").ShouldBe("text_completion");
        text.Whole("usage", "completion_tokens").ShouldBe(16);
        text.Items("choices").Single().Text("finish_reason").ShouldBe("length");
        text.Items("choices").Single().Text("text")!.ShouldStartWith("Simulated answer");
        var (pieces, ended) = await lab.StreamAsync("nano", "/v1/completions", new() { ["prompt"] = "Hello" });
        ended.ShouldBeTrue();
        string.Concat(pieces.SelectMany(piece => piece.Items("choices")).Select(choice => choice.Text("text"))).ShouldBe(text.Items("choices").Single().Text("text"));

        (await lab.Http.GetStringAsync(lab.Url("nano", "/v1/models"), Cancel)).ShouldContain("\"id\":\"nvidia/Llama-3.1-Nemotron-Nano-8B-v1\"");
        (await lab.Http.GetStringAsync(lab.Url("nano", "/version"), Cancel)).ShouldBe("""{"version":"1.3.0rc20"}""");
        (await lab.Http.GetStringAsync(lab.Url("nano", "/server_info"), Cancel)).ShouldContain("\"max_batch_size\":64");
    }

    [Theory]
    [InlineData("""{ "messages": [] }""", 400, "messages")]
    [InlineData("""{ "messages": [ { "content": "x" } ] }""", 400, "messages[0].role")]
    [InlineData("""{ "messages": [ { "role": "user", "content": "x" } ], "max_tokens": 0 }""", 400, "max_tokens: must be at least 1")]
    [InlineData("""{ "messages": [ { "role": "user", "content": "x" } ], "n": 1000 }""", 400, "n: must be at most 128")]
    [InlineData("""{ "messages": [ { "role": "user", "content": "x" } ], "stop": 3 }""", 400, "stop: must be")]
    public async Task Wrong_requests_are_refused_with_the_field(string body, int status, string says)
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var (code, answer) = await lab.PostAsync("nano", "/v1/chat/completions", (JsonObject)JsonNode.Parse(body)!);
        code.ShouldBe(status);
        answer.Text("object").ShouldBe("error");
        answer.Text("message")!.ShouldContain(says);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_refused_and_a_wrong_route_is_not_found()
    {
        await using var lab = await StartAsync();
        await lab.CreateReadyAsync(TrtLlm("nano"));
        var (code, answer) = await lab.PostAsync("nano", "/v1/chat/completions", Chat(new string('x', 4 * 40_000)));
        code.ShouldBe(400);
        answer.Text("message")!.ShouldContain("should not exceed max_seq_len (32768)");
        (await lab.PostAsync("nano", "/v1/chat/completionz", [])).Status.ShouldBe(404);
        (await lab.PostAsync("nano", "/v1/responses", [])).Status.ShouldBe(501);
    }

    [Fact]
    public async Task Metrics_move_when_a_request_is_done_and_the_json_is_emptied_by_reading()
    {
        await using var lab = await StartAsync();
        lab.CreateConfig("engine", "engine.yaml", "return_perf_metrics: true\nenable_iter_perf_stats: true");
        var pod = TrtLlm("nano", more: ["--config", "/etc/nemotron/engine.yaml"], container: """{ "volumeMounts": [ { "name": "config", "mountPath": "/etc/nemotron" } ] }""");
        pod["spec"]!["volumes"] = JsonNode.Parse("""[ { "name": "config", "configMap": { "name": "engine" } } ]""");
        await lab.CreateReadyAsync(pod);
        await lab.CreateReadyAsync(TrtLlm("bare"));
        (await lab.Http.GetAsync(lab.Url("bare", "/prometheus/metrics"), Cancel)).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await lab.Http.GetStringAsync(lab.Url("nano", "/prometheus/metrics"), Cancel)).ShouldNotContain("generation_tokens_total");
        (await lab.Http.GetStringAsync(lab.Url("nano", "/metrics"), Cancel)).ShouldBe("[]");

        await lab.PostAsync("nano", "/v1/chat/completions", Chat("Hello"), tokens: 25);

        var text = await lab.Http.GetStringAsync(lab.Url("nano", "/prometheus/metrics"), Cancel);
        text.ShouldContain("trtllm_generation_tokens_total{engine_type=\"pytorch\",model_name=\"nvidia/Llama-3.1-Nemotron-Nano-8B-v1\"} 25.0\n");
        // The last look still shows the request that it was taken for.
        text.ShouldContain("trtllm_num_requests_running{engine_type=\"pytorch\",model_name=\"nvidia/Llama-3.1-Nemotron-Nano-8B-v1\",pid=\"1\"} 1.0\n");
        var iterations = (JsonArray)JsonNode.Parse(await lab.Http.GetStringAsync(lab.Url("nano", "/metrics"), Cancel))!;
        iterations.Count.ShouldBeGreaterThanOrEqualTo(25);
        iterations[0].Whole("numActiveRequests").ShouldBe(1);
        iterations[0].Whole("kvCacheStats", "tokensPerBlock").ShouldBe(32);
        (await lab.Http.GetStringAsync(lab.Url("nano", "/metrics"), Cancel)).ShouldBe("[]");

        (await lab.Http.GetAsync(lab.Url("nano", "/health_generate"), Cancel)).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        (await lab.Http.GetStringAsync(lab.Url("nano", "/prometheus/metrics"), Cancel)).ShouldContain("finished_reason=\"length\"");
    }

    [Fact]
    public async Task Requests_share_the_batch_and_wait_when_it_is_full()
    {
        await using var lab = await StartAsync(clockSpeed: 1);
        await lab.CreateReadyAsync(TrtLlm("nano", more: ["--max_batch_size", "2"], container: """{ "readinessProbe": { "httpGet": { "port": 8000, "path": "/health" }, "periodSeconds": 1 } }"""));
        var engine = lab.Engine("nano");
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asked = Enumerable.Range(0, 5).Select(i => lab.Http.PostAsync(
            lab.Url("nano", "/v1/chat/completions"), System.Net.Http.Json.JsonContent.Create(Chat($"{i}", more: """{ "ignore_eos": true, "max_tokens": 30000 }""")), cut.Token)).ToList();
        await Waiting.UntilAsync(() => engine.Replica.Load is { Running: 2, Waiting: 3 });
        engine.Replica.Load.UsedBlocks.ShouldBeGreaterThan(0);

        // Clients that leave free their places.
        await cut.CancelAsync();
        await Waiting.UntilAsync(() => engine.Replica.Load is { Running: 0, Waiting: 0, UsedBlocks: 0 });
        engine.Counters.Aborted.ShouldBe(5);
        foreach (var request in asked) await Should.ThrowAsync<OperationCanceledException>(request);
    }
}
