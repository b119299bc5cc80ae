namespace Nemotron.Planning.Serving;

/// <summary>
/// Counts the cache blocks of sequences that all grow by one token per decode step. A sequence of c tokens at step s crosses block
/// borders at the same steps as any other with the same (c − s) modulo the block, so a count per remainder is all that growth needs.
/// </summary>
internal sealed class KvBlockPool(long totalBlocks, int blockTokens)
{
    private readonly int[] _phases = new int[blockTokens];
    private int _growing;

    public long Total => totalBlocks;

    public long Used { get; private set; }

    public long BlocksFor(long tokens) => (tokens + blockTokens - 1) / blockTokens;

    /// <summary>Takes the blocks of a prompt before its prefill.</summary>
    public void Take(long tokens) => Used += BlocksFor(tokens);

    /// <summary>Gives them back, where the prefill does not come to its end.</summary>
    public void Give(long tokens) => Used -= BlocksFor(tokens);

    /// <summary>A sequence of <paramref name="context"/> tokens, whose blocks are taken, grows from here on.</summary>
    public void StartGrowing(long context, long step)
    {
        _phases[Phase(context, step)]++;
        _growing++;
    }

    /// <summary>A sequence that has grown to <paramref name="context"/> tokens ends.</summary>
    public void StopGrowing(long context, long step)
    {
        _phases[Phase(context, step)]--;
        _growing--;
        Used -= BlocksFor(context);
    }

    /// <summary>Blocks that all growing sequences take over a number of steps from <paramref name="step"/> on.</summary>
    public long Growth(long step, int steps)
    {
        var rounds = steps / blockTokens;
        long blocks = (long)rounds * _growing;
        // A sequence whose tokens fill its blocks takes the next one.
        for (var i = 0; i < steps - rounds * blockTokens; i++) blocks += _phases[Phase(0, step + i)];
        return blocks;
    }

    public void Grow(long step, int steps) => Used += Growth(step, steps);

    private int Phase(long context, long step) => (int)(((context - step) % blockTokens + blockTokens) % blockTokens);
}
