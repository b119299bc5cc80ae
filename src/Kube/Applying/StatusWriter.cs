using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

internal sealed class StatusWriter(KubeApi api, PendingWrites pending, OperatorSettings settings) : IStatusWriter
{
    private const int Attempts = 4;

    public Task<T> UpdateStatusAsync<T>(T entity, Action<T> mutate, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var copy = KubeJson.Clone(entity);
        mutate(copy);
        return WriteAsync(entity, StatusOf(copy), cancellationToken);
    }

    public Task<T> UpdateStatusAsync<T, TStatus>(T entity, TStatus status, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
        where TStatus : class => WriteAsync(entity, KubeJson.ToTree(status), cancellationToken);

    private static JsonObject? StatusOf<T>(T entity) => KubeJson.ToTree(entity)["status"] as JsonObject;

    private async Task<T> WriteAsync<T>(T entity, JsonObject? desired, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var known = StatusOf(entity);
        if (MergePatch.Between(known, desired) is not { } change)
        {
            return entity;
        }

        var key = NamespacedName.Of(entity);
        var path = new QueryText(ResourceType.Of<T>().ObjectPath(key, "status")).Add("fieldManager", settings.EffectiveFieldManager).ToString();
        var operations = StatusPatch.Operations(entity.Metadata.Uid, entity.Metadata.ResourceVersion, known, change);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (written, _) = await api.SendAsync<T>(
                    HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(operations), KubeApi.JsonPatch, cancellationToken);
                pending.Wrote(written.Metadata.Uid, typeof(T), key, written.Metadata.ResourceVersion);
                return written;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound && ApiErrors.NamesAnObject(e))
            {
                return Gone(entity, key);
            }
            catch (HttpOperationException e) when (attempt < Attempts && e.Response.StatusCode == HttpStatusCode.UnprocessableEntity)
            {
                // Another object, or another status than the cache has, or one that is invalid: only a look tells.
                if (await LookAsync(path, cancellationToken) is not { } live || (string?)live["metadata"]?["uid"] != entity.Metadata.Uid)
                {
                    return Gone(entity, key);
                }

                var anew = StatusPatch.Operations(entity.Metadata.Uid, (string?)live["metadata"]?["resourceVersion"], live["status"] as JsonObject, change);
                if (JsonNode.DeepEquals(anew, operations))
                {
                    throw;
                }

                operations = anew;
            }
        }
    }

    /// <summary>The object as the API server has it, or null when it is gone. An empty patch changes nothing, and needs no right but the one to write the status.</summary>
    private async Task<JsonObject?> LookAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await api.SendAsync<JsonObject>(HttpMethod.Patch, path, "{}"u8.ToArray(), KubeApi.MergePatch, cancellationToken)).Object;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound && ApiErrors.NamesAnObject(e))
        {
            return null;
        }
    }

    /// <summary>Deleted meanwhile, or made anew: its status interests nobody any more. Who does not know yet waits for the news.</summary>
    private T Gone<T>(T entity, NamespacedName key)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        pending.Deleted(entity.Metadata.Uid, typeof(T), key, entity.Metadata.Uid);
        return entity;
    }
}
