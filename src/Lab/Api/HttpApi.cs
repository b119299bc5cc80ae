using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Nemotron.Lab.Api.Access;
using Nemotron.Lab.Api.Audit;

namespace Nemotron.Lab.Api;

/// <summary>The door: faults, the log, the documents about the server itself, and the way to the resources.</summary>
internal sealed class HttpApi(
    ApiContext api, LabServerOptions options, FaultInjection faults, RequestLog log, AuditLog audit, OpenApi.OpenApiDocuments documents, CancellationToken stopping)
{
    private const string NoSuchPage = "404 page not found\n";
    private readonly ResourceHandler resources = new(api, options, faults, stopping);

    public async Task HandleAsync(HttpContext http)
    {
        var started = api.Now;
        string path = http.Request.Path.Value ?? "/";
        int status = 0;
        var trail = new RequestTrail(http, audit, started);
        http.Features.Set(trail);
        try
        {
            var fault = faults.Take(http.Request.Method, path + http.Request.QueryString.Value);
            // The answer goes nowhere: a client that got it before the connection broke would not know of the fault.
            if (fault?.Kind == FaultKind.DropAfter) http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
            if (fault is not null && await StrikeAsync(fault, http.RequestAborted) is { } refusal) await ResponseWriter.StatusAsync(http, refusal);
            else await AnswerAsync(http, path, trail);
            if (fault?.Kind == FaultKind.DropAfter) throw new ConnectionDroppedException();
            status = http.Response.StatusCode;
        }
        catch (ConnectionDroppedException)
        {
            http.Abort();
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || stopping.IsCancellationRequested)
        {
            status = http.Response.StatusCode;
        }
        finally
        {
            log.Add(new LoggedRequest(http.Request.Method, path, http.Request.QueryString.Value ?? "",
                http.Request.Headers.UserAgent.ToString(), http.Request.Query["fieldManager"].ToString(), status, started));
            trail.Completed(status, api.Now);
        }
    }

    private async Task AnswerAsync(HttpContext http, string path, RequestTrail trail)
    {
        try
        {
            api.Access.Admit(http, path, trail);
            await RouteAsync(http, path);
        }
        catch (ApiException refusal) when (!http.Response.HasStarted)
        {
            await ResponseWriter.StatusAsync(http, refusal);
        }
        catch (BadHttpRequestException bad) when (!http.Response.HasStarted)
        {
            await ResponseWriter.StatusAsync(http, bad.StatusCode == 413
                ? new ApiException(413, "RequestEntityTooLarge", "Request entity too large: limit is 16777216")
                : ApiErrors.BadRequest(bad.Message));
        }
        catch (Exception broken) when (broken is not (OperationCanceledException or ConnectionDroppedException) && !http.Response.HasStarted)
        {
            options.OnInternalError?.Invoke(broken);
            await ResponseWriter.StatusAsync(http, ApiErrors.InternalError($"{broken.GetType().Name}: {broken.Message}"));
        }
    }

    /// <summary>Carries a fault out; the refusal to answer with, or null to go on.</summary>
    private async Task<ApiException?> StrikeAsync(Fault fault, CancellationToken cancel)
    {
        switch (fault.Kind)
        {
            case FaultKind.DropBefore: throw new ConnectionDroppedException();
            case FaultKind.Delay:
                await Task.Delay(fault.Delay, api.Time, cancel);
                return null;
            case FaultKind.TooManyRequests:
                return new ApiException(429, "TooManyRequests", "the server has received too many requests and has asked us to try again later") { RetryAfterSeconds = 1 };
            case FaultKind.InternalError: return ApiErrors.InternalError("injected by a test");
            case FaultKind.Unavailable: return new ApiException(503, "ServiceUnavailable", "the server is currently unable to handle the request");
            case FaultKind.Invalid: return new ApiException(422, "Invalid", "the server does not know this: injected by a test");
            case FaultKind.Gone: return ApiErrors.Expired("too old resource version: injected by a test");
            default: return null;
        }
    }

    private Task RouteAsync(HttpContext http, string path)
    {
        switch (path)
        {
            case "/version": return ResponseWriter.JsonAsync(http, 200, Version());
            case "/healthz" or "/livez" or "/readyz": return ResponseWriter.TextAsync(http, 200, "ok");
            case "/api": return DiscoveryAsync(http, core: true);
            case "/apis" or "/apis/": return DiscoveryAsync(http, core: false);
            case "/": return ResponseWriter.JsonAsync(http, 200, Paths());
        }
        if (path == "/openapi/v2" || path.StartsWith("/openapi/v3", StringComparison.Ordinal)) return OpenApiAsync(http, path);
        if (PodProxy.Matches(path)) return PodProxy.AnswerAsync(http, api, path);
        if (RequestRoute.Parse(path) is not { } route) return GroupAsync(http, path);
        if (route.Plural.Length == 0)
        {
            return Discovery.ResourceList(api.Catalog, route.Group, route.Version) is { } list
                ? ResponseWriter.JsonAsync(http, 200, list)
                : ResponseWriter.TextAsync(http, 404, NoSuchPage);
        }
        if (http.Request.Method == "POST" && AccessReviews.All.Any(r => r.Group == route.Group && r.Plural == route.Plural)) return ReviewAsync(http, route);
        return api.Catalog.Find(new Gvr(route.Group, route.Version, route.Plural)) is { } resource && (route.Namespace is null || resource.Namespaced)
            ? resources.HandleAsync(http, resource, route)
            : ResponseWriter.TextAsync(http, 404, NoSuchPage);
    }

    private Task DiscoveryAsync(HttpContext http, bool core)
    {
        if (MediaTypes.AggregatedDiscovery(http.Request.Headers.Accept) is { } version)
        {
            return ResponseWriter.JsonAsync(http, 200, Discovery.Aggregated(api.Catalog, core, version),
                $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        }
        return ResponseWriter.JsonAsync(http, 200, core ? Discovery.ApiVersions(http.Request.Host.Value ?? "") : Discovery.GroupList(api.Catalog));
    }

    private Task GroupAsync(HttpContext http, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts is ["apis", var group] && Discovery.Group(api.Catalog, group) is { } found
            ? ResponseWriter.JsonAsync(http, 200, found)
            : ResponseWriter.TextAsync(http, 404, NoSuchPage);
    }

    private async Task OpenApiAsync(HttpContext http, string path)
    {
        if (path == "/openapi/v2") await OpenApi.OpenApiDocuments.WriteV2Async(http);
        else if (path is "/openapi/v3" or "/openapi/v3/") await ResponseWriter.JsonAsync(http, 200, documents.Index());
        else if (!await documents.TryWriteAsync(http, path["/openapi/v3/".Length..])) await ResponseWriter.TextAsync(http, 404, NoSuchPage);
    }

    private async Task ReviewAsync(HttpContext http, RequestRoute route)
    {
        var review = RequestBody.ParseOptional(await RequestBody.ReadAsync(http), http.Request.ContentType) ?? [];
        var access = api.Access;
        await ResponseWriter.JsonAsync(http, 201, route.Plural == "tokenreviews"
            ? TokenRequests.Review(access.Authenticator, access.Tokens, api, review)
            : AccessReviews.Answer(route.Plural, route.Namespace, review, RequestTrail.Of(http)!.User, access.Authorizer));
    }

    private JsonObject Paths()
    {
        var paths = new List<string> { "/api", "/api/v1", "/apis" };
        foreach (var (group, versions) in api.Catalog.Groups.Where(g => g.Group.Length > 0))
        {
            paths.Add($"/apis/{group}");
            paths.AddRange(versions.Select(v => $"/apis/{group}/{v}"));
        }
        paths.AddRange(["/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]);
        return new JsonObject { ["paths"] = new JsonArray([.. paths.Select(p => (JsonNode)p)]) };
    }

    /// <summary>The version whose behaviour the Lab is held against. The build metadata says what it is.</summary>
    private static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "36",
        ["emulationMajor"] = "1",
        ["emulationMinor"] = "36",
        ["minCompatibilityMajor"] = "1",
        ["minCompatibilityMinor"] = "35",
        ["gitVersion"] = "v1.36.2+nemotron-lab",
        ["gitCommit"] = "",
        ["gitTreeState"] = "",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = "dotnet",
        ["platform"] = "linux/amd64",
    };
}
