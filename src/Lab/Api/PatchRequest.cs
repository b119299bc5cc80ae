using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Api;

/// <summary>The four ways to patch.</summary>
internal enum PatchKind { Json, Merge, Strategic, Apply }

/// <summary>A patch from its bytes to the changed object.</summary>
internal static class PatchRequest
{
    private const string CustomTypes = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
    private const string BuiltinTypes = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml";

    /// <exception cref="ApiException">415 for a type the resource does not take.</exception>
    public static PatchKind KindOf(string? contentType, ServedResource resource) => MediaTypes.Bare(contentType) switch
    {
        "application/json-patch+json" => PatchKind.Json,
        "application/merge-patch+json" => PatchKind.Merge,
        "application/strategic-merge-patch+json" when !resource.Custom => PatchKind.Strategic,
        "application/apply-patch+yaml" => PatchKind.Apply,
        _ => throw ApiErrors.UnsupportedMediaType(resource.Custom ? CustomTypes : BuiltinTypes),
    };

    /// <summary>Patches an object (or its scale), whichever of its subresources is asked for.</summary>
    public static async ValueTask<(JsonObject Object, bool Created)> PatchAsync(ApiContext api, WriteRequest request, PatchKind kind, byte[] body, bool force)
    {
        if (kind == PatchKind.Apply) return await ApplyAsync(api, request, body, force);
        var patch = RequestBody.ParsePatch(body, yaml: false);
        if (kind == PatchKind.Json && patch is not JsonArray)
            throw ApiErrors.BadRequest("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp");
        if (kind is PatchKind.Merge or PatchKind.Strategic && patch is not JsonObject)
            throw ApiErrors.BadRequest("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}");
        bool scale = request.Subresource == "scale";
        var updated = await Updating.UpdateAsync(api, request, live => scale ? Scaled(live) : Patched(live), retry: true, recordManager: !scale);
        return (scale ? ScaleSubresource.Show(updated, request.Resource) : updated, false);

        JsonObject Patched(JsonObject live) => ObjectDecoding.DecodePatched(Changed(live, kind, patch, request.Resource), request, []);

        JsonObject Scaled(JsonObject live) => ScaleSubresource.Change(live, request.Resource, old => ScaleSubresource.Record(
            old, Changed(old, kind == PatchKind.Strategic ? PatchKind.Merge : kind, patch, request.Resource), request, api.Now));
    }

    private static JsonObject Changed(JsonObject live, PatchKind kind, JsonNode patch, ServedResource resource)
    {
        var changed = kind switch
        {
            PatchKind.Json => JsonPatch.Apply(live, (JsonArray)patch.DeepClone()),
            PatchKind.Merge => MergePatch.Apply(live, patch.DeepClone()),
            _ => StrategicMergePatch.Apply(live, (JsonObject)patch.DeepClone(), resource.Schema),
        };
        return changed as JsonObject ?? throw ApiErrors.BadRequest("the patch leaves no object");
    }

    private static async ValueTask<(JsonObject Object, bool Created)> ApplyAsync(ApiContext api, WriteRequest request, byte[] body, bool force)
    {
        var resource = request.Resource;
        var applied = RequestBody.ParsePatch(body, yaml: true) as JsonObject ?? throw ApiErrors.BadRequest("error decoding YAML: the patch is no object");
        EnsureApplicable(applied, request);
        if (request.Subresource == "scale") return (await ApplyScaleAsync(api, request, applied, force), false);
        while (true)
        {
            if (resource.Table.Current.Find(request.Namespace, request.Name) is null)
            {
                if (request.Subresource is not null) throw ApiErrors.NotFound(resource, request.Name);
                api.Access.EnsureMayCreate(request);
                var created = Merge(null);
                try
                {
                    return (await Creation.CreateAsync(api, request with { Name = "" }, ObjectDecoding.DecodePatched(created, request, []), recordManager: false), true);
                }
                catch (ApiException raced) when (raced is { Code: 409, Reason: "AlreadyExists" })
                {
                    continue;
                }
            }
            try
            {
                var updated = await Updating.UpdateAsync(api, request, live => ObjectDecoding.DecodePatched(Merge(live), request, []), retry: true, recordManager: false);
                return (updated, false);
            }
            catch (ApiException vanished) when (vanished.Code == 404 && request.Subresource is null)
            {
            }
        }

        JsonObject Merge(JsonObject? live)
        {
            if (live is not null && applied.ResourceVersion() is { } rv && rv != live.ResourceVersion()) throw ApiErrors.Modified(resource, request.Name);
            return ServerSideApply.Apply(live, (JsonObject)applied.DeepClone(), resource.Schema, request.FieldManager, force, resource.ApiVersion, request.Subresource, api.Now, resource.ResetFields(request.Subresource));
        }
    }

    private static async ValueTask<JsonObject> ApplyScaleAsync(ApiContext api, WriteRequest request, JsonObject applied, bool force)
    {
        var updated = await Updating.UpdateAsync(
            api,
            request,
            live => ScaleSubresource.Change(live, request.Resource, old => ServerSideApply.Apply(
                old, (JsonObject)applied.DeepClone(), BuiltinKinds.Scale, request.FieldManager, force, ScaleSubresource.ApiVersion, "scale", api.Now)),
            retry: true,
            recordManager: false);
        return ScaleSubresource.Show(updated, request.Resource);
    }

    private static void EnsureApplicable(JsonObject applied, WriteRequest request)
    {
        string apiVersion = applied["apiVersion"].Text() ?? "";
        string kind = applied["kind"].Text() ?? "";
        if (apiVersion.Length == 0 || kind.Length == 0)
        {
            string version = apiVersion.Length == 0 ? "/" : apiVersion;
            throw ApiErrors.BadRequest($"invalid object type: {version}, Kind={kind}");
        }
        if (applied["metadata"]?["managedFields"] is not null) throw ApiErrors.BadRequest("metadata.managedFields must be nil");
        string name = applied.Name();
        if (name.Length > 0 && name != request.Name) throw NameDiffers(name, request.Name);
        applied.Metadata()["name"] = request.Name;
        if (request.Resource.Namespaced && applied.Namespace() is { } ns && ns != request.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
    }

    public static ApiException NameDiffers(string inBody, string inPath) =>
        ApiErrors.BadRequest($"the name of the object ({inBody}) does not match the name on the URL ({inPath})");
}
