using System.Text;
using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>
/// Every grammar, every way in which a client can state a mode, both defaults, both enforcements, streamed and not, with and without a system prompt, with
/// and without tools: what is sent to the engine is as written down in <c>golden/GRAMMAR.txt</c>, and an independent reading of it finds the mode.
/// <c>UPDATE_GOLDEN=1</c> writes what comes out; read the difference before you commit it.
/// </summary>
public class GrammarTableTests
{
    private static readonly string[] Ways = ["nothing", "header on", "header off", "kwargs true", "kwargs false", "words on", "words off"];

    private static readonly bool[] NoYes = [false, true];

    [Theory]
    [InlineData("Nano", "detailed thinking on", "detailed thinking off")]
    [InlineData("Super-v1.5", "/think", "/no_think")]
    [InlineData("Nemotron-Nano-9B-v2", "/think", "/no_think")]
    [InlineData("Nemotron-H-47B", "{'reasoning': True}", "{'reasoning': False}")]
    [InlineData("ChatTemplateKwargs", null, null)]
    public void Rewritten_requests_are_as_written_down(string model, string? onWords, string? offWords)
    {
        var reasoning = model == nameof(ReasoningGrammar.ChatTemplateKwargs)
            ? GatewayReasoning.Of(new ReasoningSpec { Grammar = ReasoningGrammar.ChatTemplateKwargs, DefaultMode = ReasoningMode.On })
            : GatewayReasoning.Of(ModelCatalogue.Default.Find(model).Reasoning);
        var actual = new StringBuilder();
        foreach (var way in Ways)
        {
            if (onWords is null && way.StartsWith("words", StringComparison.Ordinal)) continue;
            foreach (var mode in Enum.GetValues<ReasoningMode>())
                foreach (var enforcement in Enum.GetValues<GatewayEnforcement>())
                    foreach (var streams in NoYes)
                        foreach (var system in NoYes)
                            foreach (var tools in NoYes)
                            {
                                var words = way == "words on" ? onWords : way == "words off" ? offWords : null;
                                var body = Body(reasoning.Grammar, way, words, streams, system, tools);
                                var settings = Settings.Of(reasoning with { Default = mode, Enforcement = enforcement });
                                ReasoningMode? asked = way.EndsWith("on", StringComparison.Ordinal) || way.EndsWith("true", StringComparison.Ordinal) ? ReasoningMode.On
                                    : way == "nothing" ? null : ReasoningMode.Off;
                                var wishes = new HeaderWishes(way.StartsWith("header", StringComparison.Ordinal) ? asked : null, null);
                                var plan = RequestPlan.Make(settings, ApiEndpoint.Chat, Encoding.UTF8.GetBytes(body), wishes);

                                var name = $"{way}; default {mode}, {enforcement}; {(streams ? "stream" : "whole")}, {(system ? "system" : "no system")}, {(tools ? "tools" : "no tools")}";
                                var wanted = enforcement == GatewayEnforcement.Enforced ? mode : asked ?? mode;
                                var sent = Encoding.UTF8.GetString(plan.Body.Span);
                                plan.Mode.Mode.ShouldBe(wanted, name);
                                (TemplateReading.Of(reasoning.Grammar, sent) ?? reasoning.ModelDefault).ShouldBe(wanted, $"{name}\n{sent}");
                                plan.Mode.Overridden.ShouldBe(enforcement == GatewayEnforcement.Enforced && asked != mode ? asked : null, name);
                                actual.Append(name).Append(" -> ").Append(plan.Mode.Mode).Append(" by ").Append(plan.Mode.Source);
                                if (plan.Mode.Overridden is { } overridden) actual.Append(", overriding ").Append(overridden);
                                actual.Append('\n').Append("  ").Append(body).Append('\n').Append("  ").Append(sent == body ? "the same" : sent).Append('\n');
                            }
        }

        var file = Repository.PathOf("tests", "Gateway.Tests", "golden", model + ".txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") File.WriteAllText(file, actual.ToString());
        actual.ToString().ShouldBe(File.ReadAllText(file));
    }

    // Odd spacing, an unknown field, a doubled key, number formats and escapes that a rewrite by way of objects would lose.
    private static string Body(ReasoningGrammar grammar, string way, string? words, bool streams, bool system, bool tools)
    {
        var body = new StringBuilder("""{"model" : "m","x":1.50e+01,"x":"\u00e9\/","seed":12345678901234567890,""");
        if (way.StartsWith("kwargs", StringComparison.Ordinal)) body.Append($$"""  "chat_template_kwargs": {"other":[ ],"enable_thinking": {{way[7..]}}},""");
        if (streams) body.Append("\"stream\":true,");
        if (tools) body.Append("""  "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"minimum":0.10}}}}}],"tool_choice":"auto",""");
        body.Append(" \"messages\":[");
        var inUser = grammar == ReasoningGrammar.ThinkTags && words is not null && !system;
        if (system) body.Append($$"""{"role":"system","content":"Be \"kind\".\nSay \u4f60\u597d.{{(words is null ? "" : @"\n" + words)}}" , "name":"s"}, """);
        else if (words is not null && !inUser) body.Append($$"""{"role":"system","content":"{{words}}"}, """);
        body.Append($$"""{"content":"Hi  there{{(inUser ? " " + words : "")}}","role":"user"}""");
        return body.Append("]}").ToString();
    }
}
