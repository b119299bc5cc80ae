using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Api;

/// <summary>One request on one resource: which operation the method and path mean, and the answer's form.</summary>
internal sealed class ResourceHandler(ApiContext api, LabServerOptions options, FaultInjection faults, CancellationToken stopping)
{
    private readonly PodLog logs = new(api, options.Logs, stopping);

    public async Task HandleAsync(HttpContext http, ServedResource resource, RequestRoute route)
    {
        EnsureSubresource(resource, route);
        string method = http.Request.Method;
        bool collection = route.Name.Length == 0;
        var shape = MediaTypes.Negotiate(http.Request.Headers.Accept);
        switch (method)
        {
            case "GET" when collection: await ListOrWatchAsync(http, resource, route, shape); return;
            case "GET": await GetAsync(http, resource, route, shape); return;
            case "POST" when collection: await CreateAsync(http, resource, route, shape); return;
            case "POST" when route.Subresource is "binding" or "eviction": await PodAsync(http, resource, route); return;
            case "POST" when route.Subresource is "token": await TokenAsync(http, resource, route); return;
            case "PUT" when collection: throw ApiErrors.BadRequest("name must be provided");
            case "PUT": await ReplaceAsync(http, resource, route, shape); return;
            case "PATCH" when !collection: await PatchAsync(http, resource, route, shape); return;
            case "DELETE" when collection: await DeleteCollectionAsync(http, resource, route, shape); return;
            case "DELETE" when route.Subresource.Length == 0: await DeleteAsync(http, resource, route, shape); return;
            default: throw ApiErrors.MethodNotAllowed("the server does not allow this method on the requested resource", new JsonObject());
        }
    }

