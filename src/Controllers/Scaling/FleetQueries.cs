using System.Globalization;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.PromQl;
using Nemotron.Planning;

namespace Nemotron.Controllers.Scaling;

/// <summary>What is asked of the whole fleet. The gateways' figures are by reasoning mode, the engines' by pod.</summary>
internal enum FleetSignal
{
    /// <summary>Requests taken on per second, by the gateway.</summary>
    Begun,

    /// <summary>Requests per second that ended well.</summary>
    Completed,

    /// <summary>Requests per second that failed in the engine or the gateway.</summary>
    Failed,

    /// <summary>Prompt tokens per second.</summary>
    PromptTokens,

    /// <summary>Output tokens per second, as they stream.</summary>
    OutputTokens,

    /// <summary>Output tokens per second of requests that ended.</summary>
    FinishedTokens,

    /// <summary>Requests in flight.</summary>
    InFlight,

    /// <summary>Buckets of the time to first token, per second.</summary>
    TtftBuckets,

    /// <summary>Buckets of the mean time between a request's tokens, per second.</summary>
    ItlBuckets,

    /// <summary>1 while a replica drains.</summary>
    Draining,

    /// <summary>Seconds since the gateway was scraped.</summary>
    GatewayAge,

    /// <summary>Tokens of KV cache in use, by the engine.</summary>
    KvUsed,

    /// <summary>Tokens of KV cache in all.</summary>
    KvTotal,

    /// <summary>Share of the KV cache in use.</summary>
    KvFraction,

    /// <summary>Requests in the engine's batch.</summary>
    Running,

    /// <summary>Requests that wait for a place in it.</summary>
    Waiting,

    /// <summary>Requests per second that the engine ended well.</summary>
    EngineCompleted,

    /// <summary>Prompt tokens per second, by the engine.</summary>
    EnginePromptTokens,

    /// <summary>Output tokens per second, by the engine.</summary>
    EngineOutputTokens,

    /// <summary>1 where a target of the pod answers scrapes: an engine that nobody has asked yet has no series, and is idle, not unknown.</summary>
    Up,
}

/// <summary>The queries: a fixed handful for the whole fleet, however many deployments it has. Each gives a series per pod, and per mode where the gateway keeps modes apart.</summary>
internal static class FleetQueries
{
    /// <summary>Makes one of the same target scraped under two jobs.</summary>
    internal const string Once = "max without (job, instance, endpoint, service, container, prometheus)";

    /// <summary>Of ended requests: those that went well.</summary>
    internal const string Served = "outcome=\"ok\"";

    /// <summary>Of ended requests: those that failed in the engine or the gateway.</summary>
    internal const string Failed = "outcome=~\"engine_error|gateway_error\"";

    /// <summary>All queries.</summary>
    /// <param name="matchers">Label matchers, as between PromQL's braces; "" for none.</param>
    /// <param name="window">How far back rates look.</param>
    public static IReadOnlyDictionary<FleetSignal, string> All(string matchers, TimeSpan window)
    {
        var scope = new QueryScope(matchers, window);
        return new Dictionary<FleetSignal, string>
        {
            [FleetSignal.Begun] = Rate("requests_begun_total"),
            [FleetSignal.Completed] = Rate("requests_total", Served),
            [FleetSignal.Failed] = Rate("requests_total", Failed),
            [FleetSignal.PromptTokens] = Rate("prompt_tokens_total"),
            [FleetSignal.OutputTokens] = Rate("output_tokens_total"),
            [FleetSignal.FinishedTokens] = Rate("finished_output_tokens_total"),
            [FleetSignal.InFlight] = $"sum by (namespace, pod, mode) ({Once} ({GatewaySeries.InFlight}{Braces()}))",
            [FleetSignal.TtftBuckets] = Buckets("time_to_first_token_seconds"),
            [FleetSignal.ItlBuckets] = Buckets("time_per_output_token_seconds"),
            [FleetSignal.Draining] = $"max by (namespace, pod) ({GatewaySeries.Draining}{Braces()})",
            [FleetSignal.GatewayAge] = $"min by (namespace, pod) (time() - timestamp({GatewaySeries.InFlight}{Braces()}))",
            [FleetSignal.KvUsed] = EngineQueries.Gauge(EngineSignal.KvUsedTokens, scope),
            [FleetSignal.KvTotal] = EngineQueries.Gauge(EngineSignal.KvTotalTokens, scope),
            [FleetSignal.KvFraction] = EngineQueries.Gauge(EngineSignal.KvUsedFraction, scope),
            [FleetSignal.Running] = EngineQueries.Gauge(EngineSignal.Running, scope),
            [FleetSignal.Waiting] = EngineQueries.Gauge(EngineSignal.Waiting, scope),
            [FleetSignal.EngineCompleted] = EngineQueries.Rate(EngineSignal.RequestsSucceeded, scope),
            [FleetSignal.EnginePromptTokens] = EngineQueries.Rate(EngineSignal.PromptTokens, scope),
            [FleetSignal.EngineOutputTokens] = EngineQueries.Rate(EngineSignal.GenerationTokens, scope),
            [FleetSignal.Up] = $"max by (namespace, pod) (up{Braces("pod!=\"\"")})",
        };

        string Rate(string metric, string? own = null) =>
            $"sum by (namespace, pod, mode) ({Once} (rate({GatewaySeries.Prefix}{metric}{Braces(own)}[{Range()}])))";

        string Buckets(string metric) =>
            $"sum by (namespace, pod, mode, le) ({Once} (rate({GatewaySeries.Prefix}{metric}_bucket{Braces()}[{Range()}])))";

        string Braces(string? own = null) => FleetQueries.Braces(matchers, own);

        string Range() => $"{Math.Max(1, (long)window.TotalSeconds).ToString(CultureInfo.InvariantCulture)}s";
    }

    /// <summary>Label matchers in their braces; "" for none.</summary>
    /// <param name="matchers">Those of all queries, as between the braces; "" for none.</param>
    /// <param name="own">The query's own, or null.</param>
    internal static string Braces(string matchers, string? own = null) => (own, matchers) switch
    {
        (null, "") => "",
        (null, _) => $"{{{matchers}}}",
        (_, "") => $"{{{own}}}",
        _ => $"{{{own},{matchers}}}",
    };
}
