using Nemotron.Engines.Metrics.Dialects;
using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Engines.Metrics;

/// <summary>From an engine's metrics text to the normal form.</summary>
public static class EngineMetrics
{
    /// <summary>Reads a scrape as it streams in.</summary>
    /// <exception cref="InvalidDataException">It is too long to be an engine's.</exception>
    public static async ValueTask<EngineSignals> ReadAsync(Stream text, DialectHint hint, CancellationToken cancellation) =>
        Normalise(await ExpositionReader.ReadAsync(text, MetricDialects.Samples, cancellation).ConfigureAwait(false), hint);

    /// <summary>Reads a scrape that is in memory.</summary>
    public static EngineSignals Read(ReadOnlySpan<byte> text, DialectHint hint) => Normalise(ExpositionReader.Read(text, MetricDialects.Samples), hint);

    private static EngineSignals Normalise(MetricFamilies families, DialectHint hint)
    {
        var (dialect, choice) = MetricDialects.Recognise(families, hint);
        return dialect is null ? EngineSignals.AllUnknown(choice, Silence(families)) : new Normalisation(dialect, choice, families).Run();
    }

    private static string Silence(MetricFamilies families) => families switch
    {
        { MalformedLines: > 0 } => $"the answer is not metrics text: \"{families.FirstMalformed}\"",
        { Samples: 0 } => "the answer holds no series: trtllm-serve shows a family only after its first sample",
        _ => $"none of the {families.Samples} series is of a known engine",
    };
}
