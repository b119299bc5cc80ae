using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Planning;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>What the simulated model says.</summary>
public class AnswerTests
{
    [Theory]
    // grammar, system message, user message → thinks
    [InlineData(ReasoningGrammar.SystemDetailedThinking, "detailed thinking on", "hi", true)]
    [InlineData(ReasoningGrammar.SystemDetailedThinking, " detailed thinking on\n", "hi", true)]
    [InlineData(ReasoningGrammar.SystemDetailedThinking, "detailed thinking off", "hi", false)]
    [InlineData(ReasoningGrammar.SystemDetailedThinking, "You are kind. detailed thinking on", "hi", false)]
    [InlineData(ReasoningGrammar.SystemDetailedThinking, null, "detailed thinking on", false)]
    [InlineData(ReasoningGrammar.SystemDetailedThinking, "/think", "hi", false)]
    [InlineData(ReasoningGrammar.SystemNoThink, null, "hi", true)]
    [InlineData(ReasoningGrammar.SystemNoThink, "Be brief. /no_think", "hi", false)]
    [InlineData(ReasoningGrammar.SystemNoThink, null, "hi /no_think", true)]
    [InlineData(ReasoningGrammar.ThinkTags, null, "hi", false)]
    [InlineData(ReasoningGrammar.ThinkTags, "/think", "hi", true)]
    [InlineData(ReasoningGrammar.ThinkTags, "/think", "hi /no_think", false)]
    [InlineData(ReasoningGrammar.ThinkTags, "/no_think", "no /no_think yes /think", true)]
    [InlineData(ReasoningGrammar.SystemJson, "{'reasoning': True}", "hi", true)]
    [InlineData(ReasoningGrammar.SystemJson, "{'reasoning': False}", "hi", false)]
    [InlineData(ReasoningGrammar.None, "detailed thinking on", "hi", false)]
    public void The_model_obeys_its_own_switch_and_no_other(ReasoningGrammar grammar, string? system, string user, bool thinks) =>
        ReasoningSwitch.Read(new() { Grammar = grammar }, ChatPrompt.Of(Messages(system, user))).ShouldBe(thinks ? ReasoningMode.On : ReasoningMode.Off);

    [Theory]
    [InlineData(true, ReasoningMode.Off, true)]
    [InlineData(false, ReasoningMode.On, false)]
    [InlineData(null, ReasoningMode.On, true)]
    public void A_template_argument_decides_where_the_grammar_has_one(bool? argument, ReasoningMode fallback, bool thinks) =>
        ReasoningSwitch.Read(new() { Grammar = ReasoningGrammar.ChatTemplateKwargs, DefaultMode = fallback }, ChatPrompt.Of(Messages(null, "hi"), argument))
            .ShouldBe(thinks ? ReasoningMode.On : ReasoningMode.Off);

