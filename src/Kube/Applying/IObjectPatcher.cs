using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>What became of a patch.</summary>
public enum PatchOutcome
{
    /// <summary>Done.</summary>
    Patched,

    /// <summary>The object has changed since the patch was made.</summary>
    Conflict,

    /// <summary>There is no such object.</summary>
    Gone,
}

/// <summary>Changes objects of others in place, where a server-side apply would claim too much: such as one entry of a list with many writers.</summary>
public interface IObjectPatcher
{
    /// <summary>
    /// Sends a merge patch (RFC 7386). The entity that is being reconciled is not reconciled again before the cache has seen the write. A
    /// <c>metadata.resourceVersion</c> within the patch makes it fail when the object has changed since.
    /// </summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="key">The object.</param>
    /// <param name="patch">What changes.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<PatchOutcome> MergePatchAsync<T>(NamespacedName key, JsonObject patch, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>;
}

internal sealed class ObjectPatcher(KubeApi api, PendingWrites pending, OperatorSettings settings) : IObjectPatcher
{
    public async Task<PatchOutcome> MergePatchAsync<T>(NamespacedName key, JsonObject patch, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var path = new QueryText(ResourceType.Of<T>().ObjectPath(key)).Add("fieldManager", settings.EffectiveFieldManager).ToString();
        try
        {
            var (written, _) = await api.SendAsync<T>(HttpMethod.Patch, path, JsonSerializer.SerializeToUtf8Bytes(patch), KubeApi.MergePatch, cancellationToken);
            if (ReconcileContext.EntityUid is { } uid)
            {
                pending.Wrote(uid, typeof(T), key, written.Metadata.ResourceVersion);
            }

            return PatchOutcome.Patched;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            return PatchOutcome.Conflict;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound && ApiErrors.NamesAnObject(e))
        {
            return PatchOutcome.Gone;
        }
    }
}
