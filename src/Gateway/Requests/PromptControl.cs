using System.Text.Json;
using Nemotron.Planning;

namespace Nemotron.Gateway.Requests;

/// <summary>
/// Finds what lets a client decide itself how its prompt reads or where the answer begins. A grammar's words hold only where the model's own template renders the
/// whole conversation and opens a new answer behind it: a prompt of token ids has no words, and an answer begun with <c>&lt;think&gt;</c> has its mode already.
/// </summary>
internal static class PromptControl
{
    private static readonly RequestField[] OtherPrompts =
        [RequestField.PromptTokenIds, RequestField.PromptTokenIdsB64, RequestField.InputIds, RequestField.DisaggregatedParams, RequestField.ChatTemplate];

    /// <summary>Looks.</summary>
    /// <returns>The field at fault and what it does; null where the template renders the conversation and opens the answer.</returns>
    public static (string Field, string Why)? Find(InferenceRequest request)
    {
        foreach (var field in OtherPrompts)
            if (!request[field].IsLeftOut) return (field.Name(), "it decides what the model reads in place of the conversation and the model's own template");
        if (request[RequestField.ContinueFinalMessage] is { IsLeftOut: false, Kind: not JsonTokenType.False })
            return (RequestField.ContinueFinalMessage.Name(), "the answer would begin with the client's words");
        if (request[RequestField.AddGenerationPrompt] is { IsLeftOut: false, Kind: not JsonTokenType.True })
            return (RequestField.AddGenerationPrompt.Name(), "the template would not open the answer");
        if (request.KwargsRuleTemplate) return (RequestField.ChatTemplateKwargs.Name(), "its keys decide what the template renders");
        if (request.Turns is [.., { IsModels: true }])
            return (NameOfTurns(request), "a last turn of the model's own is an answer that the client has begun");
        return null;
    }

    /// <summary>Looks for what undoes a mode, turns that the gateway never sees included.</summary>
    public static (string Field, string Why)? Find(InferenceRequest request, ReasoningGrammar grammar) =>
        Find(request)
        // Nemotron-H: the template puts its mark behind a last message of the user's, and drops messages of other roles.
        ?? (grammar == ReasoningGrammar.SystemJson && request.Turns is not [.., { Role: TurnRole.User }]
            ? (NameOfTurns(request), "this model's template opens the answer in its mode only behind a last message of the user's")
            : ((string, string)?)null)
        ?? (grammar != ReasoningGrammar.ChatTemplateKwargs && !request[RequestField.PreviousResponseId].IsLeftOut
            ? (RequestField.PreviousResponseId.Name(), "what was said before is kept by the engine, and may have words that decide the mode")
            : null);

    private static string NameOfTurns(InferenceRequest request) => request.Endpoint == ApiEndpoint.Responses ? "input" : "messages";
}