    [Fact]
    public void Rendered_prompts_are_taken_apart()
    {
        var prompt = RenderedPrompt.Read("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\ndetailed thinking on<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
        prompt.Messages.Take(2).ShouldBe([new("system", "detailed thinking on"), new("user", "Hi")]);
        RenderedPrompt.Read("<|im_start|>system\n/no_think<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think></think>").ShouldSatisfyAllConditions(
            read => read.Messages[0].ShouldBe(new("system", "/no_think")),
            read => read.OpenedTrace.ShouldBe(false));
        RenderedPrompt.Read("plain words").Messages.ShouldBe([new("user", "plain words")]);
        RenderedPrompt.Read("x <think>\n").OpenedTrace.ShouldBe(true);
    }

    [Fact]
    public void A_thinking_answer_has_its_trace_in_marks_and_then_names_itself_simulated()
    {
        var script = AnswerScript.Write("M", 7, new(50, 30), thinks: true, openedByTemplate: false, []);
        var text = script.Text(0, script.Length);
        text.ShouldStartWith("<think>\n");
        text.ShouldContain("\n</think>\n\nSimulated answer of M: ");
        script.Length.ShouldBe(2 + 50 + 3 + 30);
        script.TraceTokens.ShouldBe(55);
        AnswerScript.Write("M", 7, new(50, 30), thinks: true, openedByTemplate: true, []).Text(0, 20).ShouldNotContain("<think>");
        AnswerScript.Write("M", 7, new(0, 30), thinks: false, openedByTemplate: true, []).Text(0, 30).ShouldStartWith("Simulated answer");
    }

    [Fact]
    public void The_same_seed_says_the_same_and_pieces_make_the_whole()
    {
        Gen.Select(Gen.ULong, Gen.Int[0, 80], Gen.Int[1, 80], Gen.Bool, Gen.Int[1, 9]).Sample((seed, thinking, answer, thinks, step) =>
        {
            var script = AnswerScript.Write("M", seed, new(thinking, answer), thinks, false, []);
            var whole = script.Text(0, script.Length);
            whole.ShouldBe(AnswerScript.Write("M", seed, new(thinking, answer), thinks, false, []).Text(0, script.Length));
            var pieces = "";
            for (var at = 0; at < script.Length; at += step) pieces += script.Text(at, Math.Min(script.Length, at + step));
            pieces.ShouldBe(whole);
        });
    }

    [Fact]
    public void Answers_end_at_their_limit_or_at_the_first_stop_string_which_may_span_tokens()
    {
        Gen.Select(Gen.ULong, Gen.Int[1, 200], Gen.Int[0, 150], Gen.Int[1, 30], Gen.Bool).Sample((seed, most, from, length, keep) =>
        {
            var script = AnswerScript.Write("M", seed, new(0, 200), false, false, []);
            var whole = script.Text(0, script.Length);
            var stop = whole.Substring(from, Math.Min(length, whole.Length - from));
            var ended = script.EndedBy(most, ["", stop], keep);
            var text = ended.Text(0, ended.Length);
            if (ended.Stop is null)
            {
                ended.Length.ShouldBe(Math.Min(most, 200));
                ended.Finish.ShouldBe(most < 200 ? FinishReason.Length : FinishReason.Stop);
                text.ShouldNotContain(stop);
            }
            else
            {
                var at = whole.IndexOf(stop, StringComparison.Ordinal);
                text.ShouldBe(whole[..(at + (keep ? stop.Length : 0))]);
                ended.Length.ShouldBeLessThanOrEqualTo(most);
            }
        });
    }

    [Fact]
    public void Thinking_multiplies_the_length_as_measured()
    {
        // Facts: 5.5 to 31 times over eight benchmarks (Super v1.5, tokens with reasoning on over off).
#pragma warning disable CA5394
        var random = new Random(1);
#pragma warning restore CA5394
        var off = Enumerable.Range(0, 20_000).Average(_ => Total(AnswerLength.Draw(ReasoningMode.Off, random)));
        var on = Enumerable.Range(0, 20_000).Average(_ => Total(AnswerLength.Draw(ReasoningMode.On, random)));
        (on / off).ShouldBeInRange(5.5, 31);
        var scaled = new AnswerLength(900, 100).Scaled(50);
        (scaled.Thinking + scaled.Answer).ShouldBe(50);
        scaled.Thinking.ShouldBe(45);

        static int Total(AnswerLength length) => length.Thinking + length.Answer;
    }

    [Theory]
    [InlineData("""{ "tool_choice": "none" }""", "user", null)]
    [InlineData("{}", "user", """weather {"city":"simulated","days":1}""")]
    [InlineData("{}", "tool", null)]
    [InlineData("""{ "tool_choice": "required" }""", "tool", """weather {"city":"simulated","days":1}""")]
    [InlineData("""{ "tool_choice": { "type": "function", "function": { "name": "news" } } }""", "tool", "news {}")]
    public void Tools_are_called_by_script(string choice, string lastRole, string? call)
    {
        var body = (JsonObject)JsonNode.Parse(choice)!;
        body["tools"] = JsonNode.Parse("""
            [ { "type": "function", "function": { "name": "weather", "parameters": { "type": "object", "required": ["city", "days"],
                "properties": { "city": { "type": "string" }, "days": { "type": "integer" }, "unit": { "type": "string" } } } } },
              { "type": "function", "function": { "name": "news" } } ]
            """);
        var calls = ToolCall.Decide(body, ChatPrompt.Of([new("user", "hi"), new(lastRole, "x")]));
        (calls.Count == 0 ? null : $"{calls[0].Name} {calls[0].Arguments}").ShouldBe(call);
    }

    private static List<ChatMessage> Messages(string? system, string user) => system is null ? [new("user", user)] : [new("system", system), new("user", user)];
}
