using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Brings changes of an entity to its own controller.</summary>
internal sealed class EntityChanges<TEntity>(ChangeSink sink, EventPredicate<TEntity> predicate, Action<TEntity> onDeleted) : IInformerHandler<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public void OnAdded(TEntity obj, bool initial)
    {
        if (Counts(null, obj))
        {
            sink.Changed(NamespacedName.Of(obj), initial);
        }
    }

    public void OnUpdated(TEntity before, TEntity after, bool initial)
    {
        if (Counts(before, after))
        {
            sink.Changed(NamespacedName.Of(after), initial);
        }
    }

    public void OnDeleted(TEntity obj)
    {
        // No predicate: a controller must always hear that its entity is gone.
        onDeleted(obj);
        sink.Changed(NamespacedName.Of(obj), initial: false);
    }

    private bool Counts(TEntity? before, TEntity after)
    {
        try
        {
            return predicate(before, after);
        }
#pragma warning disable CA1031 // A predicate that fails must not end the informer; reconciling once too often is harmless.
        catch (Exception e)
#pragma warning restore CA1031
        {
            sink.MappingFailed(typeof(TEntity).Name, e);
            return true;
        }
    }
}

/// <summary>Brings changes of another type to the controller, by a function that names the entities concerned, before and after.</summary>
internal sealed class MappedChanges<TWatched>(
    ChangeSink sink, Func<TWatched, IInformerCaches, IEnumerable<NamespacedName>> map, EventPredicate<TWatched>? predicate, TimeSpan within) : IInformerHandler<TWatched>
    where TWatched : class, IKubernetesObject<V1ObjectMeta>
{
    public void OnAdded(TWatched obj, bool initial) => Changed(null, obj, initial);

    public void OnUpdated(TWatched before, TWatched after, bool initial) => Changed(before, after, initial);

    public void OnDeleted(TWatched obj) => Changed(obj, null, initial: false);

    private void Changed(TWatched? before, TWatched? after, bool initial)
    {
        if (!sink.Listens)
        {
            return;
        }

        try
        {
            if (predicate is not null && !predicate(before, after))
            {
                return;
            }

            foreach (var obj in new[] { before, after })
            {
                if (obj is null)
                {
                    continue;
                }

                // The queue makes one of what both name.
                foreach (var key in map(obj, sink.Caches))
                {
                    sink.Changed(key, initial, within);
                }
            }
        }
#pragma warning disable CA1031 // A mapping that fails must not end the informer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            sink.MappingFailed(typeof(TWatched).Name, e);
        }
    }
}

/// <summary>Names the entity that controls an object.</summary>
internal static class ControllerReference
{
    /// <summary>The key of the controlling entity of this type, or none.</summary>
    internal static IEnumerable<NamespacedName> To(ResourceType entity, IKubernetesObject<V1ObjectMeta> owned)
    {
        foreach (var reference in owned.Metadata.OwnerReferences ?? [])
        {
            if (reference.Controller == true && reference.Kind == entity.Kind && GroupOf(reference.ApiVersion) == entity.Group)
            {
                yield return new NamespacedName(entity.ClusterScoped ? null : owned.Metadata.NamespaceProperty, reference.Name);
            }
        }
    }

    private static string GroupOf(string? apiVersion) =>
        apiVersion?.IndexOf('/', StringComparison.Ordinal) is { } slash and > 0 ? apiVersion[..slash] : "";
}
