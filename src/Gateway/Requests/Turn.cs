using Nemotron.Gateway.Json;

namespace Nemotron.Gateway.Requests;

/// <summary>Who speaks in a turn.</summary>
internal enum TurnRole
{
    /// <summary>None of the others: assistant, tool, or whatever an engine knows.</summary>
    Other,

    /// <summary>The system.</summary>
    System,

    /// <summary>OpenAI's newer word for the system, which the family's chat templates do not know.</summary>
    Developer,

    /// <summary>The user.</summary>
    User,
}

/// <summary>One message of a conversation, by its places in the body.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="RoleToken">The role's value; absent for <c>instructions</c> and a bare <c>input</c> of /v1/responses.</param>
/// <param name="Whole">The message's object, or for those two the value itself.</param>
/// <param name="Content">The content: a string, a list of parts, null or absent.</param>
/// <param name="Texts">The strings in the content that are text.</param>
/// <param name="HasOtherParts">The content has parts that are no text, such as images.</param>
/// <param name="HasNoParts">The content is an empty list.</param>
/// <param name="IsModels">Said by the model: an assistant's message or, in /v1/responses, its reasoning or its call of a function.</param>
internal sealed record Turn(
    TurnRole Role, JsonToken RoleToken, JsonToken Whole, JsonToken Content, IReadOnlyList<JsonToken> Texts, bool HasOtherParts, bool HasNoParts, bool IsModels)
{
    /// <summary>Speaks for the system, by either word.</summary>
    public bool IsSystem => Role is TurnRole.System or TurnRole.Developer;
}
