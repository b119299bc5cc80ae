using Nemotron.Gateway.Json;
using Nemotron.Gateway.Requests;
using Nemotron.Planning;

namespace Nemotron.Gateway.Reasoning;

/// <summary>How one family of models is told its reasoning mode in a conversation.</summary>
internal interface IReasoningGrammar
{
    /// <summary>The mode that the conversation's own words ask for; null where they ask for none.</summary>
    ReasoningMode? Asked(InferenceRequest request);

    /// <summary>
    /// Changes the conversation so that the model reads <paramref name="mode"/>; where it does already, nothing is changed.
    /// The client's own system prompt is kept and merged by the model's rule.
    /// </summary>
    /// <exception cref="BadRequestException">The conversation cannot be changed so.</exception>
    void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits);
}

/// <summary>Finds a model's grammar.</summary>
internal static class ReasoningGrammars
{
    /// <summary>The grammar that a deployment's settings name.</summary>
    public static IReasoningGrammar Of(GatewayReasoning reasoning) => reasoning.Grammar switch
    {
        ReasoningGrammar.SystemDetailedThinking => new DetailedThinkingGrammar(),
        ReasoningGrammar.SystemNoThink => new SystemNoThinkGrammar(),
        ReasoningGrammar.ThinkTags => new ThinkTagsGrammar(reasoning.ModelDefault),
        ReasoningGrammar.SystemJson => new SystemJsonGrammar(),
        ReasoningGrammar.ChatTemplateKwargs => new TemplateKwargsGrammar(),
        _ => new NoGrammar(),
    };
}

/// <summary>A model that cannot be told.</summary>
internal sealed class NoGrammar : IReasoningGrammar
{
    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request) => null;

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
    }
}

/// <summary>A model whose chat template takes <c>enable_thinking</c>: no words of the conversation count.</summary>
internal sealed class TemplateKwargsGrammar : IReasoningGrammar
{
    /// <inheritdoc/>
    public ReasoningMode? Asked(InferenceRequest request) => null;

    /// <inheritdoc/>
    public void Apply(InferenceRequest request, ReasoningMode mode, BodyEdits edits)
    {
        // Said even where it is the model's default: an engine's reasoning parser reads the same field.
        if (request.EnableThinking != (mode == ReasoningMode.On))
            request.SetInner(edits, RequestField.ChatTemplateKwargs, mode == ReasoningMode.On ? "true" : "false");
    }
}
