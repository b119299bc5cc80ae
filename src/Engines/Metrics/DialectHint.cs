using System.Globalization;
using Nemotron.Engines.Metrics.Dialects;

namespace Nemotron.Engines.Metrics;

/// <summary>Whose metrics they are.</summary>
public enum MetricSource
{
    /// <summary>Not known.</summary>
    Any,

    /// <summary>trtllm-serve.</summary>
    TrtLlmServe,

    /// <summary>Triton.</summary>
    Triton,

    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>NIM for language models.</summary>
    Nim,
}

/// <summary>What is known of a dialect before the metrics are read.</summary>
/// <param name="Source">The engine.</param>
/// <param name="Version">Its version, such as <c>1.3.0rc14</c>; null when unknown.</param>
public readonly record struct DialectHint(MetricSource Source, string? Version = null)
{
    /// <summary>The dialect that this engine and version have; null when they do not settle it.</summary>
    internal DialectName? Expected => (Source, MajorMinor) switch
    {
        (MetricSource.Vllm, _) => DialectName.Vllm,
        (MetricSource.Nim, (1, _)) => DialectName.Nim1,
        (MetricSource.Nim, ( > 1, _)) => DialectName.Nim2,
        (MetricSource.TrtLlmServe, (1, 1 or 2)) => DialectName.TrtLlmServe12,
        // Names changed near 1.3.0rc5; which candidate exactly is not known.
        (MetricSource.TrtLlmServe, (1, 3)) when Version!.StartsWith("1.3.0rc", StringComparison.Ordinal) && !LateCandidate => null,
        (MetricSource.TrtLlmServe, (1, >= 3) or ( > 1, _)) => DialectName.TrtLlmServe13,
        _ => null,
    };

    private bool LateCandidate => int.TryParse(Version!.AsSpan("1.3.0rc".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var rc) && rc >= 9;

    private (int Major, int Minor)? MajorMinor
    {
        get
        {
            var parts = (Version ?? "").TrimStart('v').Split('.');
            return parts.Length >= 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
                && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? (major, minor) : null;
        }
    }
}
