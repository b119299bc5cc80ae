using System.Buffers;
using System.Text;

namespace Nemotron.Engines.Metrics.Exposition;

/// <summary>
/// Reads Prometheus' text format (0.0.4) and OpenMetrics from a stream, line by line over one pooled buffer, and keeps the wanted
/// series. A malformed line is counted and passed over: one bad family must not hide the others.
/// </summary>
public static class ExpositionReader
{
    /// <summary>The longest line kept, bytes. A longer one is malformed.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>The longest answer read, bytes: engines send tens of kilobytes.</summary>
    public const long MaxTotalBytes = 16 * 1024 * 1024;

    /// <summary>Reads <paramref name="stream"/> to its end, or to OpenMetrics' <c># EOF</c>.</summary>
    /// <exception cref="InvalidDataException">It is longer than <see cref="MaxTotalBytes"/>.</exception>
    public static async ValueTask<MetricFamilies> ReadAsync(Stream stream, NameSet wanted, CancellationToken cancellation)
    {
        var families = new MetricFamilies();
        var buffer = ArrayPool<byte>.Shared.Rent(MaxLineBytes);
        try
        {
            long total = 0;
            int filled = 0;
            var overlong = false;
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(filled, MaxLineBytes - filled), cancellation).ConfigureAwait(false);
                if (read == 0) break;
                total += read;
                if (total > MaxTotalBytes) throw new InvalidDataException($"The metrics are longer than {MaxTotalBytes / (1024 * 1024)} MiB.");
                filled += read;
                if (ReadLines(buffer.AsSpan(0, filled), wanted, families, ref overlong, out var consumed)) return families;
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
                if (filled < MaxLineBytes) continue;
                // A whole buffer without a line end: note it once and drop until the next one.
                if (!overlong) NoteMalformed(families, buffer.AsSpan(0, filled));
                overlong = true;
                filled = 0;
            }

            // The format ends every line; one that is not ended may be cut in the middle of a number.
            if (filled > 0 && !overlong && !IsEndOfMetrics(buffer.AsSpan(0, filled))) NoteMalformed(families, buffer.AsSpan(0, filled));
            return families;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads text that is in memory already.</summary>
    public static MetricFamilies Read(ReadOnlySpan<byte> text, NameSet wanted)
    {
        var families = new MetricFamilies();
        var overlong = false;
        if (ReadLines(text, wanted, families, ref overlong, out var consumed)) return families;
        var rest = text[consumed..];
        if (rest.Length > 0 && !IsEndOfMetrics(rest)) NoteMalformed(families, rest);
        return families;
    }

    /// <summary>Takes the whole lines of <paramref name="text"/>. True when the metrics have ended.</summary>
    private static bool ReadLines(ReadOnlySpan<byte> text, NameSet wanted, MetricFamilies families, ref bool overlong, out int consumed)
    {
        consumed = 0;
        while (true)
        {
            var end = text[consumed..].IndexOf((byte)'\n');
            if (end < 0) return false;
            var line = text.Slice(consumed, end);
            consumed += end + 1;
            if (overlong)
            {
                overlong = false;
                continue;
            }

            line = line.TrimStart(" \t"u8).TrimEnd((byte)'\r');
            if (line.IsEmpty) continue;
            if (line[0] == '#')
            {
                if (IsEndOfMetrics(line)) return true;
                continue;
            }

            if (line.Length <= MaxLineBytes && SampleLine.TryRead(line, out var sample)) Keep(sample, wanted, families);
            else NoteMalformed(families, line);
        }
    }

    private static void Keep(SampleLine sample, NameSet wanted, MetricFamilies families)
    {
        families.Samples++;
        if (!wanted.TryGet(sample.Name, out var name)) return;
        List<KeyValuePair<string, string>>? labels = null;
        foreach (var label in sample.Labels)
        {
            if (!LabelNames.TryGet(label.Name, out var labelName)) labelName = LabelText.Unescape(label.Name);
            (labels ??= new(4)).Add(new(labelName, families.Value(labelName, label.RawValue)));
        }

        families.Add(name, new Series(labels ?? (IReadOnlyList<KeyValuePair<string, string>>)[], sample.Value));
    }

    // The names that come with every series: kept once.
    private static readonly NameSet LabelNames = new(
        ["le", "pid", "model", "version", "model_name", "engine_type", "engine", "finished_reason", "reason", "request_type", "kv_cache_block_type",
            "response_metric_type", "general_type", "gpu", "UUID", "modelName", "Hostname", "hostname", "namespace", "pod", "container", "device", "pci_bus_id"]);

    private static bool IsEndOfMetrics(ReadOnlySpan<byte> line) => line.TrimEnd(" \t\r"u8).SequenceEqual("# EOF"u8);

    private static void NoteMalformed(MetricFamilies families, ReadOnlySpan<byte> line)
    {
        families.MalformedLines++;
        families.FirstMalformed ??= Encoding.UTF8.GetString(line[..Math.Min(line.Length, 200)]);
    }
}
