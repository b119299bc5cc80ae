using Nemotron.Gateway.Prompts;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>The family's chat templates: what the checkpoints' own templates make of the same conversations, written down by hand.</summary>
public class PromptTemplateTests
{
    private static readonly PromptMessage[] Talk =
    [
        new(PromptRole.System, " Be kind. "), new(PromptRole.User, " Why? "), new(PromptRole.Assistant, "<think>\nHm.\n</think>\n\nSo. "), new(PromptRole.User, "And then?"),
    ];

    [Fact]
    public void Llama_Nemotron_has_a_system_turn_always_and_no_trace_of_what_was_said()
    {
        PromptTemplate.Render(ChatTemplate.LlamaNemotron, Talk, null).ShouldBe(
            "<|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\nSo.<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\nAnd then?<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n");
        PromptTemplate.Render(ChatTemplate.LlamaNemotron, [new(PromptRole.User, "Why?")], "<think>\nHm").ShouldBe(
            "<|start_header_id|>system<|end_header_id|>\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n<think>\nHm");
    }

    [Fact]
    public void Super_v1_5_takes_its_word_out_and_puts_an_empty_trace_before_the_answer()
    {
        PromptTemplate.Render(ChatTemplate.LlamaNemotronV15, [new(PromptRole.System, "/no_think\n\nBe kind."), new(PromptRole.User, " Why? ")], null).ShouldBe(
            "<|start_header_id|>system<|end_header_id|>\n\nBe kind.\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n Why? <|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n<think>\n\n</think>\n\n");
        PromptTemplate.Render(ChatTemplate.LlamaNemotronV15, [new(PromptRole.User, "Why?")], null).ShouldBe(
            "<|start_header_id|>system<|end_header_id|>\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
        PromptTemplate.Render(ChatTemplate.LlamaNemotronV15, [new(PromptRole.System, "/think"), new(PromptRole.User, "Why?")], null).ShouldBe(
            "<|start_header_id|>system<|end_header_id|>\n\n\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    [Theory]
    [InlineData("{'reasoning': True}", "<think>\n")]
    [InlineData("{'reasoning': False}", "<think></think>")]
    [InlineData("Be kind.", "")]
    public void Nemotron_H_opens_or_closes_the_trace_by_the_systems_words(string system, string end)
    {
        PromptTemplate.Render(ChatTemplate.NemotronH, [new(PromptRole.System, system), new(PromptRole.User, " What is 2+2? "), new(PromptRole.Assistant, "4\n"), new(PromptRole.User, "And 3+3?")], null).ShouldBe(
            $"<SPECIAL_10>System\n{system}\n<SPECIAL_11>User\nWhat is 2+2?\n<SPECIAL_11>Assistant\n4\n<SPECIAL_11>User\nAnd 3+3?\n<SPECIAL_11>Assistant\n{end}");
    }

    [Theory]
    [InlineData("/no_think", "Why?", "", "<think></think>")]
    [InlineData("/no_think", "Why? /think", "", "<think>\n")]
    [InlineData("Be kind.", "Why? /no_think", "Be kind.", "<think></think>")]
    [InlineData("Be kind.", "Why?", "Be kind.", "<think>\n")]
    [InlineData("/no_think", "What is </think>?", "", "<think></think>")]
    [InlineData("/no_think", "What is /th</think>ink?", "", "<think>\n")]
    public void Nano_v2_takes_the_tags_out_and_goes_by_the_last_message_with_one(string system, string user, string systemLeft, string end)
    {
        var asked = user.Replace(" /think", "", StringComparison.Ordinal).Replace(" /no_think", "", StringComparison.Ordinal);
        PromptTemplate.Render(ChatTemplate.NemotronNanoV2, [new(PromptRole.System, system), new(PromptRole.User, user)], null).ShouldBe(
            $"<SPECIAL_10>System\n{systemLeft}\n<SPECIAL_11>User\n{asked}\n<SPECIAL_11>Assistant\n{end}");
    }

    [Fact]
    public void Nano_v2_ends_the_models_turns_and_leaves_their_traces_out()
    {
        PromptTemplate.Render(ChatTemplate.NemotronNanoV2, Talk, null).ShouldBe(
            "<SPECIAL_10>System\nBe kind.\n<SPECIAL_11>User\nWhy?\n<SPECIAL_11>Assistant\nSo.\n<SPECIAL_12>\n<SPECIAL_11>User\nAnd then?\n<SPECIAL_11>Assistant\n<think>\n");
        PromptTemplate.Render(ChatTemplate.NemotronNanoV2, [new(PromptRole.User, "Why?"), new(PromptRole.Assistant, "Because ")], null).ShouldBe(
            "<SPECIAL_10>System\n\n<SPECIAL_11>User\nWhy?\n<SPECIAL_11>Assistant\n<think>\nBecause");
    }

    [Theory]
    [InlineData(ChatTemplate.LlamaNemotronV15)]
    [InlineData(ChatTemplate.NemotronH)]
    [InlineData(ChatTemplate.NemotronNanoV2)]
    public void A_system_message_in_the_middle_which_these_templates_would_drop_is_refused(ChatTemplate template) =>
        Should.Throw<BadRequestException>(() => PromptTemplate.Render(template, [new(PromptRole.User, "a"), new(PromptRole.System, "b", "messages[1]")], null)).Param.ShouldBe("messages[1].role");

    [Fact]
    public void Every_template_that_the_catalogue_names_can_be_rendered()
    {
        var named = ModelCatalogue.Default.Models.Where(model => model.ChatTemplate is not null).ToList();
        named.ShouldNotBeEmpty();
        foreach (var model in named) PromptTemplate.Render(model.ChatTemplate!.Value, Talk, null).ShouldContain("And then?", customMessage: model.Name);
        // What the template opens the meters and budgets must know.
        foreach (var model in named) model.Reasoning.TraceOpenedBy.ShouldBe(
            PromptTemplate.Render(model.ChatTemplate!.Value, [new(PromptRole.System, "{'reasoning': True} /think"), new(PromptRole.User, "q")], null).EndsWith("<think>\n", StringComparison.Ordinal) ? TraceOpener.Template : TraceOpener.Model, model.Name);
    }
}
