using Nemotron.Gateway.Requests;
using Nemotron.Gateway.Tests.Infrastructure;
using Nemotron.Planning;

namespace Nemotron.Gateway.Tests.Requests;

/// <summary>What is no request is refused with the place of its fault.</summary>
public class BadRequestTests
{
    [Theory]
    [InlineData("", null, "invalid_json")]
    [InlineData("[]", null, "invalid_json")]
    [InlineData("{", null, "invalid_json")]
    [InlineData("{}x", null, "invalid_json")]
    [InlineData("{\"a\":NaN}", null, "invalid_json")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"think \\ud800\"}]}", null, "invalid_json")]
    [InlineData("{\"\\ud800\":1,\"messages\":[{}]}", null, "invalid_json")]
    [InlineData("{\"messages\":[{\"role\":\"\\ud800\",\"content\":\"q\"}]}", null, "invalid_json")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":[{\"\\udfff\":\"q\"}]}]}", null, "invalid_json")]
    [InlineData("{}", "messages", "missing_field")]
    [InlineData("{\"messages\":[]}", "messages", "missing_field")]
    [InlineData("{\"messages\":{}}", "messages", "invalid_type")]
    [InlineData("{\"messages\":[1]}", "messages[0]", "invalid_type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":7}]}", "messages[1].role", "invalid_type")]
    [InlineData("{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "messages[0].content", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"stream\":\"yes\"}", "stream", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"stream_options\":1}", "stream_options", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"stream_options\":{\"include_usage\":1}}", "stream_options.include_usage", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"chat_template_kwargs\":{\"enable_thinking\":\"true\"}}", "chat_template_kwargs.enable_thinking", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"temperature\":\"hot\"}", "temperature", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"max_tokens\":1.5}", "max_tokens", "invalid_type")]
    [InlineData("{\"messages\":[{}],\"n\":\"2\"}", "n", "invalid_type")]
    public void A_chat(string body, string? param, string code)
    {
        var error = Should.Throw<BadRequestException>(() => ConversationTests.Plan(Settings.Of(ReasoningGrammar.ThinkTags), ApiEndpoint.Chat, body, default));
        (error.Param, error.Code).ShouldBe((param, code));
    }

    [Theory]
    [InlineData("true", false)]
    [InlineData("\"yes\"", false)]
    [InlineData("false", true)]
    [InlineData("null", true)]
    public void Responses_behind_the_clients_back_are_refused(string background, bool served)
    {
        var body = $"{{\"input\":\"q\",\"background\":{background}}}";
        if (served) ConversationTests.Sent(Settings.Of(ReasoningGrammar.None), ApiEndpoint.Responses, body, default).ShouldBe(body);
        else Should.Throw<BadRequestException>(() => ConversationTests.Plan(Settings.Of(ReasoningGrammar.None), ApiEndpoint.Responses, body, default)).Param.ShouldBe("background");
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        var body = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"x\":" + new string('[', 100) + new string(']', 100) + "}";
        Should.Throw<BadRequestException>(() => ConversationTests.Plan(Settings.Of(ReasoningGrammar.ThinkTags), ApiEndpoint.Chat, body, default)).Message.ShouldContain("deeper than 64");
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused()
    {
        byte[] body = [.. "{\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, .. "\"}]}"u8];
        Should.Throw<BadRequestException>(() => RequestPlan.Make(Settings.Of(ReasoningGrammar.ThinkTags), ApiEndpoint.Chat, body, default)).Message.ShouldContain("UTF-8");
    }

    [Theory]
    [InlineData("POST", "/v1/chat/completions", "Chat")]
    [InlineData("POST", "/v1%2Fchat/completions", "Chat")]
    [InlineData("GET", "/v1/chat/completions", "Other")]
    [InlineData("POST", "/v1/chat/completions/", "Other")]
    [InlineData("POST", "/V1/chat/completions", "Other")]
    [InlineData("POST", "/v1/completions", "Completions")]
    [InlineData("POST", "/v1/responses", "Responses")]
    [InlineData("POST", "/v1/embeddings", "Other")]
    public void Paths_are_read_as_engines_read_them(string method, string path, string endpoint) => ApiEndpoints.Find(method, path).ToString().ShouldBe(endpoint);
}
