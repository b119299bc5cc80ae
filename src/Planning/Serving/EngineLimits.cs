using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>What bounds the batches of a replica.</summary>
public sealed record EngineLimits
{
    /// <summary>Sequences that run at once, at least 1: the engine's setting, or the state slots of a model with Mamba layers.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Tokens of one step, at least 1.</summary>
    public required int MaxBatchedTokens { get; init; }

    /// <summary>Blocks of KV cache; <see cref="long.MaxValue"/> for a model that stores none.</summary>
    public required long KvBlocks { get; init; }

    /// <summary>Tokens per block, at least 1.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>Tokens that the cache holds, in whole blocks; 0 for a model that stores none.</summary>
    public long KvTokens => KvBlocks == long.MaxValue ? 0 : KvBlocks * BlockTokens;

    /// <summary>The limits of a planned replica.</summary>
    /// <param name="plan">The memory plan, made for <see cref="MaxSequences"/> at once where the model keeps a state per sequence.</param>
    /// <param name="engine">The engine's profile.</param>
    /// <param name="maxSequences">The engine's setting; null takes the profile's.</param>
    /// <param name="maxBatchedTokens">The engine's setting; null takes the profile's.</param>
    public static EngineLimits Of(MemoryPlan plan, EngineProfile engine, int? maxSequences = null, int? maxBatchedTokens = null)
    {
        var sequences = Math.Max(1, maxSequences ?? engine.MaxSequences);
        var tokens = Math.Max(1, maxBatchedTokens ?? engine.MaxBatchedTokens);
        // The state of every slot is set aside at start-up.
        if (plan.StateBytesPerSequence > 0) sequences = Math.Min(sequences, Math.Max(1, plan.Request.Concurrency));
        var block = Math.Max(1, plan.Fullest.BlockTokens);
        return new EngineLimits
        {
            MaxSequences = Math.Min(sequences, tokens),
            MaxBatchedTokens = tokens,
            KvBlocks = plan.KvBytesPerToken == 0 ? long.MaxValue : plan.KvTokens / block,
            BlockTokens = block,
        };
    }
}
