using System.Globalization;
using System.Text.Json;
using Nemotron.Engines.Protos.Triton;
using Nemotron.Gateway.Prompts;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Triton;

/// <summary>
/// A request of OpenAI's API as TensorRT-LLM's llmapi model takes it: the messages as one prompt, the sampling as tensors. What the model cannot do is refused by
/// name, since leaving it out would give another answer than was asked for.
/// </summary>
/// <param name="Endpoint">What was asked: a chat or a completion.</param>
/// <param name="Infer">What is asked of Triton.</param>
/// <param name="Model">What the client calls the model.</param>
/// <param name="Streams">The answer is to be streamed.</param>
/// <param name="WantsUsage">The stream is to end with its token counts.</param>
internal sealed record TritonRequest(ApiEndpoint Endpoint, ModelInferRequest Infer, string Model, bool Streams, bool WantsUsage)
{
    /// <summary>Reads a request.</summary>
    /// <param name="endpoint">What it is for.</param>
    /// <param name="body">The body, found to be a request and brought to its mode before.</param>
    /// <param name="isLed">Its first message is the gateway's own, before the client's.</param>
    /// <param name="triton">How Triton is asked.</param>
    /// <exception cref="BadRequestException">The model cannot do what is asked.</exception>
    public static TritonRequest Read(ApiEndpoint endpoint, ReadOnlyMemory<byte> body, bool isLed, GatewayTriton triton)
    {
        if (endpoint == ApiEndpoint.Responses) throw Cannot(null, $"This deployment's engine is Triton, which has no {ApiEndpoints.ResponsesPath}; use {ApiEndpoints.ChatPath}");
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 1024 });
        var request = document.RootElement;
        try
        {
            RefuseUnable(request);
            var infer = new ModelInferRequest { ModelName = triton.Model };
            infer.Add("text_input", endpoint == ApiEndpoint.Chat ? Prompt(request, isLed, triton.ChatTemplate) : Bare(request));
            AddSampling(infer, request, triton);
            infer.AddYes("streaming");
            infer.AddYes("sampling_param_exclude_input_from_output");
            infer.AddYes("return_finish_reason");
            return new TritonRequest(
                endpoint,
                infer,
                Given(request, "model") is { ValueKind: JsonValueKind.String } model ? model.GetString()! : triton.ServedName,
                Given(request, "stream") is { ValueKind: JsonValueKind.True },
                Given(request, "stream_options") is { } options && Given(options, "include_usage") is { ValueKind: JsonValueKind.True });
        }
        catch (InvalidOperationException)
        {
            // A text with half a character.
            throw BadRequestException.HalfCharacter();
        }
    }

    private static void AddSampling(ModelInferRequest infer, JsonElement request, GatewayTriton triton)
    {
        var most = Whole(request, "max_completion_tokens") ?? Whole(request, "max_tokens") ?? triton.MaxTokens;
        if (most < 1) throw new BadRequestException("'max_tokens' must be at least 1.", "max_tokens", "invalid_value");
        infer.Add("sampling_param_max_tokens", (int)Math.Min(most, int.MaxValue));
        var greedy = Number(request, "temperature") == 0;
        // The engine takes no temperature of 0: the likeliest token alone says the same.
        if (greedy) infer.Add("sampling_param_top_k", 1);
        else
        {
            if (Number(request, "temperature") is { } temperature) infer.Add("sampling_param_temperature", temperature);
            if (Number(request, "top_p") is { } topP) infer.Add("sampling_param_top_p", topP);
            if (Whole(request, "top_k") is { } topK and > 0) infer.Add("sampling_param_top_k", (int)Math.Min(topK, int.MaxValue));
        }

        if (Number(request, "frequency_penalty") is { } frequency and not 0) infer.Add("sampling_param_frequency_penalty", frequency);
        if (Number(request, "presence_penalty") is { } presence and not 0) infer.Add("sampling_param_presence_penalty", presence);
        if (Whole(request, "seed") is { } seed) infer.Add("sampling_param_seed", seed >= 0 ? (ulong)seed : throw new BadRequestException("'seed' must not be negative.", "seed", "invalid_value"));
        if (Given(request, "stop") is not { } stop) return;
        string[] stops = stop.ValueKind switch
        {
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(one => one.ValueKind == JsonValueKind.String) => [.. stop.EnumerateArray().Select(one => one.GetString()!)],
            _ => throw RequestReader.WrongType("stop", "a text or a list of texts"),
        };
        if (stops.Length > 0) infer.Add("sampling_param_stop", stops);
    }

    private static string Prompt(JsonElement request, bool isLed, ChatTemplate template)
    {
        var messages = request.GetProperty("messages").EnumerateArray().Select((message, index) => Message(message, index - (isLed ? 1 : 0))).ToList();
        string? continued = null;
        if (Given(request, "continue_final_message") is { ValueKind: JsonValueKind.True })
        {
            if (messages is not [_, .., { Role: PromptRole.Assistant } last])
                throw new BadRequestException("'continue_final_message' needs a last message of the assistant's, behind another.", "continue_final_message", "invalid_value");
            continued = last.Text;
            messages.RemoveAt(messages.Count - 1);
        }

        return PromptTemplate.Render(template, messages, continued);
    }

    private static PromptMessage Message(JsonElement message, int index)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"messages[{index}]");
        if (Given(message, "tool_calls") is { ValueKind: JsonValueKind.Array } calls && calls.GetArrayLength() > 0) throw Cannot($"{place}.tool_calls", "Triton's llmapi model has no parser of tool calls");
        var role = Given(message, "role") is { ValueKind: JsonValueKind.String } word ? word.GetString() : "";
        return new PromptMessage(
            role switch
            {
                "system" or "developer" => PromptRole.System,
                "user" => PromptRole.User,
                "assistant" => PromptRole.Assistant,
                "tool" or "function" => throw Cannot($"{place}.role", "Triton's llmapi model has no parser of tool calls, so that there can be no answers of tools"),
                _ => throw new BadRequestException($"'{place}.role' must be system, developer, user or assistant.", $"{place}.role", "invalid_value"),
            },
            Text(message, place),
            place);
    }

    private static string Text(JsonElement message, string place)
    {
        if (Given(message, "content") is not { } content) return "";
        if (content.ValueKind == JsonValueKind.String) return content.GetString()!;
        var texts = content.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()!
            // What the grammars do not see as text must not be read by the model either.
            : part.ValueKind == JsonValueKind.Object && TurnReader.TextOf(part) is { } text ? text
            : throw Cannot($"{place}.content", "the gateway renders prompts of text only"));
        return string.Join('\n', texts);
    }

    private static string Bare(JsonElement request) => request.GetProperty("prompt") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } list when list.GetArrayLength() == 1 && list[0].ValueKind == JsonValueKind.String => list[0].GetString()!,
        _ => throw Cannot("prompt", "Triton's llmapi model takes one prompt of text at a time"),
    };

    private static void RefuseUnable(JsonElement request)
    {
        foreach (var (field, asks, why) in Unable)
            if (Given(request, field) is { } value && asks(value)) throw Cannot(field, why);
    }

    private static readonly (string Field, Func<JsonElement, bool> Asks, string Why)[] Unable =
    [
        ("tools", HasItems, "Triton's llmapi model has no parser of tool calls"),
        ("functions", HasItems, "Triton's llmapi model has no parser of tool calls"),
        ("n", AboveOne, "Triton's llmapi model gives one answer at a time"),
        ("best_of", AboveOne, "Triton's llmapi model gives one answer at a time"),
        ("logprobs", value => value.ValueKind is JsonValueKind.True or JsonValueKind.Number, "Triton's llmapi model tells no probabilities of tokens"),
        ("logit_bias", value => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Any(), "Triton's llmapi model takes none"),
        ("response_format", value => !(Given(value, "type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("text")), "Triton's llmapi model is not guided by a format"),
        ("min_p", value => !IsNumber(value, 0), "Triton's llmapi model takes none"),
        ("repetition_penalty", value => !IsNumber(value, 1), "Triton's llmapi model takes none"),
        ("echo", value => value.ValueKind == JsonValueKind.True, "the gateway does not put the prompt before the answer"),
        ("suffix", value => value.ValueKind == JsonValueKind.String, "Triton's llmapi model takes none"),
    ];

    private static bool HasItems(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0;

    private static bool AboveOne(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number > 1;

    private static bool IsNumber(JsonElement value, double number) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var given) && given == number;

    private static float? Number(JsonElement request, string name) =>
        Given(request, name) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out var number) ? number : throw RequestReader.WrongType(name, "a number");

    private static long? Whole(JsonElement request, string name) =>
        Given(request, name) is not { } value ? null : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw RequestReader.WrongType(name, "a whole number");

    // Null is left out, as engines take it.
    private static JsonElement? Given(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var given) && given.ValueKind != JsonValueKind.Null ? given : null;

    private static BadRequestException Cannot(string? field, string why) => new($"{(field is null ? "" : $"'{field}' cannot be served: ")}{why}.", field, "unsupported_value");
}
