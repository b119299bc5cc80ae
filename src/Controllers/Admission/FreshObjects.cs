using System.Net;
using k8s;
using k8s.Autorest;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>
/// Asks the API server for what the caches do not have: kubectl applies the documents of a file one right after the other, and a model or pool that was created a moment ago must not be taken for missing.
/// </summary>
[EntityRbac(typeof(NemotronModel), typeof(GpuNodePool), Verbs = RbacVerb.Read)]
internal sealed class FreshObjects(IKubernetes client)
{
    /// <summary>A NemotronModel, or null.</summary>
    public Task<NemotronModel?> ModelAsync(string name, CancellationToken cancellationToken) => GetAsync<NemotronModel>(NemotronModel.Plural, name, cancellationToken);

    /// <summary>A GpuNodePool, or null.</summary>
    public Task<GpuNodePool?> PoolAsync(string name, CancellationToken cancellationToken) => GetAsync<GpuNodePool>(GpuNodePool.Plural, name, cancellationToken);

    /// <summary>All GpuNodePools.</summary>
    public async Task<IReadOnlyList<GpuNodePool>> PoolsAsync(CancellationToken cancellationToken) =>
        [.. (await client.CustomObjects.ListClusterCustomObjectAsync<GpuNodePoolList>(NemotronApi.Group, NemotronApi.Version, GpuNodePool.Plural, cancellationToken: cancellationToken)).Items];

    private async Task<T?> GetAsync<T>(string plural, string name, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await client.CustomObjects.GetClusterCustomObjectAsync<T>(NemotronApi.Group, NemotronApi.Version, plural, name, cancellationToken);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
