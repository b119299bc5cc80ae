using System.Text;
using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>Conversations in which the grammars' words stand in odd places. What is expected is written as the client would have had to write it.</summary>
public class ConversationTests
{
    private const ReasoningMode On = ReasoningMode.On, Off = ReasoningMode.Off;

    [Theory]
    // Instructions go to the user's turn: before its text, or as its first part; what the client escaped stays escaped.
    [InlineData(On, """[{"role":"system","content":"A\tb \"c\""},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"A\tb \"c\"\n\nq"}]""")]
    [InlineData(On, """[{"role":"system","content":[{"type":"text","text":"A"},{"type":"text","text":"B"}]},{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]""",
        """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":[{"type":"text","text":"A\n\nB"},{"type":"image_url","image_url":{"url":"x"}}]}]""")]
    [InlineData(Off, """[{"role":"system","content":"A"},{"role":"assistant","content":"x"}]""",
        """[{"role":"system","content":"detailed thinking off"},{"role":"user","content":"A"},{"role":"assistant","content":"x"}]""")]
    // A phrase on a line of its own is the client's wish, and the rest its instructions.
    [InlineData(Off, """[{"role":"system","content":"Be kind.\nDetailed Thinking ON \nBe short.\\\n"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"detailed thinking off"},{"role":"user","content":"Be kind.\nBe short.\\\n\nq"}]""")]
    [InlineData(On, """[{"role":"system","content":" detailed thinking on\n"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":" detailed thinking on\n"},{"role":"user","content":"q"}]""")]
    // Inside a sentence it is none.
    [InlineData(Off, """[{"role":"system","content":"Use detailed thinking on hard questions."},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"detailed thinking off"},{"role":"user","content":"Use detailed thinking on hard questions.\n\nq"}]""")]
    // The template looks for a system message in the first place only, and knows no developer.
    [InlineData(On, """[{"role":"user","content":"q"},{"role":"system","content":"detailed thinking off"}]""",
        """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"q"},{"role":"system","content":"detailed thinking on"}]""")]
    [InlineData(On, """[{"role":"developer","content":"A"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"A\n\nq"}]""")]
    [InlineData(On, """[{"role":"system","content":""},{"role":"user","content":"q"}]""", """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system"},{"role":"user","content":"q"}]""", """[{"content":"detailed thinking on","role":"system"},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":null},{"role":"user","content":"q"}]""", """[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"q"}]""")]
    // The words may be escaped: \u0064 is d.
    [InlineData(On, """[{"role":"system","content":"\u0064etailed thinking on"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"\u0064etailed thinking on"},{"role":"user","content":"q"}]""")]
    public void Detailed_thinking(ReasoningMode mode, string messages, string expected) => Check(ReasoningGrammar.SystemDetailedThinking, mode, messages, expected);

    [Theory]
    [InlineData(On, """[{"role":"system","content":"/no_think"},{"role":"user","content":"/no_think"}]""", """[{"role":"system","content":""},{"role":"user","content":"/no_think"}]""")]
    [InlineData(On, """[{"role":"system","content":"Be kind. /no_think\nBe short."},{"role":"user","content":"q"}]""", """[{"role":"system","content":"Be kind. Be short."},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":"Be kind.\n\n\/no_think"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"Be kind."},{"role":"user","content":"q"}]""")]
    // Side by side they go as one, and what they stood between makes no new one.
    [InlineData(On, """[{"role":"system","content":"Be kind. /no_think \n/no_think"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"Be kind."},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":"/no_think/no_think\t/no_think Be kind."},{"role":"user","content":"q"}]""", """[{"role":"system","content":"Be kind."},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":"/no_/no_thinkthink"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"/no_ think"},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":"/no_ /no_thinkthink"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"/no_ think"},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"user","content":"/no_think"}]""", """[{"role":"system","content":"/no_think"},{"role":"user","content":"/no_think"}]""")]
    [InlineData(Off, """[{"role":"system","content":"/think Be kind."},{"role":"user","content":"q"}]""", """[{"role":"system","content":"/no_think Be kind."},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"developer","content":"/no_think"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"/no_think"},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"system","content":[]},{"role":"user","content":"q"}]""", """[{"role":"system","content":[{"type":"text","text":"/no_think"}]},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"system","content":[{"type":"text","text":"A"}]},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":[{"type":"text","text":"/no_think"},{"type":"text","text":"A"}]},{"role":"user","content":"q"}]""")]
    // The template reads the first message only.
    [InlineData(Off, """[{"role":"user","content":"q"},{"role":"system","content":"/no_think"}]""",
        """[{"role":"system","content":"/no_think"},{"role":"user","content":"q"},{"role":"system","content":"/no_think"}]""")]
    [InlineData(Off, """[{"role":"system","content":"A"},{"role":"system","content":"/think"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"/no_think\n\nA"},{"role":"system","content":"/think"},{"role":"user","content":"q"}]""")]
    [InlineData(On, """[{"role":"system","content":"/no_think"},{"role":"developer","content":"/no_think"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":""},{"role":"developer","content":"/no_think"},{"role":"user","content":"q"}]""")]
    public void System_no_think(ReasoningMode mode, string messages, string expected) => Check(ReasoningGrammar.SystemNoThink, mode, messages, expected);

