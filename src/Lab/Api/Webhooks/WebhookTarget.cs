using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>Where a webhook is asked.</summary>
/// <param name="Url">Its URL, with the time it has in the query, as the real server adds it.</param>
/// <param name="Via">Where the URL's host is found; null where its name says so itself.</param>
/// <param name="CaBundle">The authorities to trust, base64 of PEM; empty for those of the system.</param>
internal sealed record WebhookTarget(Uri Url, IPEndPoint? Via, string CaBundle)
{
    private const long DefaultPort = 443;
    private static readonly Gvr Services = new("", "v1", "services");
    private static readonly Gvr EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices");

    /// <summary>The URL of a webhook's <c>clientConfig</c>.</summary>
    /// <exception cref="UriFormatException">It is none.</exception>
    public static Uri UrlOf(JsonObject clientConfig, TimeSpan timeout)
    {
        string url = clientConfig["url"].Text() is { Length: > 0 } given ? given : ServiceUrl(clientConfig["service"] as JsonObject ?? []);
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"{url}{(url.Contains('?') ? '&' : '?')}timeout={timeout.TotalSeconds:0}s"));
    }

    /// <summary>Finds out where a webhook listens now.</summary>
    /// <exception cref="HttpRequestException">Its Service leads nowhere.</exception>
    public static WebhookTarget Resolve(ApiContext api, JsonObject clientConfig, Uri url)
    {
        string bundle = clientConfig["caBundle"].Text() ?? "";
        if (clientConfig["service"] is not JsonObject service) return new(url, null, bundle);
        string ns = service["namespace"].Text() ?? "";
        string name = service["name"].Text() ?? "";
        var slices = api.Catalog.Find(EndpointSlices)!.Table.Current.Objects(ns).Select(s => s.Tree)
            .Where(s => s["metadata"]?["labels"]?["kubernetes.io/service-name"].Text() == name);
        return new(url, ServiceEndpoints.Resolve(name, api.Catalog.Find(Services)!.Table.Current.Find(ns, name)?.Tree, slices, service["port"].Integer() ?? DefaultPort), bundle);
    }

    // The certificate is made out for the Service, wherever the Lab finds it.
    private static string ServiceUrl(JsonObject service) =>
        $"https://{service["name"].Text()}.{service["namespace"].Text()}.svc:{service["port"].Integer() ?? DefaultPort}/{(service["path"].Text() ?? "").TrimStart('/')}";
}
