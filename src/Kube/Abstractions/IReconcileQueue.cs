using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Asks for reconciles from outside a controller, such as from a loop that measures. Injected; the counterpart of KubeOps' <c>EntityQueue</c>.</summary>
/// <typeparam name="TEntity">The controllers' entity.</typeparam>
public interface IReconcileQueue<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>All controllers of this entity type reconcile the object; one that is asked for already is not asked for twice.</summary>
    /// <param name="key">The object. Unknown ones are no error.</param>
    /// <param name="after">How long to wait at most before it. The default is not at all.</param>
    void Enqueue(NamespacedName key, TimeSpan after = default);
}

/// <summary>The queues of the controllers of one entity type.</summary>
internal sealed class ReconcileQueue<TEntity> : IReconcileQueue<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock gate = new();
    private readonly List<WorkQueue<NamespacedName>> queues = [];

    public void Enqueue(NamespacedName key, TimeSpan after = default)
    {
        lock (gate)
        {
            foreach (var queue in queues)
            {
                queue.Add(key, after: after);
            }
        }
    }

    internal void Attach(WorkQueue<NamespacedName> queue)
    {
        lock (gate)
        {
            queues.Add(queue);
        }
    }
}

/// <summary>What is injected for <see cref="IReconcileQueue{TEntity}"/>: the one that controllers attach to.</summary>
internal sealed class InjectedReconcileQueue<TEntity>(ReconcileQueue<TEntity> queue) : IReconcileQueue<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public void Enqueue(NamespacedName key, TimeSpan after = default) => queue.Enqueue(key, after);
}