    [Theory]
    [InlineData(Off, """[{"role":"user","content":"a /think"},{"role":"assistant","content":"/think"},{"role":"user","content":"b"}]""",
        """[{"role":"user","content":"a /no_think"},{"role":"assistant","content":"/think"},{"role":"user","content":"b"}]""")]
    [InlineData(On, """[{"role":"user","content":"a \/no_think /think"},{"role":"user","content":"b /no_think"}]""",
        """[{"role":"user","content":"a /think /think"},{"role":"user","content":"b /think"}]""")]
    // Within one message the template takes /think for the winner, wherever it stands.
    [InlineData(Off, """[{"role":"user","content":"/think then /no_think"}]""", """[{"role":"user","content":"/no_think then /no_think"}]""")]
    [InlineData(On, """[{"role":"user","content":"/think then /no_think"}]""", """[{"role":"user","content":"/think then /no_think"}]""")]
    // So it does where they stand in parts of it, which engines join before the template reads them.
    [InlineData(Off, """[{"role":"user","content":[{"type":"text","text":"Solve. /think"},{"type":"text","text":"/no_think"}]}]""",
        """[{"role":"user","content":[{"type":"text","text":"Solve. /no_think"},{"type":"text","text":"/no_think"}]}]""")]
    [InlineData(On, """[{"role":"user","content":[{"type":"text","text":"/think"},{"type":"text","text":"/no_think"}]}]""",
        """[{"role":"user","content":[{"type":"text","text":"/think"},{"type":"text","text":"/no_think"}]}]""")]
    // Refusals and thoughts are texts to the template.
    [InlineData(Off, """[{"role":"user","content":[{"type":"refusal","refusal":"/think"},{"thinking":"/think","type":"thinking"},{"refusal":"/think"}]}]""",
        """[{"role":"user","content":[{"type":"refusal","refusal":"/no_think"},{"thinking":"/no_think","type":"thinking"},{"refusal":"/no_think"}]}]""")]
    [InlineData(Off, """[{"role":"user","content":"<think>x</think> y"}]""", """[{"role":"system","content":"/no_think"},{"role":"user","content":"<think>x</think> y"}]""")]
    // The template takes the marks out before it looks, so that one does not hide a tag.
    [InlineData(Off, """[{"role":"user","content":"a /th</think>ink b<\/think>"}]""", """[{"role":"user","content":"a /no_think b<\/think>"}]""")]
    [InlineData(On, """[{"role":"user","content":"q"}]""", """[{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"developer","content":"/no_think"},{"role":"user","content":"q"}]""", """[{"role":"system","content":"/no_think"},{"role":"user","content":"q"}]""")]
    public void Think_tags(ReasoningMode mode, string messages, string expected) => Check(ReasoningGrammar.ThinkTags, mode, messages, expected);

    [Theory]
    [InlineData(On, """[{"role":"system","content":"{'reasoning': False}\nBe kind."},{"role":"user","content":"q"}]""", """[{"role":"system","content":"{'reasoning': True}\nBe kind."},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"system","content":"{'reasoning': False}{'reasoning': True}"},{"role":"user","content":"q"}]""",
        """[{"role":"system","content":"{'reasoning': False}{'reasoning': False}"},{"role":"user","content":"q"}]""")]
    [InlineData(Off, """[{"role":"user","content":"{'reasoning': True}"}]""", """[{"role":"system","content":"{'reasoning': False}"},{"role":"user","content":"{'reasoning': True}"}]""")]
    public void System_json(ReasoningMode mode, string messages, string expected) => Check(ReasoningGrammar.SystemJson, mode, messages, expected);