    private async Task ListOrWatchAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        var list = ListOptions.Read(http.Request.Query, resource);
        if (list.Watch)
        {
            _ = list.Revision;
            await new WatchStream(api, resource, route.Namespace, list, shape, faults, options.BookmarkInterval).RunAsync(http, stopping);
            return;
        }
        await ResponseWriter.ListAsync(http, resource, Listing.List(api, resource, route.Namespace, list), shape, api.Now);
    }

    private async Task GetAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        // A watch of one object is a watch of the collection with a name, in the older form of the API.
        if (ListOptions.Flag(http.Request.Query["watch"]))
        {
            await ListOrWatchAsync(http, resource, route with { Name = "" }, shape);
            return;
        }
        var stored = resource.Table.Current.Find(resource.Namespaced ? route.Namespace : null, route.Name) ?? throw ApiErrors.NotFound(resource, route.Name);
        var obj = resource.Show(stored);
        if (route.Subresource == "scale")
        {
            await ResponseWriter.JsonAsync(http, 200, ScaleSubresource.Show(obj, resource));
            return;
        }
        if (route.Subresource == "log")
        {
            await logs.WriteAsync(http, obj);
            return;
        }
        await ResponseWriter.ObjectAsync(http, 200, resource, obj, shape, api.Now);
    }

    private async Task CreateAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        if (resource.Namespaced && route.Namespace is null) throw ApiErrors.MethodNotAllowed("the server does not allow this method on the requested resource", new JsonObject());
        var request = WriteOptions.Read(http, resource, route, "CreateOptions");
        try
        {
            var (body, duplicates) = RequestBody.ParseObject(await RequestBody.ReadAsync(http), http.Request.ContentType, resource, resource.Kind);
            var created = await Creation.CreateAsync(api, request, ObjectDecoding.Decode(body, request, duplicates));
            AddWarnings(http, request);
            await ResponseWriter.ObjectAsync(http, 201, resource, created, shape, api.Now);
        }
        catch (ApiException)
        {
            AddWarnings(http, request);
            throw;
        }
    }

    private async Task ReplaceAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        var request = WriteOptions.Read(http, resource, route, "UpdateOptions");
        byte[] bytes = await RequestBody.ReadAsync(http);
        if (route.Subresource == "scale")
        {
            var scale = RequestBody.ParseOptional(bytes, http.Request.ContentType) ?? [];
            var scaled = await Updating.UpdateAsync(api, request,
                live => ScaleSubresource.Change(live, resource, old => ScaleSubresource.Record(old, scale, request, api.Now)),
                retry: scale.ResourceVersion() is null, recordManager: false);
            await ResponseWriter.JsonAsync(http, 200, ScaleSubresource.Show(scaled, resource));
            return;
        }
        var (body, duplicates) = RequestBody.ParseObject(bytes, http.Request.ContentType, resource, resource.Kind);
        var obj = ObjectDecoding.Decode(body, request, duplicates);
        if (obj.Name() != route.Name) throw PatchRequest.NameDiffers(obj.Name(), route.Name);
        if (resource.Namespaced && obj.Namespace() is { } ns && ns != route.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        bool versioned = obj.ResourceVersion() is not (null or "0");
        bool exists = resource.Table.Current.Find(request.Namespace, route.Name) is not null;
        if (!exists) throw ApiErrors.NotFound(resource, route.Name);
        if (!versioned && !resource.AllowsUnconditionalUpdate)
        {
            throw ApiErrors.Invalid(resource.Gvr.Group, resource.Gvr.Plural, route.Name,
                [new("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update")]);
        }
        var updated = await Updating.UpdateAsync(api, request, live => Replaced(request, obj, live), retry: !versioned);
        AddWarnings(http, request);
        await ResponseWriter.ObjectAsync(http, 200, resource, updated, shape, api.Now);
    }

    /// <summary>A PUT without <c>managedFields</c> keeps those there are; only an explicit empty list resets them.</summary>
    private static JsonObject Replaced(WriteRequest request, JsonObject body, JsonObject live)
    {
        Updating.EnsureSameObject(request, body, live);
        var obj = (JsonObject)body.DeepClone();
        if (!obj.Metadata().ContainsKey("managedFields") && live["metadata"]?["managedFields"] is { } managed) obj.Metadata()["managedFields"] = managed.DeepClone();
        return obj;
    }

    private async Task PatchAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        var kind = PatchRequest.KindOf(http.Request.ContentType, resource);
        var request = WriteOptions.Read(http, resource, route, "PatchOptions", apply: kind == PatchKind.Apply);
        bool force = ListOptions.Flag(http.Request.Query["force"]);
        var (obj, created) = await PatchRequest.PatchAsync(api, request, kind, await RequestBody.ReadAsync(http), force);
        AddWarnings(http, request);
        if (route.Subresource == "scale") await ResponseWriter.JsonAsync(http, 200, obj);
        else await ResponseWriter.ObjectAsync(http, created ? 201 : 200, resource, obj, shape, api.Now);
    }

    private async Task DeleteAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        var request = WriteOptions.Read(http, resource, route, "DeleteOptions");
        var options = await ReadDeleteOptionsAsync(http, request);
        var (obj, gone) = await Deletion.DeleteAsync(api, request, options);
        AddWarnings(http, request);
        if (gone && !ReturnsDeleted(resource))
        {
            var details = ApiErrors.Details(route.Name, resource.Gvr.Group, resource.Gvr.Plural);
            details["uid"] = obj.Uid();
            await ResponseWriter.JsonAsync(http, 200, new JsonObject
            {
                ["kind"] = "Status",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject(),
                ["status"] = "Success",
                ["details"] = details,
            });
            return;
        }
        await ResponseWriter.ObjectAsync(http, 200, resource, obj, shape, api.Now);
    }

    private async Task DeleteCollectionAsync(HttpContext http, ServedResource resource, RequestRoute route, Negotiated shape)
    {
        var request = WriteOptions.Read(http, resource, route, "DeleteOptions");
        var list = ListOptions.Read(http.Request.Query, resource);
        var options = await ReadDeleteOptionsAsync(http, request);
        var page = Listing.List(api, resource, route.Namespace, list);
        foreach (var stored in page.Items)
        {
            try
            {
                await Deletion.DeleteAsync(api, request with { Namespace = stored.Namespace, Name = stored.Name }, options);
            }
            catch (ApiException vanished) when (vanished.Code == 404)
            {
            }
        }
        await ResponseWriter.ListAsync(http, resource, page, shape, api.Now);
    }

    private async Task PodAsync(HttpContext http, ServedResource resource, RequestRoute route)
    {
        var request = WriteOptions.Read(http, resource, route, "CreateOptions");
        var body = RequestBody.ParseOptional(await RequestBody.ReadAsync(http), http.Request.ContentType) ?? [];
        if (route.Subresource == "binding") await PodSubresources.BindAsync(api, request, body);
        else await PodSubresources.EvictAsync(api, request, body);
        await ResponseWriter.JsonAsync(http, 201, PodSubresources.Success());
    }

    private async Task TokenAsync(HttpContext http, ServedResource resource, RequestRoute route)
    {
        var body = RequestBody.ParseOptional(await RequestBody.ReadAsync(http), http.Request.ContentType) ?? [];
        await ResponseWriter.JsonAsync(http, 201, Access.TokenRequests.Answer(api, api.Access.Tokens, resource, route.Namespace ?? "", route.Name, body));
    }

    private static async ValueTask<DeleteOptions> ReadDeleteOptionsAsync(HttpContext http, WriteRequest request)
    {
        var query = http.Request.Query;
        var body = RequestBody.ParseOptional(await RequestBody.ReadAsync(http), http.Request.ContentType);
        string propagation = query["propagationPolicy"].ToString();
        long? grace = long.TryParse(query["gracePeriodSeconds"], out long seconds) ? seconds : null;
        return DeleteOptions.Read(body, propagation.Length == 0 ? null : propagation, grace, request.DryRun);
    }

    private static void EnsureSubresource(ServedResource resource, RequestRoute route)
    {
        bool known = route.Subresource switch
        {
            "" => true,
            "status" => resource.HasStatus,
            "scale" => resource.Scale is not null,
            "binding" or "eviction" or "log" => resource is { Custom: false, Gvr: { Group: "", Plural: "pods" } },
            "token" => resource is { Custom: false, Gvr: { Group: "", Plural: "serviceaccounts" } },
            "finalize" => resource is { Custom: false, Gvr: { Group: "", Plural: "namespaces" } },
            _ => false,
        };
        if (!known) throw new ApiException(404, "NotFound", "the server could not find the requested resource", new JsonObject());
    }

    private static bool ReturnsDeleted(ServedResource resource) =>
        !resource.Custom && resource.Gvr is { Group: "", Plural: "pods" or "services" or "serviceaccounts" or "persistentvolumeclaims" or "persistentvolumes" };

    private static void AddWarnings(HttpContext http, WriteRequest request)
    {
        foreach (string warning in request.Warnings.Distinct(StringComparer.Ordinal))
        {
            string quoted = warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            http.Response.Headers.Append("Warning", $"299 - \"{quoted}\"");
        }
        request.Warnings.Clear();
    }
}
