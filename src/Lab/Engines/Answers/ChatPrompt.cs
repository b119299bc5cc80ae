namespace Nemotron.Lab.Engines;

/// <summary>A message of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c>, <c>assistant</c>, <c>tool</c> or another.</param>
/// <param name="Text">Its text.</param>
internal sealed record ChatMessage(string Role, string Text);

/// <summary>What a request puts before the model, whichever way it came in.</summary>
internal sealed record ChatPrompt
{
    /// <summary>The messages, in order.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary><c>chat_template_kwargs.enable_thinking</c>, or null where the request has none.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>Whether the prompt came rendered and ends with a trace that was opened (true) or opened and closed (false); null for neither.</summary>
    public bool? OpenedTrace { get; init; }

    /// <summary>Tokens of the whole prompt.</summary>
    public required int Tokens { get; init; }

    /// <summary>A prompt out of messages.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="enableThinking">The request's template argument.</param>
    public static ChatPrompt Of(IReadOnlyList<ChatMessage> messages, bool? enableThinking = null) => new()
    {
        Messages = messages,
        EnableThinking = enableThinking,
        Tokens = SimulatedTokenizer.Count(messages),
    };
}
