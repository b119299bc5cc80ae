using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Planning;

namespace Nemotron.Controllers.Rollouts;

/// <summary>What is asked about all gateways while rollouts with a gate are under way, and its answers by pod.</summary>
internal static class RolloutQueries
{
    /// <summary>Requests that have ended since the gateway started. The count itself, not its growth: Prometheus knows no growth of a series that begins with its first failures.</summary>
    /// <param name="matchers">Label matchers, as between PromQL's braces; "" for none.</param>
    /// <param name="failed">Those that failed in the engine or the gateway, or those that went well.</param>
    public static string Ended(string matchers, bool failed) =>
        $"sum by (namespace, pod) ({FleetQueries.Once} ({GatewaySeries.Requests}{FleetQueries.Braces(matchers, failed ? FleetQueries.Failed : FleetQueries.Served)}))";

    /// <summary>The gateways that are scraped: one that nobody has asked yet has no series of requests.</summary>
    /// <param name="matchers">Label matchers, as between PromQL's braces; "" for none.</param>
    public static string Scraped(string matchers) => $"count by (namespace, pod) ({GatewaySeries.InFlight}{FleetQueries.Braces(matchers)})";

    /// <summary>The counts of each gateway that is scraped.</summary>
    public static IReadOnlyDictionary<(string Namespace, string Pod), RequestCounts> Counts(QueryAnswer scraped, QueryAnswer served, QueryAnswer failed)
    {
        var (wentWell, wentWrong) = (ByPod(served), ByPod(failed));
        return ByPod(scraped).Keys.ToDictionary(pod => pod, pod => new RequestCounts(wentWell.GetValueOrDefault(pod), wentWrong.GetValueOrDefault(pod)));
    }

    private static Dictionary<(string Namespace, string Pod), double> ByPod(QueryAnswer answer)
    {
        var pods = new Dictionary<(string, string), double>();
        foreach (var sample in answer.Samples)
            if (sample["pod"] is { Length: > 0 } pod && double.IsFinite(sample.Value) && sample.Value >= 0) pods[(sample["namespace"], pod)] = sample.Value;
        return pods;
    }
}
