using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>
/// Brings the world in line with one kind of entity. The name and shape are KubeOps'; what happens around a call is
/// controller-runtime's: one call at a time per object, the entity comes from the shared cache, a thrown exception is
/// retried with capped backoff without end (unless it is a <see cref="TerminalException"/>).
/// </summary>
/// <typeparam name="TEntity">The entity's type.</typeparam>
public interface IEntityController<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>
    /// Called when the entity, or anything mapped to it, may have changed, and never while it is being deleted.
    /// The entity is shared with all readers of the cache: do not modify it.
    /// </summary>
    /// <param name="entity">The entity as the cache knows it, at least as new as this process's own writes.</param>
    /// <param name="cancellationToken">Cancelled when the reconcile times out or the process must stop.</param>
    /// <returns>Whether it went well, and when to look again.</returns>
    Task<ReconciliationResult<TEntity>> ReconcileAsync(TEntity entity, CancellationToken cancellationToken);

    /// <summary>
    /// Called once the entity is gone from the API server, also when the deletion itself was missed (found by comparing a new list with the cache).
    /// Deletions that happened while no operator ran are not seen: use a finalizer for what must not be left behind.
    /// </summary>
    /// <param name="entity">The entity as it was last seen.</param>
    /// <param name="cancellationToken">Cancelled when the reconcile times out or the process must stop.</param>
    /// <returns>Whether it went well; a failure is retried.</returns>
    Task<ReconciliationResult<TEntity>> DeletedAsync(TEntity entity, CancellationToken cancellationToken);
}
