namespace Nemotron.Lab.Engines;

/// <summary>How full an engine is at a moment.</summary>
internal readonly record struct EngineLoad
{
    /// <summary>Iterations done since its start.</summary>
    public long Iteration { get; init; }

    /// <summary>Requests that hold a place in the batch, paused ones included.</summary>
    public int Running { get; init; }

    /// <summary>Requests that wait for one.</summary>
    public int Waiting { get; init; }

    /// <summary>Of the running ones, those whose prompt is being read.</summary>
    public int Prefilling { get; init; }

    /// <summary>Of the running ones, those that write.</summary>
    public int Decoding { get; init; }

    /// <summary>Prompt tokens read in the last iteration.</summary>
    public int ContextTokens { get; init; }

    /// <summary>KV blocks in use.</summary>
    public long UsedBlocks { get; init; }

    /// <summary>Requests finished so far.</summary>
    public long Completed { get; init; }

    /// <summary>Requests that lost their place to others so far.</summary>
    public long Preemptions { get; init; }

    /// <summary>Tokens of prompts read so far.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens written so far.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Time of the last iteration, seconds.</summary>
    public double IterationSeconds { get; init; }
}
