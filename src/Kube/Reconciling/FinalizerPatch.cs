using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>
/// Adds and removes finalizers by JSON patch. The patch tests what it relies on (the uid and the list of finalizers as known, or the version where there is
/// no list yet), so that a change made by others meanwhile makes it fail instead of being lost; then it is tried again on the object as it is.
/// </summary>
internal sealed class FinalizerPatch(KubeApi api, OperatorSettings settings, PendingWrites pending)
{
    private const int Attempts = 4;

    /// <summary>Makes sure that the entity has these finalizers; the entity as it is then, or null when it is gone.</summary>
    internal Task<T?> AddAsync<T>(T entity, IReadOnlyList<string> identifiers, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ChangeAsync(entity, existing => [.. existing, .. identifiers.Except(existing)], cancellationToken);

    /// <summary>Makes sure that the entity does not have this finalizer; the entity as it is then, or null when it is gone.</summary>
    internal Task<T?> RemoveAsync<T>(T entity, string identifier, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        ChangeAsync(entity, existing => [.. existing.Where(f => f != identifier)], cancellationToken);

    private async Task<T?> ChangeAsync<T>(T entity, Func<IReadOnlyList<string>, string[]> change, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var key = NamespacedName.Of(entity);
        var current = entity;
        for (var attempt = 1; ; attempt++)
        {
            IReadOnlyList<string> existing = [.. current.Metadata.Finalizers ?? []];
            var wanted = change(existing);
            if (wanted.SequenceEqual(existing))
            {
                return current;
            }

            try
            {
                var path = new QueryText(ResourceType.Of<T>().ObjectPath(key)).Add("fieldManager", settings.EffectiveFieldManager).ToString();
                var (patched, _) = await api.SendAsync<T>(
                    HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(Operations(current, existing, wanted)), KubeApi.JsonPatch, cancellationToken);
                pending.Wrote(patched.Metadata.Uid, typeof(T), key, patched.Metadata.ResourceVersion);
                return patched;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
            {
                return Gone(entity, key);
            }
            catch (HttpOperationException e) when (
                attempt < Attempts && e.Response.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.Conflict)
            {
                // The test failed: what we know is out of date.
                if (await api.GetAsync<T>(key, cancellationToken) is not { } live || live.Metadata.Uid != entity.Metadata.Uid)
                {
                    return Gone(entity, key);
                }

                current = live;
            }
        }
    }

    /// <summary>The cache still has it: whoever went on would make children for nobody.</summary>
    private T? Gone<T>(T entity, NamespacedName key)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        pending.Deleted(entity.Metadata.Uid, typeof(T), key, entity.Metadata.Uid);
        return null;
    }

    internal static JsonArray Operations(IKubernetesObject<V1ObjectMeta> current, IReadOnlyList<string> existing, string[] wanted)
    {
        var operations = new JsonArray { Operation("test", "/metadata/uid", current.Metadata.Uid) };
        var list = new JsonArray([.. wanted.Select(f => (JsonNode)f)]);
        if (existing.Count == 0)
        {
            // An absent list cannot be tested for; the version stands in for it.
            operations.Add(Operation("test", "/metadata/resourceVersion", current.Metadata.ResourceVersion));
            operations.Add(Operation("add", "/metadata/finalizers", list));
        }
        else
        {
            operations.Add(Operation("test", "/metadata/finalizers", new JsonArray([.. existing.Select(f => (JsonNode)f)])));
            operations.Add(Operation("replace", "/metadata/finalizers", list));
        }

        return operations;
    }

    private static JsonObject Operation(string op, string path, JsonNode? value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
