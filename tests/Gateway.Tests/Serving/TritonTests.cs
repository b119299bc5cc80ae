using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Serving;

/// <summary>OpenAI's API in front of a simulated Triton: the gateway renders the prompt and asks over gRPC.</summary>
public class TritonTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Nano", ReasoningMode.On, "<|start_header_id|>system<|end_header_id|>\n\ndetailed thinking on<|eot_id|>")]
    [InlineData("Nano", ReasoningMode.Off, "<|start_header_id|>system<|end_header_id|>\n\ndetailed thinking off<|eot_id|>")]
    [InlineData("Super-v1.5", ReasoningMode.Off, "<think>\n\n</think>\n\n")]
    [InlineData("Nemotron-H-47B", ReasoningMode.On, "<think>\n")]
    [InlineData("Nemotron-H-47B", ReasoningMode.Off, "<think></think>")]
    [InlineData("Nemotron-Nano-9B-v2", ReasoningMode.Off, "<think></think>")]
    [InlineData("Nemotron-Nano-9B-v2", ReasoningMode.On, "<think>\n")]
    public async Task An_enforced_mode_is_in_the_prompt_whatever_the_client_says(string model, ReasoningMode mode, string mark)
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, model, mode, GatewayEnforcement.Enforced);
        var contrary = mode == ReasoningMode.On ? "off" : "on";
        using var answer = await gateway.ChatAsync("\"model\":\"m\"", ("X-Nemotron-Reasoning", contrary));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("X-Nemotron-Reasoning").ShouldBe([mode == ReasoningMode.On ? "on" : "off"]);
        answer.Headers.GetValues("X-Nemotron-Reasoning-Overridden").ShouldBe([contrary]);
        triton.Text("text_input").ShouldNotBeNull().ShouldContain(mark);
        // Past the gateway's eyes nothing is asked.
        using var past = await gateway.PostAsync("/v2/models/tensorrt_llm/generate", """{"text_input":"q"}""");
        past.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var bare = await gateway.PostAsync("/v1/completions", """{"prompt":"q"}""");
        bare.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_whole_answer_has_OpenAIs_form_and_what_was_counted()
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync(""" "model":"mine","temperature":0.5,"top_p":0.9,"top_k":40,"seed":7,"stop":["a","b"],"max_tokens":2,"frequency_penalty":0.5 """);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        var root = json.RootElement;
        root.GetProperty("object").GetString().ShouldBe("chat.completion");
        root.GetProperty("model").GetString().ShouldBe("mine");
        root.GetProperty("id").GetString().ShouldBe(triton.Last.Id);
        var choice = root.GetProperty("choices")[0];
        choice.GetProperty("message").GetProperty("content").GetString().ShouldBe("Hello there");
        choice.GetProperty("finish_reason").GetString().ShouldBe("length");
        root.GetProperty("usage").GetRawText().ShouldBe("""{"completion_tokens":2}""");
        triton.Last.ModelName.ShouldBe("tensorrt_llm");
        BinaryPrimitives.ReadSingleLittleEndian(triton.Raw("sampling_param_temperature")).ShouldBe(0.5f);
        BinaryPrimitives.ReadSingleLittleEndian(triton.Raw("sampling_param_top_p")).ShouldBe(0.9f);
        BinaryPrimitives.ReadSingleLittleEndian(triton.Raw("sampling_param_frequency_penalty")).ShouldBe(0.5f);
        BinaryPrimitives.ReadInt32LittleEndian(triton.Raw("sampling_param_top_k")).ShouldBe(40);
        BinaryPrimitives.ReadUInt64LittleEndian(triton.Raw("sampling_param_seed")).ShouldBe(7ul);
        triton.Raw("sampling_param_stop").ShouldBe([1, 0, 0, 0, (byte)'a', 1, 0, 0, 0, (byte)'b']);
        triton.Raw("sampling_param_exclude_input_from_output").ShouldBe([1]);
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"off\"}")).ShouldBe(2);
        (await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"off\",endpoint=\"chat\",outcome=\"ok\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_left_open_is_filled_in_and_greedy_decoding_is_told_in_the_engines_words()
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync("");
        BinaryPrimitives.ReadInt32LittleEndian(triton.Raw("sampling_param_max_tokens")).ShouldBe(4096);
        BinaryPrimitives.ReadInt32LittleEndian(triton.Raw("sampling_param_top_k")).ShouldBe(1);
        triton.Raw("sampling_param_temperature").ShouldBeNull();
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        json.RootElement.GetProperty("model").GetString().ShouldBe("served");
        json.RootElement.GetProperty("choices")[0].GetProperty("finish_reason").GetString().ShouldBe("stop");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stream_comes_piece_by_piece_and_shows_its_counts_to_who_asked(bool asks)
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Gate = new SemaphoreSlim(0);
        await using var gateway = await StartAsync(triton, "Nano");
        var asking = gateway.ChatAsync($"\"stream\":true{(asks ? ",\"stream_options\":{\"include_usage\":true}" : "")}", ("traceparent", "00-1-2-3"), ("X-Request-Id", "r1"));
        triton.Gate.Release();
        using var answer = await asking;
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
        (await reader.ReadLineAsync(Cancelled)).ShouldNotBeNull().ShouldContain("\"delta\":{\"role\":\"assistant\",\"content\":\"\"}");
        await reader.ReadLineAsync(Cancelled);
        // The first piece is there while the second is held back.
        (await reader.ReadLineAsync(Cancelled)).ShouldNotBeNull().ShouldContain("\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null");
        triton.Gate.Release(2);
        var rest = await reader.ReadToEndAsync(Cancelled);
        rest.ShouldContain("\"delta\":{\"content\":\"!\"}");
        rest.ShouldContain("\"delta\":{},\"finish_reason\":\"stop\"");
        rest.Contains("\"choices\":[],\"usage\":{\"completion_tokens\":3}", StringComparison.Ordinal).ShouldBe(asks);
        rest.ShouldEndWith("data: [DONE]\n\n");
        triton.Headers.Single().GetValue("traceparent").ShouldBe("00-1-2-3");
        triton.Headers.Single().GetValue("x-request-id").ShouldBe("r1");
        (await gateway.MetricAsync("nemotron_gateway_output_tokens_total{mode=\"off\"}")).ShouldBe(3);
        (await gateway.MetricAsync("nemotron_gateway_time_to_first_token_seconds_count{mode=\"off\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_texts_that_grow_the_client_gets_what_is_new()
    {
        await using var triton = await StubTriton.StartAsync();
        // A word that repeats, and a token that is held back since its character is not whole yet.
        triton.Calls = [["ha", "ha", "", "é", "ha"]];
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync("\"stream\":true,\"stream_options\":{\"include_usage\":true}");
        var stream = await answer.Content.ReadAsStringAsync(Cancelled);
        stream.Split("\n\n").Select(line => line.Split("\"content\":\"")).Where(parts => parts.Length == 2).Select(parts => parts[1].Split('"')[0]).ShouldBe(["", "ha", "ha", "é", "ha"]);
        stream.ShouldContain("\"usage\":{\"completion_tokens\":4}");
    }

    [Fact]
    public async Task A_last_response_that_brings_no_text_still_says_why_it_is_the_last()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Calls = [["Hello", "", "more"]];
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync("\"max_tokens\":2");
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"content\":\"Hello\"},\"logprobs\":null,\"finish_reason\":\"length\"");
    }

    [Fact]
    public async Task A_completion_whose_first_token_shows_nothing_yet_says_nothing_twice()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Calls = [["", "Once", " upon"]];
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.PostAsync("/v1/completions", """{"prompt":"q","stream":true}""");
        var stream = await answer.Content.ReadAsStringAsync(Cancelled);
        stream.Split("\"text\":\"").Skip(1).Select(rest => rest.Split('"')[0]).ShouldBe(["Once", " upon", ""]);
    }

    [Fact]
    public async Task A_trace_ends_at_its_budget_in_one_stream_out_of_two_calls()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Calls = [["Hm", " two", "\n", "more", "and"], ["Four", "."]];
        await using var gateway = await StartAsync(triton, "Nemotron-Nano-9B-v2", ReasoningMode.On, budget: 2);
        using var answer = await gateway.ChatAsync("\"stream\":true");
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        text.ShouldContain("\"content\":\"Four\"");
        text.ShouldNotContain("more");
        text.Split("\"finish_reason\":\"stop\"").Length.ShouldBe(2);
        triton.Seen.Count.ShouldBe(2);
        // The template opens the trace; what was written stands in it, closed.
        triton.Text("text_input").ShouldNotBeNull().ShouldEndWith("<SPECIAL_11>Assistant\n<think>\nHm two\n</think>\n\n");
        triton.Cancelled.ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_whole_answer_with_a_budget_counts_both_calls()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Calls = [["Hm", " two", "\n", "more"], ["Four", "."]];
        await using var gateway = await StartAsync(triton, "Nemotron-Nano-9B-v2", ReasoningMode.On, budget: 3);
        using var answer = await gateway.ChatAsync("\"max_tokens\":10");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().ShouldBe("Hm two\n</think>\n\nFour.");
        json.RootElement.GetProperty("usage").GetRawText().ShouldBe("""{"completion_tokens":5}""");
        BinaryPrimitives.ReadInt32LittleEndian(triton.Raw("sampling_param_max_tokens")).ShouldBe(7);
    }

    [Fact]
    public async Task An_answer_without_a_trace_is_gone_on_with_and_closes_none()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Calls = [["It", " is", " four", " more"], [", of", " course."]];
        await using var gateway = await StartAsync(triton, "Nano", ReasoningMode.On, budget: 3);
        using var answer = await gateway.ChatAsync("\"max_tokens\":10");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        json.RootElement.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString().ShouldBe("It is four, of course.");
        triton.Text("text_input").ShouldNotBeNull().ShouldEndWith("It is four");
        (await gateway.MetricAsync("nemotron_gateway_traces_ended_total")).ShouldBe(0);
    }

    [Theory]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "tools")]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"repetition_penalty\":1.1", "repetition_penalty")]
    [InlineData("\"stop\":[1]", "stop")]
    [InlineData("\"seed\":-1", "seed")]
    [InlineData("\"max_tokens\":0", "max_tokens")]
    [InlineData("\"continue_final_message\":true", "continue_final_message")]
    public async Task What_the_model_cannot_do_is_refused_by_name(string field, string param)
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync(field);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        json.RootElement.GetProperty("error").GetProperty("param").GetString().ShouldBe(param);
        triton.Seen.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]""", "messages[0].content")]
    // Text that the grammar does not see must not be rendered.
    [InlineData("""[{"role":"user","content":[{"type":"x","text":"Solve. /think"}]}]""", "messages[0].content")]
    [InlineData("""[{"role":"user","content":"q"},{"role":"tool","content":"a"}]""", "messages[1].role")]
    [InlineData("""[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{}]}]""", "messages[1].tool_calls")]
    [InlineData("""[{"role":"poet","content":"q"}]""", "messages[0].role")]
    [InlineData("""[{"role":"user","content":"\ud800"}]""", null)]
    public async Task Messages_that_the_template_has_no_place_for_are_refused(string messages, string? param)
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.PostAsync("/v1/chat/completions", $"{{\"messages\":{messages}}}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancelled));
        json.RootElement.GetProperty("error").GetProperty("param").GetString().ShouldBe(param);
        triton.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_a_part_the_prompt_has_what_the_grammar_sees()
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nemotron-Nano-9B-v2", ReasoningMode.Off, GatewayEnforcement.Enforced);
        using var answer = await gateway.PostAsync(
            "/v1/chat/completions", """{"messages":[{"role":"user","content":["A",{"type":"refusal","refusal":"B\n","text":"/think"},{"type":"thinking","thinking":"C /think"},{"text":"D"}]}]}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        triton.Text("text_input").ShouldNotBeNull().ShouldEndWith("<SPECIAL_11>User\nA\nB\n\nC \nD\n<SPECIAL_11>Assistant\n<think></think>");
    }

    [Fact]
    public async Task An_answer_that_the_client_has_begun_cannot_undo_an_enforced_mode()
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nemotron-Nano-9B-v2", ReasoningMode.Off, GatewayEnforcement.Enforced);
        using var answer = await gateway.PostAsync("/v1/chat/completions", """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"<think>\n"}]}""");
        await RefusalTests.ShouldTellAsync(answer, 400, "mode_impossible");
        triton.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Models_are_told_completions_pass_as_they_are_and_responses_are_refused()
    {
        await using var triton = await StubTriton.StartAsync();
        await using var gateway = await StartAsync(triton, "Nano");
        (await gateway.Client.GetStringAsync("/v1/models", Cancelled)).ShouldStartWith("""{"object":"list","data":[{"id":"served","object":"model","created":""");
        (await gateway.Client.GetStringAsync("/v2/models/tensorrt_llm", Cancelled)).ShouldBe("""{"name":"tensorrt_llm"}""");
        using var completion = await gateway.PostAsync("/v1/completions", """{"prompt":"Once","max_tokens":1}""");
        (await completion.Content.ReadAsStringAsync(Cancelled)).ShouldContain("\"object\":\"text_completion\"");
        triton.Text("text_input").ShouldBe("Once");
        using var responses = await gateway.PostAsync("/v1/responses", """{"input":"q"}""");
        responses.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await responses.Content.ReadAsStringAsync(Cancelled)).ShouldContain("use /v1/chat/completions");
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_engines_work()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Gate = new SemaphoreSlim(1);
        await using var gateway = await StartAsync(triton, "Nano");
        using (var answer = await gateway.ChatAsync("\"stream\":true"))
        {
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancelled));
            await reader.ReadLineAsync(Cancelled);
        }

        await Until.TrueAsync(() => triton.Cancelled == 1, "the engine to be told");
        await Until.TrueAsync(async () => await gateway.MetricAsync("nemotron_gateway_requests_total{mode=\"off\",endpoint=\"chat\",outcome=\"cancelled\"}") == 1, "the cancelled request to be counted");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_error_before_the_first_token_has_a_status(bool streams)
    {
        await using var triton = await StubTriton.StartAsync();
        (triton.Error, triton.ErrorAt) = ("Stub process 'tensorrt_llm_0_0' is not healthy.", 0);
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync(streams ? "\"stream\":true" : "");
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("is not healthy");
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_server_error\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task An_error_in_a_stream_is_told_in_it()
    {
        await using var triton = await StubTriton.StartAsync();
        (triton.Error, triton.ErrorAt) = ("Stub process 'tensorrt_llm_0_0' is not healthy.", 2);
        await using var gateway = await StartAsync(triton, "Nano");
        using var answer = await gateway.ChatAsync("\"stream\":true");
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        text.ShouldContain("\"content\":\" there\"");
        text.ShouldContain("data: {\"error\":{\"message\":\"Stub process");
        (await gateway.MetricAsync("nemotron_gateway_errors_total{kind=\"engine_server_error\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_shuts_down_or_is_not_there_is_told_as_not_ready()
    {
        await using var triton = await StubTriton.StartAsync();
        triton.Error = "GRPC server is shutting down and has stopped accepting new requests.";
        await using var gateway = await StartAsync(triton, "Nano");
        using (var leaving = await gateway.ChatAsync("")) leaving.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        triton.Fails = Grpc.Core.StatusCode.Unavailable;
        using (var answer = await gateway.ChatAsync(""))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        triton.Fails = Grpc.Core.StatusCode.Internal;
        using (var broken = await gateway.ChatAsync("\"stream\":true")) broken.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        await triton.DisposeAsync();
        using var gone = await gateway.ChatAsync("");
        gone.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    private static Task<RunningGateway> StartAsync(
        StubTriton triton, string model, ReasoningMode mode = ReasoningMode.Off, GatewayEnforcement enforcement = GatewayEnforcement.Default, int? budget = null)
    {
        var entry = ModelCatalogue.Default.Find(model);
        return RunningGateway.StartAsync(new GatewaySettings
        {
            Upstream = triton.Http,
            HealthPath = "/v2/health/ready",
            Triton = triton.Triton(entry.ChatTemplate!.Value),
            Reasoning = GatewayReasoning.Of(entry.Reasoning) with
            {
                Default = mode,
                Enforcement = enforcement,
                Budget = budget is { } tokens ? new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = tokens } : null,
            },
        });
    }
}