    [Theory]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"chat_template_kwargs\":null}", "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"chat_template_kwargs\":{\"enable_thinking\":true}}")]
    [InlineData("{\"chat_template_kwargs\":{ },\"messages\":[{\"content\":\"q\"}]}", "{\"chat_template_kwargs\":{\"enable_thinking\":true },\"messages\":[{\"content\":\"q\"}]}")]
    // Of a doubled key engines read the last.
    [InlineData("{\"chat_template_kwargs\":{\"enable_thinking\":true},\"messages\":[{}],\"chat_template_kwargs\":{\"a\":1}}",
        "{\"chat_template_kwargs\":{\"enable_thinking\":true},\"messages\":[{}],\"chat_template_kwargs\":{\"enable_thinking\":true,\"a\":1}}")]
    public void Template_kwargs(string body, string expected) =>
        Sent(Settings.Of(ReasoningGrammar.ChatTemplateKwargs), ApiEndpoint.Chat, body, new HeaderWishes(On, null)).ShouldBe(expected);

    [Theory]
    [InlineData("{\"input\":\"q\"}", "{\"instructions\":\"detailed thinking on\",\"input\":\"q\"}")]
    [InlineData("{\"instructions\":\"A\",\"input\":\"q\"}", "{\"instructions\":\"detailed thinking on\",\"input\":\"A\\n\\nq\"}")]
    [InlineData("{\"instructions\":null,\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}]}",
        "{\"instructions\":\"detailed thinking on\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"q\"}]}]}")]
    [InlineData("{\"instructions\":\"A\",\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}]}",
        "{\"instructions\":\"detailed thinking on\",\"input\":[{\"role\":\"user\",\"content\":\"A\"},{\"type\":\"function_call_output\",\"call_id\":\"c\",\"output\":\"o\"}]}")]
    public void Responses(string body, string expected) =>
        Sent(Settings.Of(ReasoningGrammar.SystemDetailedThinking), ApiEndpoint.Responses, body, new HeaderWishes(On, null)).ShouldBe(expected);

    [Fact]
    public void Whatever_words_stand_side_by_side_the_template_reads_the_mode_and_other_words_stay()
    {
        string[] pieces = ["/no_think", "\\/no_think", "/no_", "think", "/think", "</think>", "/th", "ink", "{'reasoning': True}", "{'reasoning': False}", "detailed thinking on", " ", " ", "\\n", "\\t", "a", "\u4f60"];
        ReasoningGrammar[] grammars = [ReasoningGrammar.SystemNoThink, ReasoningGrammar.ThinkTags, ReasoningGrammar.SystemJson, ReasoningGrammar.SystemDetailedThinking];
        var random = new Random(20_261_127);
        for (var i = 0; i < 4000; i++)
        {
            string Text() => $"\"{string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => pieces[random.Next(pieces.Length)]))}\"";
            var system = Text();
            var body = $$"""{"messages":[{"role":"system","content":{{system}}},{"role":"user","content":[{"type":"text","text":{{Text()}}},{"type":"text","text":{{Text()}}}]},{"role":"user","content":{{Text()}}}]}""";
            var grammar = grammars[i % grammars.Length];
            var mode = random.Next(2) == 0 ? On : Off;
            var settings = Settings.Of(grammar);
            settings = settings with { Reasoning = settings.Reasoning with { ModelDefault = grammar is ReasoningGrammar.ThinkTags or ReasoningGrammar.SystemNoThink ? On : null } };
            var sent = Sent(settings, ApiEndpoint.Chat, body, new HeaderWishes(mode, null));
            TemplateReading.Of(grammar, sent).ShouldBe(mode, $"{body}\n{sent}");
            if (grammar == ReasoningGrammar.SystemNoThink && mode == On) Words(SystemOf(sent)).ShouldBe(Words(SystemOf(body).Replace("/no_think", " ", StringComparison.Ordinal)), body);
        }

        static string SystemOf(string body) => System.Text.Json.Nodes.JsonNode.Parse(body)!["messages"]![0]!["content"]!.GetValue<string>();

        static string[] Words(string text) => text.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Words_that_the_template_never_reads_are_no_wish()
    {
        const string body = """{"messages":[{"role":"user","content":"q"},{"role":"system","content":"/no_think"}]}""";
        Plan(Settings.Of(ReasoningGrammar.SystemNoThink, On), ApiEndpoint.Chat, body, default).Mode.Mode.ShouldBe(On);
        var enforced = Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.SystemNoThink, Default = Off, Enforcement = GatewayEnforcement.Enforced });
        TemplateReading.Of(ReasoningGrammar.SystemNoThink, Sent(enforced, ApiEndpoint.Chat, body, default)).ShouldBe(Off);
    }

    [Fact]
    public void The_header_beats_the_kwargs_which_beat_the_words()
    {
        const string body = """{"chat_template_kwargs":{"enable_thinking":false},"messages":[{"role":"system","content":"detailed thinking on"},{"role":"user","content":"q"}]}""";
        var settings = Settings.Of(ReasoningGrammar.SystemDetailedThinking, On);
        Plan(settings, ApiEndpoint.Chat, body, default).Mode.Mode.ShouldBe(Off);
        var plan = Plan(settings, ApiEndpoint.Chat, body, new HeaderWishes(On, null));
        plan.Mode.Mode.ShouldBe(On);
        // What contradicts the mode is put right, since an engine's reasoning parser may go by it.
        Encoding.UTF8.GetString(plan.Body.Span).ShouldBe(body.Replace("\"enable_thinking\":false", "\"enable_thinking\":true"));
    }

    [Fact]
    public void A_model_without_a_switch_is_left_alone_and_says_so_when_asked_to_think()
    {
        var settings = Settings.Of(ReasoningGrammar.None);
        const string body = """{"messages":[{"role":"user","content":"/think"}]}""";
        var plan = Plan(settings, ApiEndpoint.Chat, body, new HeaderWishes(Off, null));
        plan.Mode.Mode.ShouldBeNull();
        Encoding.UTF8.GetString(plan.Body.Span).ShouldBe(body);
        Should.Throw<BadRequestException>(() => Plan(settings, ApiEndpoint.Chat, body, new HeaderWishes(On, null))).Code.ShouldBe("reasoning_not_supported");
    }

    [Fact]
    public void A_prompt_without_roles_passes_or_is_refused_by_policy()
    {
        const string body = """{"prompt":"q", "temperature":0.0}""";
        var settings = Settings.Of(ReasoningGrammar.ThinkTags);
        var plan = Plan(settings, ApiEndpoint.Completions, body, default);
        (plan.Mode.Mode, Encoding.UTF8.GetString(plan.Body.Span)).ShouldBe((null, body));
        Should.Throw<BadRequestException>(() => Plan(settings, ApiEndpoint.Completions, body, new HeaderWishes(On, null))).Param.ShouldBe("X-Nemotron-Reasoning");
        var enforced = settings with { Reasoning = settings.Reasoning with { Enforcement = GatewayEnforcement.Enforced } };
        Should.Throw<BadRequestException>(() => Plan(enforced, ApiEndpoint.Completions, body, default)).Code.ShouldBe("mode_impossible");
        var lenient = enforced with { Reasoning = enforced.Reasoning with { WhereImpossible = WhereImpossible.Pass } };
        Plan(lenient, ApiEndpoint.Completions, body, default).Mode.Mode.ShouldBeNull();
    }

    internal static RequestPlan Plan(GatewaySettings settings, ApiEndpoint endpoint, string body, HeaderWishes wishes) =>
        RequestPlan.Make(settings, endpoint, Encoding.UTF8.GetBytes(body), wishes);

    internal static string Sent(GatewaySettings settings, ApiEndpoint endpoint, string body, HeaderWishes wishes) =>
        Encoding.UTF8.GetString(Plan(settings, endpoint, body, wishes).Body.Span);

    private static void Check(ReasoningGrammar grammar, ReasoningMode mode, string messages, string expected)
    {
        var settings = Settings.Of(grammar);
        settings = settings with { Reasoning = settings.Reasoning with { ModelDefault = grammar is ReasoningGrammar.ThinkTags or ReasoningGrammar.SystemNoThink ? On : null } };
        var sent = Sent(settings, ApiEndpoint.Chat, $$"""{"messages":{{messages}}}""", new HeaderWishes(mode, null));
        sent.ShouldBe($$"""{"messages":{{expected}}}""");
        TemplateReading.Of(grammar, sent).ShouldBe(mode);
    }
}
