namespace Nemotron.Lab.Engines;

/// <summary>What one request came to, for the engine's metrics. A request of several choices is one, as in the engines.</summary>
internal readonly record struct FinishedRequest
{
    /// <summary>Why it ended.</summary>
    public required FinishReason Reason { get; init; }

    /// <summary>Tokens of its prompt.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Tokens of its answer.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>When the engine got it, in the engine's own time since its start.</summary>
    public required TimeSpan Arrived { get; init; }

    /// <summary>When its prefill was first scheduled.</summary>
    public required TimeSpan Scheduled { get; init; }

    /// <summary>When its first token was there.</summary>
    public required TimeSpan FirstToken { get; init; }

    /// <summary>When its last token was there.</summary>
    public required TimeSpan LastToken { get; init; }

    /// <summary>Time to first token, seconds.</summary>
    public double TimeToFirstToken => (FirstToken - Arrived).TotalSeconds;

    /// <summary>Whole time, seconds.</summary>
    public double EndToEnd => (LastToken - Arrived).TotalSeconds;

    /// <summary>Time between tokens, seconds; null for a single token.</summary>
    public double? TimePerOutputToken => OutputTokens > 1 ? (LastToken - FirstToken).TotalSeconds / (OutputTokens - 1) : null;
}
