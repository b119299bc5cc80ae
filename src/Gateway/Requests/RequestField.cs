namespace Nemotron.Gateway.Requests;

/// <summary>The fields of a request that the gateway reads or sets; each value names one.</summary>
internal enum RequestField
{
    Messages,
    Input,
    Instructions,
    Prompt,
    Stream,
    StreamOptions,
    N,
    Temperature,
    TopP,
    TopK,
    MinP,
    RepetitionPenalty,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    ChatTemplateKwargs,
    ThinkingTokenBudget,
    Nvext,
    ContinueFinalMessage,
    AddGenerationPrompt,
    PromptTokenIds,
    PromptTokenIdsB64,
    InputIds,
    DisaggregatedParams,
    ChatTemplate,
    PreviousResponseId,
    Background,
    ResponseFormat,
    Tools,
    Logprobs,
}

/// <summary>The fields' names.</summary>
internal static class RequestFields
{
    private static readonly string[] Names =
    [
        "messages", "input", "instructions", "prompt", "stream", "stream_options", "n", "temperature", "top_p", "top_k", "min_p", "repetition_penalty",
        "max_tokens", "max_completion_tokens", "max_output_tokens", "chat_template_kwargs", "thinking_token_budget", "nvext",
        "continue_final_message", "add_generation_prompt", "prompt_token_ids", "prompt_token_ids_b64", "input_ids", "disaggregated_params", "chat_template",
        "previous_response_id", "background", "response_format", "tools", "logprobs",
    ];

    private static readonly byte[][] Utf8Names = [.. Names.Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>How many there are.</summary>
    public static int Count => Names.Length;

    /// <summary>The field's key in the body.</summary>
    public static string Name(this RequestField field) => Names[(int)field];

    /// <summary>The field that the reader, on a key, stands on; null for one the gateway does not read.</summary>
    public static RequestField? Find(ref System.Text.Json.Utf8JsonReader reader)
    {
        for (var i = 0; i < Utf8Names.Length; i++)
            if (reader.ValueTextEquals(Utf8Names[i])) return (RequestField)i;
        return null;
    }

    /// <summary>The one key inside a field's object that the gateway reads; null for fields that are no objects to it.</summary>
    public static string? InnerName(this RequestField field) => field switch
    {
        RequestField.StreamOptions => "include_usage",
        RequestField.ChatTemplateKwargs => "enable_thinking",
        RequestField.Nvext => "max_thinking_tokens",
        RequestField.ResponseFormat => "type",
        _ => null,
    };
}
