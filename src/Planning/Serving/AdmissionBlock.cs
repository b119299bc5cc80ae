namespace Nemotron.Planning.Serving;

/// <summary>What kept a waiting request out of a step.</summary>
public enum AdmissionBlock
{
    /// <summary>No free cache blocks.</summary>
    KvBlocks,

    /// <summary>As many sequences as may run at once do.</summary>
    Sequences,

    /// <summary>The step's token budget was spent on others.</summary>
    Tokens,
}
