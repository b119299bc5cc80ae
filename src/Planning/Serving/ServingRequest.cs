namespace Nemotron.Planning.Serving;

/// <summary>A request as a simulated engine sees it; that it will stop after <paramref name="OutputTokens"/> is known to the simulation only.</summary>
/// <param name="Id">What tells it from the others in flight.</param>
/// <param name="PromptTokens">Tokens of the prompt, at least 1.</param>
/// <param name="OutputTokens">Tokens that it will produce, at least 1.</param>
/// <param name="MaxTokens">Tokens that it may produce, at least <paramref name="OutputTokens"/>: what an engine has to reckon with.</param>
/// <param name="Mode">A label such as the reasoning mode; the simulation hands it through.</param>
public readonly record struct ServingRequest(long Id, int PromptTokens, int OutputTokens, int MaxTokens, string? Mode = null)
{
    /// <summary>A request that may produce just what it will.</summary>
    /// <param name="id">What tells it from the others in flight.</param>
    /// <param name="promptTokens">Tokens of the prompt, at least 1.</param>
    /// <param name="outputTokens">Tokens that it will produce, at least 1.</param>
    public ServingRequest(long id, int promptTokens, int outputTokens)
        : this(id, promptTokens, outputTokens, outputTokens)
    {
    }
}

/// <summary>What became of a request. All times are the driver's.</summary>
public readonly record struct ServedRequest
{
    /// <summary>The request.</summary>
    public required ServingRequest Request { get; init; }

    /// <summary>When the engine got it.</summary>
    public required TimeSpan Arrived { get; init; }

    /// <summary>When its prefill was first scheduled.</summary>
    public TimeSpan Admitted { get; init; }

    /// <summary>When its first token was there; null if it was cancelled before.</summary>
    public TimeSpan? FirstToken { get; init; }

    /// <summary>When its last token was there, or when it was cancelled.</summary>
    public TimeSpan Finished { get; init; }

    /// <summary>Tokens produced.</summary>
    public int Tokens { get; init; }

    /// <summary>How often it lost its cache to others and was prefilled again.</summary>
    public int Preemptions { get; init; }

    /// <summary>Whether it was cancelled.</summary>
    public bool Cancelled { get; init; }

    /// <summary>Time to first token: queueing and prefill; null if there was none.</summary>
    public TimeSpan? TimeToFirstToken => FirstToken - Arrived;

    /// <summary>Mean time between tokens (ITL, TPOT); null for fewer than two tokens.</summary>
    public TimeSpan? TimePerOutputToken => Tokens > 1 && FirstToken is { } first ? (Finished - first) / (Tokens - 1) : null;
}

/// <summary>Hears what a simulated engine does.</summary>
public interface IEngineListener
{
    /// <summary>Whether <see cref="Produced"/> is wanted; it costs a call per sequence and step.</summary>
    bool WantsTokens => false;

    /// <summary>A request has its first token.</summary>
    /// <param name="request">Which.</param>
    /// <param name="at">When.</param>
    void FirstToken(in ServingRequest request, TimeSpan at)
    {
    }

    /// <summary>A sequence has produced tokens.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="tokens">How many since the last call; one for each step.</param>
    /// <param name="total">How many in all.</param>
    /// <param name="at">When.</param>
    void Produced(in ServingRequest request, int tokens, int total, TimeSpan at)
    {
    }

    /// <summary>A request is done or cancelled.</summary>
    /// <param name="served">What became of it.</param>
    void Finished(in ServedRequest served);
}
