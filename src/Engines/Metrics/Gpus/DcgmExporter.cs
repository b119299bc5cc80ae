using Nemotron.Engines.Metrics.Exposition;
using Nemotron.Engines.Metrics.PromQl;

namespace Nemotron.Engines.Metrics.Gpus;

/// <summary>The DCGM exporter's metrics (port 9400), one record for each GPU, and as fleet queries.</summary>
public static class DcgmExporter
{
    private const double Mebibyte = 1024 * 1024;

    private static readonly Dictionary<GpuSignal, (string Metric, double Scale)> Metrics = new()
    {
        [GpuSignal.MemoryUsedBytes] = ("DCGM_FI_DEV_FB_USED", Mebibyte),
        [GpuSignal.MemoryFreeBytes] = ("DCGM_FI_DEV_FB_FREE", Mebibyte),
        [GpuSignal.Utilization] = ("DCGM_FI_DEV_GPU_UTIL", 0.01),
        [GpuSignal.TensorActive] = ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 1),
        [GpuSignal.MemoryActive] = ("DCGM_FI_PROF_DRAM_ACTIVE", 1),
        [GpuSignal.Temperature] = ("DCGM_FI_DEV_GPU_TEMP", 1),
        [GpuSignal.PowerWatts] = ("DCGM_FI_DEV_POWER_USAGE", 1),
        [GpuSignal.LastXid] = ("DCGM_FI_DEV_XID_ERRORS", 1),
    };

    private static readonly NameSet Samples = new(Metrics.Values.Select(m => m.Metric));

    /// <summary>Reads a scrape as it streams in, GPUs in the order in which they first appear.</summary>
    /// <exception cref="InvalidDataException">It is too long to be an exporter's.</exception>
    public static async ValueTask<IReadOnlyList<GpuSignals>> ReadAsync(Stream text, CancellationToken cancellation) =>
        Gpus(await ExpositionReader.ReadAsync(text, Samples, cancellation).ConfigureAwait(false));

    /// <summary>Reads a scrape that is in memory.</summary>
    public static IReadOnlyList<GpuSignals> Read(ReadOnlySpan<byte> text) => Gpus(ExpositionReader.Read(text, Samples));

    /// <summary>
    /// One signal of every GPU of the fleet, with labels <c>namespace</c>, <c>pod</c>, <c>gpu</c> and <c>UUID</c>. Where Prometheus' own
    /// target labels overrode the exporter's (no <c>honorLabels</c>), pass <paramref name="exported"/>.
    /// </summary>
    public static string Query(GpuSignal signal, QueryScope scope, bool exported = false)
    {
        var (metric, scale) = Metrics[signal];
        var braces = scope.Matchers.Length == 0 ? "" : $"{{{scope.Matchers}}}";
        var labels = exported ? "exported_namespace, exported_pod" : "namespace, pod";
        var query = $"max by ({labels}, gpu, UUID) ({metric}{braces})";
        if (scale != 1) query = $"{query} * {scale.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}";
        return exported
            ? $"label_replace(label_replace({query}, \"namespace\", \"$1\", \"exported_namespace\", \"(.*)\"), \"pod\", \"$1\", \"exported_pod\", \"(.*)\")"
            : query;
    }

    private static List<GpuSignals> Gpus(MetricFamilies families)
    {
        var gpus = new List<string>();
        var labels = new Dictionary<string, Series>();
        var values = new Dictionary<(string Gpu, GpuSignal Signal), double>();
        foreach (var (signal, (metric, scale)) in Metrics)
        {
            foreach (var series in families[metric])
            {
                // A MIG instance has its own series beside its GPU's; here the GPU is meant.
                if (series.Label("UUID") is not { } uuid || series.Label("GPU_I_ID") is { Length: > 0 }) continue;
                if (labels.TryAdd(uuid, series)) gpus.Add(uuid);
                values[(uuid, signal)] = series.Value * scale;
            }
        }

        return [.. gpus.Select(uuid => Gpu(uuid, labels[uuid], signal => values.TryGetValue((uuid, signal), out var value) && double.IsFinite(value)
            ? Signal.Known(value)
            : Signal.Unknown($"the exporter shows no {Metrics[signal].Metric} for this GPU")))];
    }

    private static GpuSignals Gpu(string uuid, Series series, Func<GpuSignal, Signal> value) => new()
    {
        Uuid = uuid,
        Index = series.Label("gpu") ?? "",
        Model = series.Label("modelName"),
        Node = series.Label("Hostname") ?? series.Label("hostname"),
        Pod = series.Label("pod") is { Length: > 0 } pod ? pod : null,
        Namespace = series.Label("namespace") is { Length: > 0 } ns ? ns : null,
        MemoryUsedBytes = value(GpuSignal.MemoryUsedBytes),
        MemoryFreeBytes = value(GpuSignal.MemoryFreeBytes),
        Utilization = value(GpuSignal.Utilization),
        TensorActive = value(GpuSignal.TensorActive),
        MemoryActive = value(GpuSignal.MemoryActive),
        Temperature = value(GpuSignal.Temperature),
        PowerWatts = value(GpuSignal.PowerWatts),
        LastXid = value(GpuSignal.LastXid),
    };
}

/// <summary>What the DCGM exporter reports of a GPU; units as in <see cref="GpuSignals"/>.</summary>
public enum GpuSignal
{
    /// <inheritdoc cref="GpuSignals.MemoryUsedBytes"/>
    MemoryUsedBytes,

    /// <inheritdoc cref="GpuSignals.MemoryFreeBytes"/>
    MemoryFreeBytes,

    /// <inheritdoc cref="GpuSignals.Utilization"/>
    Utilization,

    /// <inheritdoc cref="GpuSignals.TensorActive"/>
    TensorActive,

    /// <inheritdoc cref="GpuSignals.MemoryActive"/>
    MemoryActive,

    /// <inheritdoc cref="GpuSignals.Temperature"/>
    Temperature,

    /// <inheritdoc cref="GpuSignals.PowerWatts"/>
    PowerWatts,

    /// <inheritdoc cref="GpuSignals.LastXid"/>
    LastXid,
}
