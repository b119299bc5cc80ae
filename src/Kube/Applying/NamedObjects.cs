using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Autorest;

namespace Nemotron.Kube;

internal sealed class NamedObjects(KubeApi api, OperatorSettings settings) : INamedObjects
{
    /// <summary>Kinds that were found. One that is not is looked for again each time: it may be installed meanwhile.</summary>
    private readonly ConcurrentDictionary<(string ApiVersion, string Kind), Resource> known = new();

    public async Task<ScaleReading> ReadScaleAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        var path = await ScalePathAsync(reference, cancellationToken);
        try
        {
            var (scale, _) = await api.SendAsync<JsonObject>(HttpMethod.Get, path, default, null, cancellationToken);
            // Zero is left out by the server's types.
            return new ScaleReading(
                (int?)scale["spec"]?["replicas"] ?? 0, (int?)scale["status"]?["replicas"] ?? 0, (string?)scale["metadata"]?["resourceVersion"] ?? "");
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            Forget(reference, e);
            throw new NamedObjectException($"There is no {reference}.", kindMissing: false);
        }
    }

    public async Task<PatchOutcome> PatchScaleAsync(ObjectReference reference, int replicas, ScaleReading read, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = read.ResourceVersion },
            ["spec"] = new JsonObject { ["replicas"] = replicas },
        };
        return await PatchAsync(reference, await ScalePathAsync(reference, cancellationToken), patch, cancellationToken);
    }

    public async Task<PatchOutcome> MergePatchAsync(ObjectReference reference, JsonObject patch, CancellationToken cancellationToken) =>
        await PatchAsync(reference, Path(reference, await FindAsync(reference, cancellationToken)), patch, cancellationToken);

    private async Task<PatchOutcome> PatchAsync(ObjectReference reference, string path, JsonObject patch, CancellationToken cancellationToken)
    {
        try
        {
            var query = new QueryText(path).Add("fieldManager", settings.EffectiveFieldManager).ToString();
            await api.SendAsync<JsonElement>(HttpMethod.Patch, query, JsonSerializer.SerializeToUtf8Bytes(patch), KubeApi.MergePatch, cancellationToken);
            return PatchOutcome.Patched;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            return PatchOutcome.Conflict;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            Forget(reference, e);
            return PatchOutcome.Gone;
        }
    }

    private async Task<string> ScalePathAsync(ObjectReference reference, CancellationToken cancellationToken)
    {
        var resource = await FindAsync(reference, cancellationToken, scaled: true);
        return resource.HasScale
            ? $"{Path(reference, resource)}/scale"
            : throw new NamedObjectException($"{reference.Kind} of {reference.ApiVersion} has no scale subresource: its replicas cannot be set through one.", kindMissing: false);
    }

    private async Task<Resource> FindAsync(ObjectReference reference, CancellationToken cancellationToken, bool scaled = false)
    {
        // One without a scale subresource may get one with the next version of its CRD.
        if (known.TryGetValue((reference.ApiVersion, reference.Kind), out var found) && (found.HasScale || !scaled)) return found;
        JsonObject list;
        try
        {
            (list, _) = await api.SendAsync<JsonObject>(HttpMethod.Get, Root(reference), default, null, cancellationToken);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            throw Missing(reference);
        }

        var resources = (list["resources"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var named = resources.FirstOrDefault(resource => (string?)resource["kind"] == reference.Kind && (string?)resource["name"] is { } name && !name.Contains('/', StringComparison.Ordinal))
            ?? throw Missing(reference);
        var plural = (string)named["name"]!;
        var resourceFound = new Resource(plural, (bool?)named["namespaced"] == true, resources.Any(resource => (string?)resource["name"] == $"{plural}/scale"));
        return known[(reference.ApiVersion, reference.Kind)] = resourceFound;
    }

    private void Forget(ObjectReference reference, HttpOperationException error)
    {
        // The kind may have been removed, or have changed its scope.
        if (!ApiErrors.NamesAnObject(error)) known.TryRemove((reference.ApiVersion, reference.Kind), out _);
    }

    private static NamedObjectException Missing(ObjectReference reference) =>
        new($"The API server knows no kind {reference.Kind} in {reference.ApiVersion}: its CRD is not installed, or the version is not served.", kindMissing: true);

    private static string Root(ObjectReference reference) => reference.Group.Length == 0 ? $"api/{reference.ApiVersion}" : $"apis/{reference.ApiVersion}";

    private static string Path(ObjectReference reference, Resource resource)
    {
        if (resource.Namespaced == reference.Namespace is null)
            throw new NamedObjectException($"{reference.Kind} of {reference.ApiVersion} {(resource.Namespaced ? "lives in a namespace, and none is named" : "is an object of the cluster, and a namespace is named")}.", kindMissing: false);
        var ns = reference.Namespace is { } name ? $"/namespaces/{Uri.EscapeDataString(name)}" : "";
        return $"{Root(reference)}{ns}/{resource.Plural}/{Uri.EscapeDataString(reference.Name)}";
    }

    private sealed record Resource(string Plural, bool Namespaced, bool HasScale);
}
