using Nemotron.Planning;

namespace Nemotron.Gateway.Prompts;

/// <summary>
/// Renders a conversation into the prompt that a model of the family was trained on, for engines that take prompts only. Each does what the template of the
/// checkpoint does for conversations without tools. The token that begins a text is left to the engine's tokenizer, which puts it before every prompt.
/// </summary>
internal static class PromptTemplate
{
    /// <summary>What ends a trace.</summary>
    internal const string TraceEnd = "</think>";

    /// <summary>Renders.</summary>
    /// <param name="template">The model's template.</param>
    /// <param name="messages">The conversation; at least one message.</param>
    /// <param name="continued">The beginning of the answer, trace included but for what the template itself opens; null where the answer begins anew.</param>
    /// <exception cref="BadRequestException">The template has no place for a message.</exception>
    public static string Render(ChatTemplate template, IReadOnlyList<PromptMessage> messages, string? continued) => template switch
    {
        ChatTemplate.LlamaNemotron => LlamaNemotronPrompt.Render(messages, continued),
        ChatTemplate.LlamaNemotronV15 => LlamaNemotronV15Prompt.Render(messages, continued),
        ChatTemplate.NemotronH => NemotronHPrompt.Render(messages, continued),
        ChatTemplate.NemotronNanoV2 => NemotronNanoV2Prompt.Render(messages, continued),
        _ => throw new ArgumentOutOfRangeException(nameof(template), template, "is no template"),
    };

    /// <summary>The system's words, which open a conversation or are not said at all; and what follows them.</summary>
    /// <exception cref="BadRequestException">The system speaks again later.</exception>
    internal static (string? System, IReadOnlyList<PromptMessage> Others) Lead(IReadOnlyList<PromptMessage> messages)
    {
        var system = messages[0].Role == PromptRole.System ? messages[0].Text : null;
        if (messages.Skip(1).FirstOrDefault(message => message.Role == PromptRole.System) is { } late)
            throw new BadRequestException("This model's chat template takes a system message in the first place only.", $"{late.Place}.role", "unsupported_value");
        return (system, system is null ? messages : [.. messages.Skip(1)]);
    }
}
