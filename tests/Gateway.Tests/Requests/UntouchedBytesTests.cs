using System.Text.Json;
using CsCheck;
using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>
/// Whatever a client sends, what does not concern the mode reaches the engine byte for byte: unknown and doubled keys, their order, number formats,
/// escapes, white space. Judged by an ordinary JSON reader, member by member on their raw bytes, and by reading the mode as the template would.
/// </summary>
public class UntouchedBytesTests
{
    private static readonly Gen<string> Text = Gen.OneOf(
        "", "q", "Be \\\"kind\\\".\\nNow.", "\\u4f60\\u597d \\ud83d\\ude00", "\\/slash\\\\", "日本語", "/think", "x /no_think y", "a \\/think b", "\\u002fno_think",
        "detailed thinking on", "detailed thinking off\\nmore", "DETAILED thinking on", "{'reasoning': True} z", "{'reasoning': False}", "<think>t</think>", "\\t/no_think\\n");

    private static readonly Gen<string> Space = Gen.OneOf("", " ", "\n  ", "\t", "\r\n");

    private static readonly Gen<string> Content = Gen.OneOf(
        Text.Select(text => $"\"{text}\""),
        Text.Array[1, 3].Select(texts => $"[{string.Join(", ", texts.Select(text => $"{{\"type\":\"text\" ,\"text\":\"{text}\"}}"))}]"));

    private static readonly Gen<string> Message = Gen.Select(
        Gen.OneOf("system", "user", "assistant", "developer", "tool"), Content, Space, Gen.Bool,
        (role, content, space, last) => last ? $"{{\"content\":{space}{content},\"role\":\"{role}\"}}" : $"{{{space}\"role\" : \"{role}\",\"x\":1.0e2,\"content\":{content}{space}}}");

    private static readonly Gen<string> Unknown = Gen.OneOf(
        "\"seed\":12345678901234567890123", "\"a\":-0.0", "\"a\":1E+400", "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{ }}}]", "\"\\u0061\":\"\\u00E9\"",
        "\"logit_bias\":{\"5\":-1.00}", "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{}}}", "\"user\":null", "\"n\":1", "\"stop\":[ \"a\" , \"b\\n\"]");

    private static readonly Gen<string> Body = Gen.Select(
        Unknown.Array[0, 5], Message.Array[1, 5], Unknown.Array[0, 3], Space,
        (before, messages, after, space) =>
            $"{space}{{{space}{string.Join($",{space}", [.. before, $"\"messages\"{space}:[{string.Join($",{space}", messages)}]", .. after])}{space}}}{space}");

    private static readonly Gen<ReasoningGrammar> Grammars = Gen.OneOf(
        ReasoningGrammar.SystemDetailedThinking, ReasoningGrammar.SystemNoThink, ReasoningGrammar.ThinkTags, ReasoningGrammar.SystemJson, ReasoningGrammar.ChatTemplateKwargs);

    [Fact]
    public void Members_that_are_not_concerned_stay_byte_for_byte() =>
        Gen.Select(Body, Grammars, Gen.Bool).Sample(
            (body, grammar, on) =>
            {
                var mode = on ? ReasoningMode.On : ReasoningMode.Off;
                var settings = Settings.Of(new GatewayReasoning
                {
                    Grammar = grammar, ModelDefault = ReasoningMode.On, SamplingOn = new GatewaySampling { Temperature = 0.6 }, SamplingOff = new GatewaySampling { Temperature = 0 },
                });
                var sent = ConversationTests.Sent(settings, ApiEndpoint.Chat, body, new HeaderWishes(mode, null));
                var (before, after) = (Members(body), Members(sent));
                after.Where(member => member.Name is not ("messages" or "temperature" or "chat_template_kwargs")).ShouldBe(before.Where(member => member.Name != "messages"), body);
                (TemplateReading.Of(grammar, sent) ?? ReasoningMode.On).ShouldBe(mode, $"{grammar}: {body}\n{sent}");
                // White space between the members stays too: what is left without the additions is the beginning and the end of what was.
                sent.ShouldStartWith(body[..(body.IndexOf('{') + 1)]);
                sent.ShouldEndWith(body[(body.LastIndexOf(']') + 1)..]);
                Others(sent, grammar).ShouldBe(Others(body, grammar), $"{grammar}: {body}\n{sent}");
            },
            iter: 20_000,
            threads: 1);

    [Fact]
    public void A_request_that_says_all_itself_is_sent_as_it_is() =>
        Gen.Select(Unknown.Array[0, 5], Message.Array[1, 5]).Sample(
            (unknown, messages) =>
            {
                var body = $"{{{string.Join(" , ", [.. unknown, "\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0.20", $"\"messages\":[{string.Join(",", messages)}]"])}}}";
                var settings = Settings.Of(new GatewayReasoning { Grammar = ReasoningGrammar.None, SamplingOff = new GatewaySampling { Temperature = 0 } });
                ConversationTests.Sent(settings, ApiEndpoint.Chat, body, default).ShouldBe(body);
            },
            iter: 5_000,
            threads: 1);

    private static List<(string Name, string Raw)> Members(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText()))];
    }

    // Messages of those who have no say in the mode.
    private static List<string> Others(string json, ReasoningGrammar grammar)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("messages").EnumerateArray()
            .Where(message => message.GetProperty("role").GetString() is "assistant" or "tool" || (grammar is ReasoningGrammar.SystemNoThink or ReasoningGrammar.SystemJson && message.GetProperty("role").GetString() == "user"))
            .Select(message => message.GetRawText())];
    }
}
