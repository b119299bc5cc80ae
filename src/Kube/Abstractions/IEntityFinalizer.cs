using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Cleans up after an entity that is being deleted. The entity stays until every finalizer has succeeded.</summary>
/// <typeparam name="TEntity">The entity's type.</typeparam>
public interface IEntityFinalizer<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Cleans up. On success the finalizer's id is removed from the entity; a failure or an exception is retried.</summary>
    /// <param name="entity">The entity, its <c>deletionTimestamp</c> set. Shared with the cache: do not modify it.</param>
    /// <param name="cancellationToken">Cancelled when the reconcile times out or the process must stop.</param>
    /// <returns>Whether the clean-up is complete.</returns>
    Task<ReconciliationResult<TEntity>> FinalizeAsync(TEntity entity, CancellationToken cancellationToken);
}
