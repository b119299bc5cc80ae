using System.Text.Json.Serialization;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>How a model is told to think or not.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReasoningGrammar>))]
public enum ReasoningGrammar
{
    /// <summary>It cannot be told.</summary>
    None,

    /// <summary>The whole system message is "detailed thinking on" or "detailed thinking off".</summary>
    SystemDetailedThinking,

    /// <summary>It thinks unless the system message has /no_think.</summary>
    SystemNoThink,

    /// <summary>/think or /no_think in a system or user message; the last one wins.</summary>
    ThinkTags,

    /// <summary>The system message is {'reasoning': True} or {'reasoning': False}.</summary>
    SystemJson,

    /// <summary>The request's chat_template_kwargs.enable_thinking.</summary>
    ChatTemplateKwargs,
}

/// <summary>How a model's messages become the prompt.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChatTemplate>))]
public enum ChatTemplate
{
    /// <summary>As Llama-Nemotron Nano, Super v1 and Ultra.</summary>
    LlamaNemotron,

    /// <summary>As Super v1.5.</summary>
    LlamaNemotronV15,

    /// <summary>As Nemotron-H reasoning.</summary>
    NemotronH,

    /// <summary>As Nemotron Nano v2.</summary>
    NemotronNanoV2,
}

/// <summary>How a model is told to think or not, and what its card advises.</summary>
public sealed record ModelReasoning
{
    /// <summary>
    /// None: it cannot be told. SystemDetailedThinking: by the system message "detailed thinking on" or "off". SystemNoThink: it thinks unless the system message has /no_think.
    /// ThinkTags: by the last /think or /no_think of a system or user message. SystemJson: by the system message {'reasoning': True} or False. ChatTemplateKwargs: by enable_thinking.
    /// </summary>
    [DefaultValue(ReasoningGrammar.None)]
    public ReasoningGrammar? Grammar { get; init; }

    /// <summary>The mode the model takes when a request says nothing: On or Off. Absent: not known.</summary>
    [EnumValues("On", "Off", true, false), PreserveUnknownFields]
    [JsonConverter(typeof(ReasoningModeJsonConverter))]
    public ReasoningMode? Default { get; init; }

    /// <summary>The sampling that the model's card advises, by mode.</summary>
    public SamplingSpec? Sampling { get; init; }
}
