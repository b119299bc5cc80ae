using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Hears of every change of a cache, in order, after the cache has it. Must be quick and must not throw.</summary>
internal interface IInformerHandler<in T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <param name="obj">The new object.</param>
    /// <param name="initial">It came with a list, not as news: no hurry.</param>
    void OnAdded(T obj, bool initial);

    /// <param name="before">The object as it was.</param>
    /// <param name="after">The object as it is.</param>
    /// <param name="initial">It came with a list, not as news: no hurry.</param>
    void OnUpdated(T before, T after, bool initial);

    /// <param name="obj">The object as last seen.</param>
    void OnDeleted(T obj);
}
