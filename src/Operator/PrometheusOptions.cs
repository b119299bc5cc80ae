using System.CommandLine;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;

namespace Nemotron.Operator;

/// <summary>The options of the autoscaler: where metrics are asked for, and how often.</summary>
internal sealed class PrometheusOptions
{
    private readonly Option<string?> _url = new("--prometheus-url")
    {
        Description = "Base address of Prometheus, or of what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics). Absent: nothing is scaled.",
    };

    private readonly Option<FileInfo?> _token = new("--prometheus-token-file") { Description = "File with a bearer token for it, read anew for each query." };

    private readonly Option<FileInfo?> _authorities = new("--prometheus-ca-file") { Description = "File of PEM certificates that its certificate must come from; the system's if absent." };

    private readonly Option<string[]> _headers = new("--prometheus-header") { Description = "NAME=VALUE sent with each query, such as X-Scope-OrgID=team-a; may be given several times." };

    private readonly Option<string> _matchers = new("--prometheus-matchers")
    {
        Description = "Label matchers of every query, as between PromQL's braces, such as 'cluster=\"a\"'.",
        DefaultValueFactory = _ => "",
    };

    private readonly Option<int> _window = new("--prometheus-window-seconds") { Description = "How far back rates look: at least four scrapes.", DefaultValueFactory = _ => 60 };

    private readonly Option<int> _interval = new("--scaling-interval-seconds") { Description = "Seconds between two rounds of the autoscaler.", DefaultValueFactory = _ => 15 };

    /// <summary>Adds the options and their checks.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_url, _token, _authorities, _headers, _matchers, _window, _interval]) command.Options.Add(option);
        _url.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } url && Address(url) is null)
                result.AddError($"--prometheus-url must be an http or https address such as http://prometheus.monitoring:9090, not '{url}'.");
        });
        _headers.Validators.Add(result =>
        {
            foreach (var header in result.GetValueOrDefault<string[]>() ?? [])
                if (header.IndexOf('=') < 1) result.AddError($"--prometheus-header must be NAME=VALUE, not '{header}'.");
        });
        _window.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 10 or > 3600) result.AddError("--prometheus-window-seconds must be between 10 and 3600.");
        });
        _interval.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 300) result.AddError("--scaling-interval-seconds must be between 1 and 300.");
        });
    }

    /// <summary>What they say.</summary>
    public ScalingSettings Read(ParseResult given) => new()
    {
        Interval = TimeSpan.FromSeconds(given.GetValue(_interval)),
        Prometheus = given.GetValue(_url) is not { } url ? null : new PrometheusSettings
        {
            Url = Address(url)!,
            BearerTokenFile = given.GetValue(_token)?.FullName,
            CaFile = given.GetValue(_authorities)?.FullName,
            Headers = (given.GetValue(_headers) ?? []).ToDictionary(header => header[..header.IndexOf('=')], header => header[(header.IndexOf('=') + 1)..]),
            Matchers = given.GetValue(_matchers)!,
            Window = TimeSpan.FromSeconds(given.GetValue(_window)),
        },
    };

    private static Uri? Address(string url) => Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;
}
