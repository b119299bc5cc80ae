namespace Nemotron.Controllers.Prometheus;

/// <summary>Where metrics are asked for: Prometheus, or what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics).</summary>
public sealed record PrometheusSettings
{
    /// <summary>The base address: <c>/api/v1/query</c> is added to its path.</summary>
    public required Uri Url { get; init; }

    /// <summary>A file with a bearer token, read anew for each request since tokens are rotated; null for none.</summary>
    public string? BearerTokenFile { get; init; }

    /// <summary>A file of PEM certificates that are trusted instead of the system's; null for the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Headers of every request, such as <c>X-Scope-OrgID</c> for the tenant.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Label matchers added to every query, as between PromQL's braces: <c>cluster="a"</c>; "" for none.</summary>
    public string Matchers { get; init; } = "";

    /// <summary>How long one query may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How far back rates look: at least four scrapes.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(1);
}
