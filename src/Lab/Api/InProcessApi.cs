using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>The API for the Lab's own controllers and kubelets: the same operations as over HTTP, without the wire.</summary>
internal sealed class InProcessApi(ApiContext api) : IApi
{
    private const int WatchBatch = 256;

    public IReadOnlyList<(Gvr Resource, string Kind, bool Namespaced)> Resources =>
        [.. api.Catalog.All.Select(r => (r.Gvr, r.Kind, r.Namespaced))];

    public JsonObject Create(Gvr resource, string? ns, JsonObject obj, string fieldManager)
    {
        var request = Request(resource, ns, obj.Name(), fieldManager, null);
        var served = request.Resource;
        obj["apiVersion"] ??= served.ApiVersion;
        obj["kind"] ??= served.Kind;
        return Result(Creation.CreateAsync(api, request with { Name = "" }, ObjectDecoding.Decode(obj, request, [])));
    }

    public JsonObject? Get(Gvr resource, string? ns, string name)
    {
        var served = Served(resource);
        return served.Table.Current.Find(served.Namespaced ? ns : null, name) is { } stored ? served.Show(stored) : null;
    }

    public (IReadOnlyList<JsonObject> Items, long ResourceVersion) List(Gvr resource, string? ns = null, string? labelSelector = null)
    {
        var served = Served(resource);
        var labels = LabelSelector.Parse(labelSelector);
        var (snapshot, revision) = api.Store.Read(served.Table);
        return ([.. snapshot.Objects(ns).Where(o => labels.Matches(o.Tree)).Select(served.Show)], revision);
    }

    public JsonObject Update(Gvr resource, string? ns, string name, JsonObject obj, string fieldManager, string? subresource = null)
    {
        var request = Request(resource, ns, name, fieldManager, subresource);
        bool retry = obj.ResourceVersion() is null;
        if (subresource == "scale") return Scale(request, scale => obj, retry);
        obj = ObjectDecoding.Decode(obj, request, []);
        return Result(Updating.UpdateAsync(api, request, Replaced, retry, recordManager: subresource != "binding"));

        JsonObject Replaced(JsonObject live)
        {
            Updating.EnsureSameObject(request, obj, live);
            return (JsonObject)obj.DeepClone();
        }
    }

    public JsonObject MergePatch(Gvr resource, string? ns, string name, JsonObject patch, string fieldManager, string? subresource = null)
    {
        var request = Request(resource, ns, name, fieldManager, subresource);
        if (subresource == "scale") return Scale(request, scale => (JsonObject)Patching.MergePatch.Apply(scale, patch.DeepClone())!, retry: true);
        return Result(Updating.UpdateAsync(api, request,
            live => ObjectDecoding.DecodePatched((JsonObject)Patching.MergePatch.Apply(live, patch.DeepClone())!, request, []), retry: true));
    }

    public void Delete(Gvr resource, string? ns, string name, string propagation = "Background", long? gracePeriodSeconds = null, string? uid = null)
    {
        var request = Request(resource, ns, name, "", null);
        try
        {
            Result(Deletion.DeleteAsync(api, request, new DeleteOptions { Propagation = propagation, GracePeriodSeconds = gracePeriodSeconds, Uid = uid }));
        }
        catch (ApiException absent) when (absent.Code == 404)
        {
        }
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(Gvr resource, string? ns, long resourceVersion, [EnumeratorCancellation] CancellationToken cancel)
    {
        var served = Served(resource);
        var filter = new WatchFilter(served, ns, new ListOptions());
        bool intact = served.Table.TrySeek(resourceVersion, out long position, out long lost);
        var batch = new StoreEvent[WatchBatch];
        while (intact)
        {
            cancel.ThrowIfCancellationRequested();
            intact = served.Table.TryRead(position, batch, out int read, out var wait);
            if (!intact) break;
            if (read == 0) await wait.WaitAsync(cancel);
            position += read;
            for (int i = 0; i < read; i++)
            {
                if (filter.See(batch[i]) is { } seen) yield return new WatchEvent(seen.Type, filter.Show(seen));
            }
        }
        yield return new WatchEvent("ERROR", ApiErrors.Expired(
            $"too old resource version: {resourceVersion.ToString(CultureInfo.InvariantCulture)} ({lost.ToString(CultureInfo.InvariantCulture)})").ToStatus());
    }

    private JsonObject Scale(WriteRequest request, Func<JsonObject, JsonObject> change, bool retry)
    {
        var served = request.Resource;
        if (served.Scale is null) throw ApiErrors.NotFound(served, request.Name);
        var updated = Result(Updating.UpdateAsync(api, request with { Subresource = "scale" },
            live => ScaleSubresource.Change(live, served, old => ScaleSubresource.Record(old, change(old), request, api.Now)), retry, recordManager: false));
        return ScaleSubresource.Show(updated, served);
    }

    private WriteRequest Request(Gvr resource, string? ns, string name, string fieldManager, string? subresource)
    {
        var served = Served(resource);
        return new WriteRequest
        {
            Resource = served,
            Namespace = served.Namespaced ? ns ?? throw ApiErrors.BadRequest($"{served.QualifiedPlural} live in a namespace") : null,
            Name = name,
            Subresource = subresource,
            FieldManager = fieldManager,
            Validation = FieldValidation.Ignore,
            UserAgent = fieldManager,
        };
    }

    private ServedResource Served(Gvr resource) =>
        api.Catalog.Find(resource) ?? throw new ApiException(404, "NotFound", "the server could not find the requested resource");

    /// <summary>Operations finish at once unless a webhook is asked; then the caller waits for it.</summary>
    private static T Result<T>(ValueTask<T> operation) => operation.IsCompletedSuccessfully ? operation.Result : operation.AsTask().GetAwaiter().GetResult();
}
