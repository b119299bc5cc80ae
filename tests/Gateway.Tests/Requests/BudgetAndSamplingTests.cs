using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>What is filled in, and what is capped.</summary>
public class BudgetAndSamplingTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]";

    [Theory]
    [InlineData(true, "", "\"temperature\":0.6,\"top_p\":0.95,\"top_k\":20,\"max_tokens\":100,")]
    [InlineData(true, "\"temperature\":1,", "\"top_p\":0.95,\"top_k\":20,\"max_tokens\":100,\"temperature\":1,")]
    [InlineData(true, "\"temperature\":null,\"top_p\":null,\"top_k\":1,\"max_completion_tokens\":5,", "\"temperature\":0.6,\"top_p\":0.95,\"top_k\":1,\"max_completion_tokens\":5,")]
    [InlineData(false, "", "\"temperature\":0,")]
    // One who names a share to draw from wants to draw.
    [InlineData(false, "\"top_p\":0.9,", "\"top_p\":0.9,")]
    [InlineData(false, "\"max_tokens\":7,\"temperature\":0.30,", "\"max_tokens\":7,\"temperature\":0.30,")]
    public void Sampling_is_filled_in_where_it_was_left_out(bool thinks, string fields, string sent)
    {
        var reasoning = new GatewayReasoning
        {
            Grammar = ReasoningGrammar.ThinkTags,
            ModelDefault = thinks ? ReasoningMode.On : ReasoningMode.Off,
            Default = thinks ? ReasoningMode.On : ReasoningMode.Off,
            SamplingOn = new GatewaySampling { Temperature = 0.6, TopP = 0.95, TopK = 20, MaxTokens = 100 },
            SamplingOff = new GatewaySampling { Temperature = 0 },
        };
        ConversationTests.Sent(Settings.Of(reasoning), ApiEndpoint.Chat, $"{{{fields}{Messages}}}", default).ShouldBe($"{{{sent}{Messages}}}");
    }

    [Theory]
    [InlineData(null, null, null, "", null, null)]
    [InlineData(1000L, null, null, "", 1000L, "Deployment")]
    [InlineData(1000L, null, 400L, "", 400L, "Client")]
    [InlineData(1000L, null, 4000L, "", 1000L, "Deployment")]
    [InlineData(1000L, null, null, "\"thinking_token_budget\":300,", 300L, "Client")]
    [InlineData(1000L, null, 500L, "\"thinking_token_budget\":300,\"nvext\":{\"max_thinking_tokens\":200},", 200L, "Client")]
    [InlineData(1000L, 250L, null, "", 250L, "Pressure")]
    [InlineData(1000L, 250L, 500L, "", 250L, "Pressure")]
    [InlineData(1000L, 250L, 100L, "", 100L, "Client")]
    [InlineData(null, 250L, null, "", 250L, "Pressure")]
    [InlineData(1000L, 5000L, null, "", 1000L, "Deployment")]
    [InlineData(null, null, 100L, "", 100L, "Client")]
    public void The_budget_is_the_least_that_anyone_asks_for(long? declared, long? lowered, long? header, string fields, long? tokens, string? source)
    {
        var settings = With(new ThinkingBudget { By = BudgetMechanism.ThinkingTokenBudget, Tokens = declared, LoweredTo = lowered });
        var plan = ConversationTests.Plan(settings, ApiEndpoint.Chat, $"{{{fields}{Messages}}}", new HeaderWishes(null, header));
        (plan.Budget?.Tokens, plan.Budget?.Source.ToString()).ShouldBe((tokens, source));
    }

    [Theory]
    [InlineData(BudgetMechanism.ThinkingTokenBudget, "", "\"thinking_token_budget\":50,")]
    [InlineData(BudgetMechanism.ThinkingTokenBudget, "\"thinking_token_budget\":900,", "\"thinking_token_budget\":50,")]
    [InlineData(BudgetMechanism.ThinkingTokenBudget, "\"thinking_token_budget\":20 ,", "\"thinking_token_budget\":20 ,")]
    [InlineData(BudgetMechanism.NvextMaxThinkingTokens, "", "\"nvext\":{\"max_thinking_tokens\":50},")]
    [InlineData(BudgetMechanism.NvextMaxThinkingTokens, "\"nvext\":{\"top_k\":3},", "\"nvext\":{\"max_thinking_tokens\":50,\"top_k\":3},")]
    [InlineData(BudgetMechanism.Stream, "", "")]
    public void The_engine_is_told_in_its_own_words(BudgetMechanism by, string fields, string sent) =>
        ConversationTests.Sent(With(new ThinkingBudget { By = by, Tokens = 50 }), ApiEndpoint.Chat, $"{{{fields}{Messages}}}", default).ShouldBe($"{{{sent}{Messages}}}");

    [Fact]
    public void Without_thinking_there_is_no_budget()
    {
        var settings = With(new ThinkingBudget { By = BudgetMechanism.ThinkingTokenBudget, Tokens = 50 });
        var plan = ConversationTests.Plan(settings, ApiEndpoint.Chat, $"{{{Messages}}}", new HeaderWishes(ReasoningMode.Off, 20));
        plan.Budget.ShouldBeNull();
    }

    [Fact]
    public void What_cannot_be_held_is_refused_or_passed_by_policy()
    {
        var settings = With(new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 50 });
        var body = $"{{\"n\":2,{Messages}}}";
        ConversationTests.Plan(settings, ApiEndpoint.Chat, body, default).Budget.ShouldBeNull();
        var strict = settings with { Reasoning = settings.Reasoning with { WhereImpossible = WhereImpossible.Refuse } };
        Should.Throw<BadRequestException>(() => ConversationTests.Plan(strict, ApiEndpoint.Chat, body, default)).Code.ShouldBe("budget_impossible");
        Should.Throw<BadRequestException>(() => ConversationTests.Plan(strict, ApiEndpoint.Responses, "{\"input\":\"q\"}", default)).Code.ShouldBe("budget_impossible");
    }

    [Theory]
    [InlineData("\"response_format\":{\"type\":\"json_object\"},", false)]
    [InlineData("\"stream\":true,\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}},", false)]
    [InlineData("\"response_format\":{\"type\":\"text\"},", true)]
    [InlineData("\"response_format\":null,", true)]
    [InlineData("\"tools\":[{}],", false)]
    [InlineData("\"stream\":true,\"tools\":[{}],", true)]
    [InlineData("\"tools\":[],", true)]
    [InlineData("\"logprobs\":true,", false)]
    [InlineData("\"logprobs\":false,", true)]
    public void A_trace_is_not_ended_where_that_would_break_the_answer(string fields, bool watched)
    {
        var settings = With(new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 50 });
        (ConversationTests.Plan(settings, ApiEndpoint.Chat, $"{{{fields}{Messages}}}", default).Budget is not null).ShouldBe(watched);
    }

    [Theory]
    [InlineData("\"thinking_token_budget\":0,", null, "thinking_token_budget")]
    [InlineData("\"nvext\":{\"max_thinking_tokens\":-1},", null, "nvext.max_thinking_tokens")]
    public void Less_than_one_token_is_refused(string fields, long? header, string param)
    {
        var settings = With(new ThinkingBudget { By = BudgetMechanism.ThinkingTokenBudget, Tokens = 50 });
        Should.Throw<BadRequestException>(() => ConversationTests.Plan(settings, ApiEndpoint.Chat, $"{{{fields}{Messages}}}", new HeaderWishes(null, header))).Param.ShouldBe(param);
    }

    [Fact]
    public void A_wish_that_nothing_could_hold_is_refused() =>
        Should.Throw<BadRequestException>(() => ConversationTests.Plan(With(null), ApiEndpoint.Chat, $"{{{Messages}}}", new HeaderWishes(null, 20))).Code.ShouldBe("budget_not_supported");

    private static GatewaySettings With(ThinkingBudget? budget) => Settings.Of(new GatewayReasoning
    {
        Grammar = ReasoningGrammar.ThinkTags, ModelDefault = ReasoningMode.On, Default = ReasoningMode.On, Budget = budget,
    });
}
