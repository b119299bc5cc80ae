namespace Nemotron.Planning;

/// <summary>Whether the model writes its chain of thought before the answer.</summary>
public enum ReasoningMode
{
    /// <summary>The model thinks before it answers.</summary>
    On,

    /// <summary>The model answers at once.</summary>
    Off,
}

/// <summary>How a model is told its reasoning mode.</summary>
public enum ReasoningGrammar
{
    /// <summary>The model has no switch.</summary>
    None,

    /// <summary>The whole system message is <c>detailed thinking on</c> or <c>detailed thinking off</c>; instructions go in the user turn.</summary>
    SystemDetailedThinking,

    /// <summary>Reasoning is on unless the system message holds <c>/no_think</c>.</summary>
    SystemNoThink,

    /// <summary><c>/think</c> and <c>/no_think</c> in a system or user message; the last one wins.</summary>
    ThinkTags,

    /// <summary>The first system message holds <c>{'reasoning': True}</c> or <c>{'reasoning': False}</c>; without either the model decides.</summary>
    SystemJson,

    /// <summary>The request's <c>chat_template_kwargs.enable_thinking</c>.</summary>
    ChatTemplateKwargs,
}

/// <summary>Who writes the mark that opens a reasoning trace.</summary>
public enum TraceOpener
{
    /// <summary>The model does, so that an answer's text begins with <c>&lt;think&gt;</c>.</summary>
    Model,

    /// <summary>The chat template does, at the end of the prompt, so that an answer's text begins inside the trace and only <c>&lt;/think&gt;</c> is seen.</summary>
    Template,
}

/// <summary>The chat templates of the family: how messages become the prompt. An engine that takes prompts only, such as Triton's llmapi model, needs one rendered for it.</summary>
public enum ChatTemplate
{
    /// <summary>Llama 3's headers, a system turn always, no trace in what was said before: Llama-Nemotron Nano, Super v1 and Ultra.</summary>
    LlamaNemotron,

    /// <summary>The same, with <c>/no_think</c> taken out of the system turn and an empty trace put before the answer in its place: Super v1.5.</summary>
    LlamaNemotronV15,

    /// <summary><c>&lt;SPECIAL_10&gt;System</c> and <c>&lt;SPECIAL_11&gt;User</c>, the trace opened or closed by what the system turn says: Nemotron-H reasoning.</summary>
    NemotronH,

    /// <summary>The same marks, with <c>/think</c> and <c>/no_think</c> taken out of what is said, and the trace opened or closed by them: Nemotron Nano v2.</summary>
    NemotronNanoV2,
}

/// <summary>Sampling settings for one reasoning mode.</summary>
/// <param name="Temperature">0 is greedy decoding.</param>
/// <param name="TopP">Nucleus mass in (0, 1]; null where greedy decoding makes it meaningless.</param>
public sealed record SamplingDefaults(double Temperature, double? TopP);

/// <summary>What a model's card says about its reasoning switch.</summary>
public sealed record ReasoningSpec
{
    /// <summary>A model without a switch.</summary>
    public static ReasoningSpec None { get; } = new();

    /// <summary>How the mode is told to the model.</summary>
    public ReasoningGrammar Grammar { get; init; }

    /// <summary>The mode the model takes when a request says nothing; null where the model decides itself or where its card does not say.</summary>
    public ReasoningMode? DefaultMode { get; init; }

    /// <summary>Who opens the trace.</summary>
    public TraceOpener TraceOpenedBy { get; init; }

    /// <summary>Sampling settings with reasoning on; null where the card gives none.</summary>
    public SamplingDefaults? SamplingOn { get; init; }

    /// <summary>Sampling settings with reasoning off; null where the card gives none.</summary>
    public SamplingDefaults? SamplingOff { get; init; }
}
