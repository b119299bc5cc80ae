using System.CommandLine;
using Nemotron.Controllers.Prometheus;

namespace Nemotron.Cli.Clusters;

/// <summary>Where a command asks Prometheus.</summary>
internal sealed class PrometheusOption
{
    private readonly Option<Uri?> _url = new("--prometheus-url")
    {
        Description = "Address of Prometheus' HTTP API, or of what speaks it.",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
            result.AddError($"--prometheus-url takes an address such as http://localhost:9090, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    private readonly Option<FileInfo?> _token = new("--prometheus-token-file") { Description = "A file with a bearer token for Prometheus." };

    private readonly Option<FileInfo?> _authority = new("--prometheus-ca-file") { Description = "PEM certificates that are trusted for Prometheus instead of the system's." };

    public void AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_token);
        command.Options.Add(_authority);
    }

    /// <summary>The address; null where none is given.</summary>
    public Uri? Url(ParseResult given) => given.GetValue(_url);

    /// <summary>The connection; null where no address is given. Nothing is sent.</summary>
    public PrometheusApi? Open(ParseResult given, TimeProvider time) => given.GetValue(_url) is not { } url ? null
        : new PrometheusApi(new PrometheusSettings { Url = url, BearerTokenFile = given.GetValue(_token)?.FullName, CaFile = given.GetValue(_authority)?.FullName }, time);
}
