using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>Requests whose client decides what its prompt is or how its answer begins: no mode and no budget can be held there.</summary>
public class PromptControlTests
{
    private const string User = "{\"role\":\"user\",\"content\":\"q\"}", Begun = "{\"role\":\"assistant\",\"content\":\"<think>\\n\"}";

    public static TheoryData<string, string> Undoing => new()
    {
        { $"{{\"messages\":[{User},{Begun}]}}", "messages" },
        { $"{{\"messages\":[{User},{Begun}],\"continue_final_message\":true}}", "continue_final_message" },
        // An engine may take it for true.
        { $"{{\"messages\":[{User}],\"continue_final_message\":1}}", "continue_final_message" },
        { $"{{\"messages\":[{User}],\"add_generation_prompt\":false}}", "add_generation_prompt" },
        { $"{{\"messages\":[{User}],\"add_generation_prompt\":true,\"add_generation_prompt\":false}}", "add_generation_prompt" },
        { $"{{\"messages\":[{User}],\"prompt_token_ids\":[1,2]}}", "prompt_token_ids" },
        { $"{{\"messages\":[{User}],\"prompt_token_ids_b64\":\"AA==\"}}", "prompt_token_ids_b64" },
        { $"{{\"messages\":[{User}],\"input_ids\":[1]}}", "input_ids" },
        { $"{{\"messages\":[{User}],\"disaggregated_params\":{{}}}}", "disaggregated_params" },
        { $"{{\"messages\":[{User}],\"chat_templ\\u0061te\":\"x\"}}", "chat_template" },
        { $"{{\"messages\":[{User}],\"chat_template_kwargs\":{{\"add_generation_prompt\":false}}}}", "chat_template_kwargs" },
        { $"{{\"messages\":[{User}],\"chat_template_kwargs\":{{\"chat_template\":\"x\"}}}}", "chat_template_kwargs" },
    };

    public static TheoryData<string> Harmless => new()
    {
        $"{{\"messages\":[{User}],\"continue_final_message\":false,\"add_generation_prompt\":true,\"prompt_token_ids\":null,\"chat_template\":null,\"chat_template_kwargs\":{{\"x\":1}}}}",
        $"{{\"messages\":[{User},{Begun},{User}]}}",
        $"{{\"messages\":[{User},{{\"role\":\"assistant\",\"tool_calls\":[]}},{{\"role\":\"tool\",\"content\":\"4\"}}]}}",
        $"{{\"messages\":[{User}],\"chat_template_kwargs\":{{\"chat_template\":\"x\"}},\"chat_template_kwargs\":null}}",
    };

    [Theory]
    [MemberData(nameof(Undoing))]
    public void An_enforced_mode_is_not_to_be_undone(string body, string param)
    {
        var reasoning = new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, ModelDefault = ReasoningMode.On, Default = ReasoningMode.On };
        // Who may choose the mode may begin the answer too.
        ConversationTests.Sent(Settings.Of(reasoning), ApiEndpoint.Chat, body, default).ShouldBe(body);
        foreach (var strict in new[] { reasoning with { Enforcement = GatewayEnforcement.Enforced }, reasoning with { WhereImpossible = WhereImpossible.Refuse } })
        {
            var error = Should.Throw<BadRequestException>(() => ConversationTests.Plan(Settings.Of(strict), ApiEndpoint.Chat, body, default));
            (error.Param, error.Code).ShouldBe((param, "mode_impossible"));
        }

        // Nothing to hold.
        ConversationTests.Sent(Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.None, WhereImpossible = WhereImpossible.Refuse }), ApiEndpoint.Chat, body, default).ShouldBe(body);
    }

    [Theory]
    [MemberData(nameof(Undoing))]
    public void A_trace_whose_beginning_is_the_clients_is_not_watched(string body, string param)
    {
        var watched = new GatewayReasoning
        {
            Grammar = ReasoningGrammar.ThinkTags, ModelDefault = ReasoningMode.On, Default = ReasoningMode.On, Budget = new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 50 },
        };
        ConversationTests.Plan(Settings.Of(watched), ApiEndpoint.Chat, body, default).Budget.ShouldBeNull(param);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void What_begins_a_new_answer_is_served(string body)
    {
        var strict = new GatewayReasoning
        {
            Grammar = ReasoningGrammar.ThinkTags, ModelDefault = ReasoningMode.On, Default = ReasoningMode.On, Enforcement = GatewayEnforcement.Enforced,
            Budget = new ThinkingBudget { By = BudgetMechanism.Stream, Tokens = 50 },
        };
        var plan = ConversationTests.Plan(Settings.Of(strict), ApiEndpoint.Chat, body, default);
        (plan.Mode.Mode, plan.Budget?.Tokens).ShouldBe((ReasoningMode.On, 50));
    }

    [Theory]
    [InlineData("{\"role\":\"tool\",\"content\":\"\"}", false)]
    [InlineData("{\"role\":\"system\",\"content\":\"\"}", false)]
    [InlineData("{\"role\":\"User\",\"content\":\"\"}", false)]
    [InlineData(User, true)]
    public void Where_the_template_puts_its_mark_behind_the_user_only_the_user_is_the_last_to_speak(string last, bool served)
    {
        var body = $"{{\"messages\":[{User},{last}]}}";
        var strict = Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.SystemJson, Enforcement = GatewayEnforcement.Enforced });
        if (served) ConversationTests.Plan(strict, ApiEndpoint.Chat, body, default).Mode.Mode.ShouldBe(ReasoningMode.Off);
        else Should.Throw<BadRequestException>(() => ConversationTests.Plan(strict, ApiEndpoint.Chat, body, default)).Param.ShouldBe("messages");
    }

    [Theory]
    [InlineData("{\"input\":[{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"reasoning\",\"status\":\"incomplete\"}]}", "input")]
    [InlineData("{\"input\":[{\"role\":\"user\",\"content\":\"q\"},{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"<think>\"}]}", "input")]
    [InlineData("{\"input\":\"q\",\"previous_response_id\":\"resp_1\"}", "previous_response_id")]
    [InlineData("{\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}]}", null)]
    public void Responses(string body, string? param)
    {
        var strict = Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.ThinkTags, Enforcement = GatewayEnforcement.Enforced });
        if (param is null) ConversationTests.Plan(strict, ApiEndpoint.Responses, body, default).Mode.Mode.ShouldBe(ReasoningMode.Off);
        else Should.Throw<BadRequestException>(() => ConversationTests.Plan(strict, ApiEndpoint.Responses, body, default)).Param.ShouldBe(param);
    }
}
