namespace Nemotron.Engines.Metrics;

/// <summary>The normal form: what every engine is asked for, whatever it calls it. Counters count since the engine started.</summary>
public enum EngineSignal
{
    /// <summary>Requests being worked on now.</summary>
    Running,

    /// <summary>Requests admitted and waiting for their turn.</summary>
    Waiting,

    /// <summary>Share of the KV cache in use by live sequences, 0 to 1. Of the cache that was set aside, not of the GPU's memory.</summary>
    KvUsedFraction,

    /// <summary>KV blocks in use.</summary>
    KvUsedBlocks,

    /// <summary>KV blocks there are.</summary>
    KvTotalBlocks,

    /// <summary>Tokens in one KV block.</summary>
    KvTokensPerBlock,

    /// <summary>Tokens the used KV blocks hold room for.</summary>
    KvUsedTokens,

    /// <summary>Tokens all KV blocks hold room for.</summary>
    KvTotalTokens,

    /// <summary>Prompt tokens processed (counter).</summary>
    PromptTokens,

    /// <summary>Tokens generated (counter).</summary>
    GenerationTokens,

    /// <summary>Requests that ended well (counter).</summary>
    RequestsSucceeded,

    /// <summary>Requests that ended in error, client cancellations apart (counter).</summary>
    RequestsFailed,

    /// <summary>Scheduler iterations (counter): moves while the engine lives, with or without tokens.</summary>
    Iterations,

    /// <summary>TTFT, seconds (distribution).</summary>
    TimeToFirstToken,

    /// <summary>ITL or TPOT, seconds (distribution).</summary>
    TimePerOutputToken,

    /// <summary>Time in the engine's queue, seconds (distribution).</summary>
    QueueTime,

    /// <summary>From request to last token, seconds (distribution).</summary>
    RequestTime,
}
