using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Nemotron.Lab.Controllers;

namespace Nemotron.Lab.Engines;

/// <summary>An OpenAI request, read: what the engine is asked, and how the answer shall look. Fields that nothing here does are ignored.</summary>
/// <param name="Asked">What the engine is asked.</param>
/// <param name="Model">The model as the request names it; empty when it does not.</param>
/// <param name="Usage">Whether a stream ends with its token counts.</param>
internal sealed record OpenAiRequest(Asked Asked, string Model, bool Usage)
{
    private const int MostChoices = 128;

    // What a completion is long when the request does not say.
    private const int CompletionTokens = 16;

    /// <summary>Reads the body of <c>/v1/chat/completions</c>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="http">The request, for its headers.</param>
    /// <param name="settings">The engine's settings: which budgets it honours.</param>
    /// <exception cref="RequestRefusedException">The body is not right; the message names the field.</exception>
    public static OpenAiRequest Chat(JsonObject body, HttpContext http, EngineSettings settings)
    {
        if (body.At("messages") is not JsonArray { Count: > 0 } list) throw Wrong("messages", "a non-empty list is required");
        var messages = list.Select((item, at) => Message(item, at)).ToList();
        var prompt = ChatPrompt.Of(messages, Flag(body, "chat_template_kwargs", "enable_thinking"));
        // A message that is to be continued says by its own text where it stands.
        if (body.Flag("continue_final_message") && messages is [.., { Role: "assistant" } last])
        {
            prompt = prompt with { OpenedTrace = !last.Text.Contains("</think>", StringComparison.Ordinal) && last.Text.Contains("<think>", StringComparison.Ordinal) };
        }

        var asked = Common(body, http, prompt) with
        {
            MaxTokens = Whole(body, "max_completion_tokens", 1) ?? Whole(body, "max_tokens", 1),
            ThinkingBudget = Budget(body, settings),
            Tools = body,
        };
        return new(asked, body.Text("model") ?? "", body.Flag("stream_options", "include_usage"));
    }

    /// <summary>Reads the body of <c>/v1/completions</c>.</summary>
    /// <param name="body">The body.</param>
    /// <param name="http">The request, for its headers.</param>
    /// <exception cref="RequestRefusedException">The body is not right; the message names the field.</exception>
    public static OpenAiRequest Completion(JsonObject body, HttpContext http)
    {
        var prompt = body.At("prompt") switch
        {
            JsonValue text when text.TryGetValue<string>(out var given) => RenderedPrompt.Read(given),
            JsonArray { Count: 1 } one when one[0].Text() is { } given => RenderedPrompt.Read(given),
            JsonArray ids when ids.Count > 0 && ids.All(id => id.Whole() is not null) => ChatPrompt.Of([]) with { Tokens = ids.Count },
            JsonArray { Count: > 1 } => throw Wrong("prompt", "several prompts in one request are not simulated"),
            _ => throw Wrong("prompt", "a text or a list of token ids is required"),
        };
        var asked = Common(body, http, prompt) with { MaxTokens = Whole(body, "max_tokens", 1) ?? CompletionTokens };
        return new(asked, body.Text("model") ?? "", body.Flag("stream_options", "include_usage"));
    }

    private static Asked Common(JsonObject body, HttpContext http, ChatPrompt prompt)
    {
        var choices = Whole(body, "n", 1) ?? 1;
        if (choices > MostChoices) throw Wrong("n", $"must be at most {MostChoices}");
        return new()
        {
            Prompt = prompt,
            Choices = choices,
            Stops = body.At("stop") switch
            {
                JsonValue one when one.TryGetValue<string>(out var text) => [text],
                JsonArray many => [.. many.Select(item => item.Text() ?? throw Wrong("stop", "must be a text or a list of texts"))],
                null => [],
                _ => throw Wrong("stop", "must be a text or a list of texts"),
            },
            KeepStop = body.Flag("include_stop_str_in_output"),
            IgnoreEnd = body.Flag("ignore_eos"),
            Seed = body.Whole("seed"),
            Streams = body.Flag("stream"),
            OutputTokens = Told(http.Request.Headers[Asked.LengthHeader].ToString()),
        };
    }

    /// <summary>The length that a test or load generator asks for, or null.</summary>
    public static int? Told(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0 ? tokens : null;

    private static ChatMessage Message(JsonNode? item, int at)
    {
        if (item is not JsonObject message || message.Text("role") is not { } role) throw Wrong($"messages[{at}].role", "a text is required");
        var text = message.At("content") switch
        {
            JsonValue plain when plain.TryGetValue<string>(out var given) => given,
            JsonArray parts => string.Concat(parts.Select(part => part.Text("text") ?? "")),
            null => "",
            _ => throw Wrong($"messages[{at}].content", "must be a text or a list of parts"),
        };
        return new(role, text);
    }

    // TensorRT-LLM from 1.3 on, beside a reasoning parser; vLLM from 0.19 on; NIM by its own field. Others ignore it in silence.
    private static int? Budget(JsonObject body, EngineSettings settings) => settings.Product switch
    {
        EngineProduct.TrtLlmServe when settings.Version.AtLeast(1, 3) && settings.ReasoningParser is not null => Whole(body, "thinking_token_budget", 0),
        EngineProduct.Vllm when settings.Version.AtLeast(0, 19) => Whole(body, "thinking_token_budget", 0),
        EngineProduct.Nim => (int?)body.Whole("nvext", "max_thinking_tokens") ?? Whole(body, "thinking_token_budget", 0),
        _ => null,
    };

    private static bool? Flag(JsonObject body, params ReadOnlySpan<string> path) =>
        body.At(path) is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : null;

    private static int? Whole(JsonObject body, string field, int least)
    {
        if (body.At(field) is not { } node) return null;
        if (node.Whole() is not { } number) throw Wrong(field, "must be a whole number");
        return number >= least && number <= int.MaxValue ? (int)number : throw Wrong(field, $"must be at least {least}, and is {number}");
    }

    private static RequestRefusedException Wrong(string field, string what) => new(400, $"{field}: {what}");
}
