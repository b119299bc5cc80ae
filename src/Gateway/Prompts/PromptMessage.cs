namespace Nemotron.Gateway.Prompts;

/// <summary>Who speaks in a prompt.</summary>
internal enum PromptRole
{
    /// <summary>The system.</summary>
    System,

    /// <summary>The user.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a conversation, as a chat template takes it.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Text">What is said.</param>
/// <param name="Place">Where it stands in the client's request, for errors.</param>
internal sealed record PromptMessage(PromptRole Role, string Text, string Place = "messages");
