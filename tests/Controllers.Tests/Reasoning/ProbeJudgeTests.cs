using System.Text.Json.Nodes;
using Nemotron.Controllers.Reasoning;
using Nemotron.Planning;

namespace Nemotron.Controllers.Tests.Reasoning;

/// <summary>What an answer shows of the mode.</summary>
public class ProbeJudgeTests
{
    [Theory]
    [InlineData("""{"content":"408"}""", TraceOpener.Model, false)]
    [InlineData("""{"content":"<think>\n17 times"}""", TraceOpener.Model, true)]
    [InlineData("""{"content":"<think>\n\n</think>\n\n408"}""", TraceOpener.Model, false)]
    [InlineData("""{"content":"<think>hm</think>408"}""", TraceOpener.Model, true)]
    [InlineData("""{"content":"17 times"}""", TraceOpener.Template, null)]
    [InlineData("""{"content":"hm</think>408"}""", TraceOpener.Template, true)]
    [InlineData("""{"content":"","reasoning_content":"17 times"}""", TraceOpener.Model, true)]
    [InlineData("""{"content":null,"reasoning":"17 times"}""", TraceOpener.Template, true)]
    [InlineData("""{"content":null,"reasoning_content":null}""", TraceOpener.Model, null)]
    [InlineData("""{"content":"408","reasoning_content":""}""", TraceOpener.Model, false)]
    [InlineData("""{}""", TraceOpener.Model, null)]
    public void A_trace_is_seen_in_the_text_or_where_a_parser_puts_it(string message, TraceOpener opener, bool? thinks) =>
        ProbeJudge.Shows((JsonObject)JsonNode.Parse(message)!, opener).ShouldBe(thinks);

    [Theory]
    // Default Off: said nothing, then asked for on.
    [InlineData("Off", false, "off", "408", "on", "<think>\n17", null, "Held", "A request that says nothing got Off; one for On got On. The model's text shows it.")]
    [InlineData("On", false, "on", "<think>\n17", "off", "408", null, "Held", "A request that says nothing got On; one for Off got Off. The model's text shows it.")]
    [InlineData("Off", false, "on", "<think>\n17", "on", "<think>\n17", null, "NotHeld", "the gateway applied on, not Off.")]
    [InlineData("Off", false, null, "408", null, "408", null, "NotHeld", "the gateway applied no mode, not Off.")]
    [InlineData("Off", false, "off", "<think>\n17", "on", "<think>\n17", null, "NotHeld", "the model's answer has a reasoning trace all the same.")]
    [InlineData("Off", false, "off", "408", "on", "408", null, "NotHeld", "A request for On: the gateway applied On, and the model's answer has no reasoning trace all the same.")]
    // Enforced: the other mode is asked for in vain, and that is told.
    [InlineData("Off", true, "off", "408", "off", "408", "on", "Held", "one for On got Off, as enforced.")]
    [InlineData("Off", true, "off", "408", "on", "<think>\n17", null, "NotHeld", "where Off is enforced: the gateway applied on")]
    [InlineData("Off", true, "off", "408", "off", "408", null, "NotHeld", "does not say that it was overridden")]
    public void The_verdict_rests_on_the_gateways_word_and_the_models_text(
        string declared, bool enforced, string? first, string firstText, string? other, string otherText, string? overridden, string result, string says)
    {
        var outcome = ProbeJudge.Judge(
            new GatewayReasoning
            {
                Grammar = ReasoningGrammar.SystemDetailedThinking,
                Default = Enum.Parse<ReasoningMode>(declared),
                Enforcement = enforced ? GatewayEnforcement.Enforced : GatewayEnforcement.Default,
            },
            new ModeAnswer(first, null, new JsonObject { ["content"] = firstText }),
            new ModeAnswer(other, overridden, new JsonObject { ["content"] = otherText }));
        outcome.Result.ToString().ShouldBe(result, outcome.Message);
        outcome.Message.ShouldContain(says);
    }

    [Fact]
    public void Where_the_text_cannot_show_it_the_sentence_says_so()
    {
        var outcome = ProbeJudge.Judge(
            new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, TraceOpenedBy = TraceOpener.Template, Default = ReasoningMode.On },
            new ModeAnswer("on", null, new JsonObject { ["content"] = "17 times" }), new ModeAnswer("off", null, new JsonObject { ["content"] = "408" }));
        outcome.Result.ShouldBe(ProbeResult.Held);
        outcome.Message.ShouldContain("does not show it with this model");
    }
}
