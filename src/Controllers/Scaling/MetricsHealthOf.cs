using System.Globalization;
using Nemotron.Crds;
using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>Says whether a deployment's metrics are there. Pure.</summary>
internal static class MetricsHealthOf
{
    /// <summary>Judges.</summary>
    /// <param name="signals">What is known.</param>
    /// <param name="reading">The tick's answers; null where there are none.</param>
    /// <param name="trouble">Why there are none, or why nothing can be decided.</param>
    /// <param name="replica">Its replicas; null while its spec cannot be carried out.</param>
    public static MetricsHealth Deployment(ScalingSignals signals, FleetReading? reading, string? trouble, Replica? replica)
    {
        if (reading is null) return new MetricsHealth(false, ConditionReasons.PrometheusUnreachable, $"The number of replicas is held: {trouble}.");
        if (trouble is not null) return new MetricsHealth(false, ConditionReasons.InvalidField, $"The number of replicas is held: {trouble}.");
        if (replica is { Unknown: { } why }) return new MetricsHealth(false, ConditionReasons.MetricsMissing, $"What a replica can do is not known, so the number is held: {why}.");
        if (signals.Ready == 0) return new MetricsHealth(null, ConditionReasons.MetricsMissing, "No replica serves, so there is nothing to scrape.");
        var (_, discarded) = SignalScreen.Screen(signals);
        if (signals.Scraped is < 1)
            return new MetricsHealth(false, ConditionReasons.MetricsMissing, string.Create(CultureInfo.InvariantCulture,
                $"Prometheus has series of {signals.Scraped.Value * signals.Ready:0} of {signals.Ready} replicas that serve; the number is held until it has all. Does it scrape the pods' ports \"gateway-admin\" and \"engine\", with labels namespace and pod?"));
        if (signals.Modes.Off.InFlight is { } reading0 && reading0.Age > SignalScreen.OldestReading)
            return new MetricsHealth(false, ConditionReasons.MetricsStale, "The newest series are older than a minute; the number is held.");
        if (signals.Modes.Off is not { Arrivals: not null, InFlight: not null })
            return new MetricsHealth(false, ConditionReasons.MetricsMissing,
                "The engine's metrics do not say how many requests it has in flight, and no gateway was scraped; the number is held. Leave spec.gateway enabled, or use a newer engine.");
        return discarded.Count > 0
            ? new MetricsHealth(true, ConditionReasons.Scraped, $"All {signals.Ready} replicas are scraped; readings that cannot be true are discarded, the decision's sentence names them.")
            : new MetricsHealth(true, ConditionReasons.Scraped, $"All {signals.Ready} replicas are scraped.");
    }
}
