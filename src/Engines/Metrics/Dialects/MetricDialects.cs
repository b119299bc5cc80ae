using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Engines.Metrics.Dialects;

/// <summary>The dialects, and which one an answer is in.</summary>
internal static class MetricDialects
{
    /// <summary>In the order in which they are looked for: the more telling first.</summary>
    public static readonly IReadOnlyList<MetricDialect> All =
    [
        TritonDialects.TrtLlm, TrtLlmServeDialects.Version13, VllmDialects.Vllm, VllmDialects.Nim2, TritonDialects.LlmApi, VllmDialects.Nim1, TrtLlmServeDialects.Version12,
    ];

    // Words that NIM 1.x and trtllm-serve 1.2 share; the label tells them apart.
    private static readonly string[] Unprefixed =
        ["request_success_total", "e2e_request_latency_seconds_count", "time_to_first_token_seconds_count", "time_per_output_token_seconds_count"];

    /// <summary>Every sample name that any dialect reads.</summary>
    public static readonly NameSet Samples = new(All.SelectMany(d => d.Samples).Concat(Unprefixed).Distinct());

    public static MetricDialect? Find(DialectName name) => All.FirstOrDefault(d => d.Name == name);

    /// <summary>What <paramref name="families"/> are in: by the series that are there; by the version only where none is.</summary>
    public static (MetricDialect? Dialect, DialectChoice Choice) Recognise(MetricFamilies families, DialectHint hint)
    {
        foreach (var dialect in All)
        {
            if (dialect.Markers.FirstOrDefault(families.Has) is not { } marker) continue;
            // The same series, and only the engine's kind says that it is NIM.
            var named = dialect.Name == DialectName.Vllm && hint.Source == MetricSource.Nim ? VllmDialects.Nim2 : dialect;
            return Seen(named, $"series {marker}", hint);
        }

        if (Unprefixed.FirstOrDefault(families.Has) is { } word)
        {
            var trtllm = families[word].Any(s => s.Label("engine_type") is not null) || hint.Source == MetricSource.TrtLlmServe;
            return Seen(trtllm ? TrtLlmServeDialects.Version12 : VllmDialects.Nim1,
                trtllm ? $"series {word} without prefix, of TensorRT-LLM" : $"series {word} without prefix and without label engine_type", hint);
        }

        return hint.Expected is { } expected && Find(expected) is { } pinned
            ? (pinned, Choice(pinned, $"version {hint.Version ?? "unknown"} of {hint.Source}; no series of it is there yet", seen: false))
            : (null, new DialectChoice(DialectName.None, "no series of a known dialect is there", false, Movement.Unknown, Movement.Unknown));
    }

    private static (MetricDialect, DialectChoice) Seen(MetricDialect dialect, string because, DialectHint hint)
    {
        // What is there counts for more than what a version should have.
        var surprise = hint.Expected is { } expected && expected != dialect.Name ? $", though version {hint.Version} should have {Find(expected)!.Title}" : "";
        return (dialect, Choice(dialect, because + surprise, seen: true));
    }

    private static DialectChoice Choice(MetricDialect dialect, string because, bool seen) => new(dialect.Name, because, seen, dialect.Tokens, dialect.Gauges);
}
