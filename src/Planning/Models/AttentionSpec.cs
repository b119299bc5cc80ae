namespace Nemotron.Planning;

/// <summary>One attention mixer: grouped-query attention with optional sliding window and cache sharing.</summary>
public sealed record AttentionSpec
{
    /// <summary>Query heads, at least 1.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>Key/value heads, at least 1; divides <see cref="QueryHeads"/>.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Width of a query and key head.</summary>
    public required int KeyHeadDim { get; init; }

    /// <summary>Width of a value head; differs from <see cref="KeyHeadDim"/> in Hymba only.</summary>
    public required int ValueHeadDim { get; init; }

    /// <summary>Sliding window in tokens; null attends to everything.</summary>
    public int? WindowTokens { get; init; }

    /// <summary>False for a layer that reads the cache of an earlier one: it has no key and value projection and stores nothing.</summary>
    public bool StoresCache { get; init; } = true;

    /// <summary>Whether the projections carry a bias vector.</summary>
    public bool Bias { get; init; }

    /// <summary>Cache elements written per token: K and V of every KV head, 0 where the cache is another layer's.</summary>
    public long CacheElementsPerToken => StoresCache ? (long)KvHeads * (KeyHeadDim + ValueHeadDim) : 0;

    /// <summary>KV heads held by each GPU of a tensor-parallel group: the share, or a whole replicated head once the group outnumbers the heads.</summary>
    /// <param name="tensorParallel">GPUs in the group, at least 1.</param>
    public int KvHeadsPerGpu(int tensorParallel) => (KvHeads + tensorParallel - 1) / tensorParallel;
}
