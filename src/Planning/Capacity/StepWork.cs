namespace Nemotron.Planning.Capacity;

/// <summary>What one engine step (iteration) computes: the prompt tokens it prefills and the sequences it decodes one token for.</summary>
public struct StepWork : IEquatable<StepWork>
{
    /// <summary>Sequences that get one more token.</summary>
    public int DecodeSequences { get; set; }

    /// <summary>Context tokens of those sequences, summed: what attention reads of the cache.</summary>
    public long DecodeContextTokens { get; set; }

    /// <summary>Prompt tokens prefilled.</summary>
    public int PrefillTokens { get; set; }

    /// <summary>Chunks of prompts that those tokens belong to.</summary>
    public int PrefillChunks { get; set; }

    /// <summary>Prompts whose last token is among them, each of which gets its first output token.</summary>
    public int PrefillsCompleted { get; set; }

    /// <summary>Query-key pairs of the causal prefill: for a chunk of t tokens after s, t × (s + t / 2).</summary>
    public double PrefillPairs { get; set; }

    /// <summary>Tokens that earlier chunks of those prompts have left in the cache, summed.</summary>
    public long PrefillContextTokens { get; set; }

    /// <summary>Tokens that go through the linear layers.</summary>
    public readonly long Tokens => (long)DecodeSequences + PrefillTokens;

    /// <summary>Sequences that a token is sampled for.</summary>
    public readonly int Sampled => DecodeSequences + PrefillsCompleted;

    /// <summary>A step that decodes and does nothing else.</summary>
    /// <param name="sequences">Sequences, at least 0.</param>
    /// <param name="contextTokens">Their context tokens, summed.</param>
    public static StepWork Decode(int sequences, long contextTokens) => new() { DecodeSequences = sequences, DecodeContextTokens = contextTokens };

    /// <summary>Adds a chunk of a prompt.</summary>
    /// <param name="before">Tokens of the prompt that are in the cache already.</param>
    /// <param name="tokens">Tokens of the chunk, at least 1.</param>
    /// <param name="last">Whether the prompt ends with this chunk.</param>
    public void AddPrefill(int before, int tokens, bool last)
    {
        PrefillTokens += tokens;
        PrefillChunks++;
        PrefillPairs += (double)tokens * (before + 0.5 * tokens);
        PrefillContextTokens += before;
        if (last) PrefillsCompleted++;
    }

    /// <inheritdoc />
    public readonly bool Equals(StepWork other) =>
        DecodeSequences == other.DecodeSequences && DecodeContextTokens == other.DecodeContextTokens && PrefillTokens == other.PrefillTokens
        && PrefillChunks == other.PrefillChunks && PrefillsCompleted == other.PrefillsCompleted && PrefillPairs.Equals(other.PrefillPairs)
        && PrefillContextTokens == other.PrefillContextTokens;

    /// <inheritdoc />
    public override readonly bool Equals(object? obj) => obj is StepWork other && Equals(other);

    /// <inheritdoc />
    public override readonly int GetHashCode() => HashCode.Combine(DecodeSequences, DecodeContextTokens, PrefillTokens, PrefillPairs);

    /// <summary>Whether two steps compute the same.</summary>
    public static bool operator ==(StepWork left, StepWork right) => left.Equals(right);

    /// <summary>Whether two steps differ.</summary>
    public static bool operator !=(StepWork left, StepWork right) => !left.Equals(right);
}
