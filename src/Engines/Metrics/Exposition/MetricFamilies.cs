using System.Runtime.InteropServices;
using System.Text;

namespace Nemotron.Engines.Metrics.Exposition;

/// <summary>One series of a scrape.</summary>
/// <param name="Labels">Its labels in the order they came.</param>
/// <param name="Value">Its value; NaN and infinities as sent.</param>
public sealed record Series(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    /// <summary>The value of label <paramref name="name"/>, null when the series has none.</summary>
    public string? Label(string name)
    {
        for (var i = 0; i < Labels.Count; i++)
            if (Labels[i].Key == name) return Labels[i].Value;
        return null;
    }
}

/// <summary>The series of one scrape that somebody wanted, by sample name (histograms: <c>x_bucket</c>, <c>x_sum</c>, <c>x_count</c>).</summary>
public sealed class MetricFamilies
{
    private readonly Dictionary<string, List<Series>> _byName = [];
    private readonly Dictionary<string, string> _lastValues = [];

    /// <summary>How many lines were neither samples nor comments nor blank. Above 0, what is missing may have been on them.</summary>
    public int MalformedLines { get; internal set; }

    /// <summary>The first such line, cut at 200 bytes; null when there is none.</summary>
    public string? FirstMalformed { get; internal set; }

    /// <summary>How many samples the scrape had, wanted or not.</summary>
    public int Samples { get; internal set; }

    /// <summary>The series of that name; empty when there is none.</summary>
    public IReadOnlyList<Series> this[string name] => _byName.TryGetValue(name, out var series) ? series : [];

    /// <summary>Whether at least one series of that name came.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>A label's value as a string. One series after the other has the same model and engine: those strings are shared.</summary>
    internal string Value(string label, ReadOnlySpan<byte> raw)
    {
        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_lastValues, label, out _);
        if (last is not null && !raw.Contains((byte)'\\') && Ascii.Equals(raw, last)) return last;
        return last = LabelText.Unescape(raw);
    }

    internal void Add(string name, Series series)
    {
        if (!_byName.TryGetValue(name, out var list)) _byName.Add(name, list = []);
        list.Add(series);
    }
}
