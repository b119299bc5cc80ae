using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

internal sealed class StatusWriter(KubeApi api, PendingWrites pending, OperatorSettings settings) : IStatusWriter
{
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
        if (MergePatch.Between(StatusOf(entity), desired) is not { } change)
        {
            return entity;
        }

        // The uid is a precondition: a new object of the same name must not get an old one's status.
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = entity.Metadata.Uid }, ["status"] = change };
        var key = NamespacedName.Of(entity);
        var path = new QueryText(ResourceType.Of<T>().ObjectPath(key, "status")).Add("fieldManager", settings.EffectiveFieldManager).ToString();
        try
        {
            var (written, _) = await api.SendAsync<T>(
                HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(patch), KubeApi.MergePatch, cancellationToken);
            pending.Wrote(written.Metadata.Uid, typeof(T), key, written.Metadata.ResourceVersion);
            return written;
        }
        catch (HttpOperationException e) when (
            (e.Response.StatusCode == HttpStatusCode.NotFound && ApiErrors.NamesAnObject(e)) || ApiErrors.IsAnotherObject(e))
        {
            // Deleted meanwhile, or made anew: its status interests nobody any more. Who does not know yet waits for the news.
            pending.Deleted(entity.Metadata.Uid, typeof(T), key, entity.Metadata.Uid);
            return entity;
        }
    }
}
