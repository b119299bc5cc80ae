namespace Nemotron.Planning.Capacity;

/// <summary>
/// A step of one stage that decodes a given number of sequences and does nothing else: what does not depend on their context is worked out once. The same
/// operations in the same order as <see cref="StageCost.Seconds"/>, so that both come to the same to the last bit.
/// </summary>
internal sealed record DecodeCost
{
    public required double ComputeSeconds { get; init; }

    /// <summary>Reading those weights that take longer than their arithmetic.</summary>
    public required double WeightSeconds { get; init; }

    public required double CommunicationSeconds { get; init; }

    public required double LaunchSeconds { get; init; }

    public required double OtherWeightBytes { get; init; }

    public required double KvBytesPerToken { get; init; }

    public required double ActivationBytes { get; init; }

    public required double StateBytes { get; init; }

    /// <summary>Tokens that each context is longer by than its request is, summed.</summary>
    public required double MetaTokens { get; init; }

    /// <summary>Layers with a window: its tokens over all sequences, and the bytes of each.</summary>
    public required (double Tokens, double KvBytes)[] Windows { get; init; }

    public required double BytesPerSecond { get; init; }

    /// <summary>What the GPU is busy for.</summary>
    /// <param name="contextTokens">Context tokens of the sequences, summed.</param>
    public double GpuSeconds(long contextTokens)
    {
        var context = contextTokens + MetaTokens;
        var bytes = OtherWeightBytes + KvBytesPerToken * context + ActivationBytes + StateBytes;
        foreach (var (tokens, kvBytes) in Windows) bytes += kvBytes * Math.Min(context, tokens);
        return ComputeSeconds + (WeightSeconds + bytes / BytesPerSecond) + CommunicationSeconds + LaunchSeconds;
    }
}
