using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>Who settled the mode of a request.</summary>
internal enum ModeSource
{
    /// <summary>The deployment, since the client said nothing.</summary>
    Default,

    /// <summary>The client, by the header <c>X-Nemotron-Reasoning</c>.</summary>
    Header,

    /// <summary>The client, by <c>chat_template_kwargs.enable_thinking</c>.</summary>
    TemplateKwargs,

    /// <summary>The client, by the model's own words in the conversation.</summary>
    Prompt,

    /// <summary>The deployment, whatever the client said.</summary>
    Enforced,
}

/// <summary>The reasoning mode of one request.</summary>
/// <param name="Mode">The mode; null where none can be set.</param>
/// <param name="Source">Who settled it; null where none can be set.</param>
/// <param name="Overridden">What the client asked for and did not get; null where it got what it asked for.</param>
internal sealed record ModeDecision(ReasoningMode? Mode, ModeSource? Source, ReasoningMode? Overridden)
{
    /// <summary>A request whose mode nobody can set.</summary>
    public static ModeDecision None { get; } = new(null, null, null);

    /// <summary>
    /// Decides. The client is heard first by the header, then by <c>chat_template_kwargs.enable_thinking</c>, then by the words of its conversation, then the
    /// deployment's default counts; where the mode is enforced only that one does.
    /// </summary>
    /// <param name="reasoning">What the deployment declares.</param>
    /// <param name="grammar">The model's grammar.</param>
    /// <param name="request">The request.</param>
    /// <param name="header">What the header says; null for nothing.</param>
    /// <exception cref="BadRequestException">The client asks for what this model cannot do.</exception>
    public static ModeDecision Decide(GatewayReasoning reasoning, IReasoningGrammar grammar, InferenceRequest request, ReasoningMode? header)
    {
        if (reasoning.Grammar == ReasoningGrammar.None)
            return header == ReasoningMode.On
                ? throw new BadRequestException("This model has no reasoning switch: it cannot be told to think.", "X-Nemotron-Reasoning", "reasoning_not_supported")
                : None;
        var (asked, source) =
            header is { } said ? (said, ModeSource.Header)
            : request.EnableThinking is { } enabled ? (enabled ? ReasoningMode.On : ReasoningMode.Off, ModeSource.TemplateKwargs)
            : grammar.Asked(request) is { } words ? (words, ModeSource.Prompt)
            : ((ReasoningMode?)null, ModeSource.Default);
        if (reasoning.Enforcement == GatewayEnforcement.Enforced)
            return new ModeDecision(reasoning.Default, ModeSource.Enforced, asked == reasoning.Default ? null : asked);
        return new ModeDecision(asked ?? reasoning.Default, source, null);
    }
}
