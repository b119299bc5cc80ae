using System.Text.Json;
using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;

namespace Nemotron.Gateway.Reasoning;

/// <summary>The system's first word in a conversation, which is where the family's chat templates look.</summary>
internal static class SystemTurn
{
    /// <summary>The first turn where it is the system's; null where the conversation opens otherwise. Templates look for a system message in no other place.</summary>
    public static Turn? First(InferenceRequest request) => request.Turns.Count > 0 && request.Turns[0].IsSystem ? request.Turns[0] : null;

    /// <summary>Puts words before the system's own, in a line of their own, or makes a system turn of them where there is none.</summary>
    /// <param name="request">The request.</param>
    /// <param name="words">What to say; no character of it needs an escape.</param>
    /// <param name="edits">Takes the change.</param>
    public static void Lead(InferenceRequest request, string words, BodyEdits edits)
    {
        if (First(request) is not { } system)
        {
            Insert(request, words, edits);
            return;
        }

        CallSystem(system, edits);
        if (system.Content.Kind == JsonTokenType.StartArray)
            edits.Insert(system.Content.Start + 1, $"{{\"type\":\"{PartType(request)}\",\"text\":\"{words}\"}}{(system.HasNoParts ? "" : ",")}");
        else if (system.Content.IsString)
            edits.Insert(system.Content.Start + 1, system.Content.End - system.Content.Start == 2 ? words : words + @"\n\n");
        else if (system.Content.IsThere) edits.Replace(system.Content, $"\"{words}\"");
        else edits.Insert(system.Whole.Start + 1, $"\"content\":\"{words}\",");
    }

    /// <summary>Makes a first turn of the system's.</summary>
    public static void Insert(InferenceRequest request, string words, BodyEdits edits)
    {
        request.IsLed = true;
        if (request.Endpoint == ApiEndpoint.Responses) request.Set(edits, RequestField.Instructions, $"\"{words}\"");
        // A chat has at least one message, so a comma is always right.
        else edits.Insert(request.TurnList.Start + 1, $"{{\"role\":\"system\",\"content\":\"{words}\"}},");
    }

    /// <summary>Gives a developer's turn the role that the templates know.</summary>
    public static void CallSystem(Turn turn, BodyEdits edits)
    {
        if (turn.Role == TurnRole.Developer) edits.Replace(turn.RoleToken, "\"system\"");
    }

    /// <summary>The type of a part of text.</summary>
    public static string PartType(InferenceRequest request) => request.Endpoint == ApiEndpoint.Responses ? "input_text" : "text";
}
