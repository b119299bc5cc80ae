using System.Globalization;
using System.Text;
using Nemotron.Controllers.Scaling;
using Nemotron.Engines.Metrics.Exposition;
using Nemotron.Planning;

namespace Nemotron.Cli.Loads;

/// <summary>What a gateway has counted until now, over both reasoning modes.</summary>
/// <param name="At">When it was read.</param>
/// <param name="OutputTokens">Output tokens so far.</param>
/// <param name="InFlight">Requests in flight now.</param>
/// <param name="Ttft">Requests so far by time to first token: upper bound in seconds to count.</param>
internal sealed record GatewayCounters(DateTimeOffset At, double? OutputTokens, double? InFlight, IReadOnlyDictionary<double, double> Ttft)
{
    private const string Buckets = GatewaySeries.TimeToFirstToken + "_bucket";
    private static readonly NameSet Names = new([GatewaySeries.OutputTokens, GatewaySeries.InFlight, Buckets]);

    /// <summary>Reads a gateway's metrics. Pure.</summary>
    public static GatewayCounters Read(string text, DateTimeOffset at)
    {
        var families = ExpositionReader.Read(Encoding.UTF8.GetBytes(text), Names);
        var buckets = new SortedDictionary<double, double>();
        foreach (var series in families[Buckets])
        {
            var bound = series.Label("le") is "+Inf" ? double.PositiveInfinity : double.TryParse(series.Label("le"), NumberStyles.Float, CultureInfo.InvariantCulture, out var le) ? le : double.NaN;
            if (!double.IsNaN(bound)) buckets[bound] = buckets.GetValueOrDefault(bound) + series.Value;
        }

        return new GatewayCounters(at, Sum(families, GatewaySeries.OutputTokens), Sum(families, GatewaySeries.InFlight), buckets);
    }

    /// <summary>Tokens per second since an earlier reading; null where it counts anew, or no time has passed.</summary>
    public double? TokensPerSecond(GatewayCounters? before) =>
        before is not null && At > before.At && OutputTokens >= before.OutputTokens ? (OutputTokens - before.OutputTokens) / (At - before.At).TotalSeconds : null;

    /// <summary>The histogram of what ended its wait since an earlier reading; null where it counts anew.</summary>
    public LatencyBuckets? TtftSince(GatewayCounters? before)
    {
        if (before is null || At <= before.At) return null;
        var seconds = (At - before.At).TotalSeconds;
        var since = new LatencyBuckets();
        foreach (var (le, count) in Ttft)
        {
            var more = count - before.Ttft.GetValueOrDefault(le);
            if (more < 0) return null;
            since.Add(le, more / seconds);
        }

        return since;
    }

    private static double? Sum(MetricFamilies families, string name) => families.Has(name) ? families[name].Sum(series => series.Value) : null;
}
