using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Writes the status of entities, only when it says something new, in one request of only what changed (a JSON patch of <c>/status</c> that tests the uid).</summary>
public interface IStatusWriter
{
    /// <summary>Makes the entity's status what <paramref name="mutate"/> makes of a copy.</summary>
    /// <typeparam name="T">The entity's type.</typeparam>
    /// <param name="entity">The entity from the cache; not modified.</param>
    /// <param name="mutate">Changes the status of the copy it gets.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The entity as the API server has it now; <paramref name="entity"/> itself when nothing changed.</returns>
    Task<T> UpdateStatusAsync<T>(T entity, Action<T> mutate, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Makes the entity's status exactly <paramref name="status"/>; members that are null are removed.</summary>
    /// <typeparam name="T">The entity's type.</typeparam>
    /// <typeparam name="TStatus">The status' type.</typeparam>
    /// <param name="entity">The entity from the cache; not modified.</param>
    /// <param name="status">The whole status.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The entity as the API server has it now; <paramref name="entity"/> itself when nothing changed.</returns>
    Task<T> UpdateStatusAsync<T, TStatus>(T entity, TStatus status, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
        where TStatus : class;
}
