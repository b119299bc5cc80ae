namespace Nemotron.Lab.Engines;

/// <summary>
/// Which metrics a release of trtllm-serve has. The exact release candidates are not verified (facts §2.3): the prefix came about 1.3.0rc5,
/// the full set with real labels after 1.3.0rc9.
/// </summary>
internal enum TrtLlmGeneration
{
    /// <summary>Up to 1.0: no Prometheus.</summary>
    None,

    /// <summary>1.1 and 1.2: five families without prefix, labels "undefined".</summary>
    Unprefixed,

    /// <summary>From 1.3.0rc5: the same with prefix, and two KV gauges; labels still "undefined".</summary>
    Prefixed,

    /// <summary>From 1.3.0rc10: the full set, real labels.</summary>
    Full,
}

/// <summary>Finds a release's generation.</summary>
internal static class TrtLlmGenerations
{
    /// <summary>The generation of a release.</summary>
    public static TrtLlmGeneration Of(EngineVersion version)
    {
        if (!version.AtLeast(1, 1)) return TrtLlmGeneration.None;
        if (!version.AtLeast(1, 3, 0, 5)) return TrtLlmGeneration.Unprefixed;
        return version.AtLeast(1, 3, 0, 10) ? TrtLlmGeneration.Full : TrtLlmGeneration.Prefixed;
    }
}
