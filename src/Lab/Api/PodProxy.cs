using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api;

/// <summary>
/// A pod's <c>proxy</c>: a GET goes through the API server to a port of the pod, as <c>kubectl get --raw</c> sends it. Only pods with simulated engines have
/// addresses that somebody listens at; those of others lie beyond the loopback interface, and nothing is sent there.
/// </summary>
internal static class PodProxy
{
    // One for all servers of the process: it keeps connections, not state.
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) });

    /// <summary>Whether a path is one: <c>/api/v1/namespaces/NS/pods/NAME[:PORT]/proxy[/PATH]</c>.</summary>
    public static bool Matches(string path) => path.Split('/', 9) is ["", "api", "v1", "namespaces", _, "pods", _, "proxy", ..];

    /// <summary>Answers.</summary>
    /// <exception cref="ApiException">404 without such a pod, 405 for anything but GET, 503 where the pod does not answer.</exception>
    public static async Task AnswerAsync(HttpContext http, ApiContext api, string path)
    {
        if (http.Request.Method is not ("GET" or "HEAD")) throw ApiErrors.MethodNotAllowed("the Lab's pod proxy takes GET only", new JsonObject());
        var parts = path.Split('/', 9);
        var (ns, name) = (parts[4], parts[6].Split(':', 2)[0]);
        var pods = api.Catalog.Find(new Gvr("", "v1", "pods"))!;
        var pod = pods.Table.Current.Find(ns, name)?.Tree ?? throw ApiErrors.NotFound(pods, name);
        var port = parts[6].Contains(':', StringComparison.Ordinal) ? parts[6].Split(':', 2)[1] : FirstPort(pod);
        if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw ApiErrors.BadRequest($"invalid pod request \"{parts[6]}\": the port must be a number");
        if (!IPAddress.TryParse(pod["status"]?["podIP"].Text(), out var address)) throw Unreachable($"pod {name} has no address yet");
        if (!IPAddress.IsLoopback(address)) throw Unreachable($"nothing listens at {address}: this Lab simulates its pods by the time they take");
        var target = new UriBuilder("http", $"{address}", number, "/" + (parts.Length > 8 ? parts[8] : "")) { Query = http.Request.QueryString.Value };
        try
        {
            using var answer = await Client.GetAsync(target.Uri, HttpCompletionOption.ResponseHeadersRead, http.RequestAborted);
            http.Response.StatusCode = (int)answer.StatusCode;
            if (answer.Content.Headers.ContentType is { } type) http.Response.ContentType = type.ToString();
            await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
        catch (HttpRequestException e) when (!http.Response.HasStarted)
        {
            throw Unreachable(e.Message);
        }
    }

    private static ApiException Unreachable(string why) => new(503, "ServiceUnavailable", $"error trying to reach service: {why}");

    private static string FirstPort(JsonObject pod) =>
        (pod["spec"]?["containers"] as JsonArray ?? []).SelectMany(container => container?["ports"] as JsonArray ?? []).FirstOrDefault()?["containerPort"]?.ToString() ?? "80";
}
