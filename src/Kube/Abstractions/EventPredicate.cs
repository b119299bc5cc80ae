using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Whether a change counts.</summary>
/// <typeparam name="T">The object's type.</typeparam>
/// <param name="before">The object before the change; null when it is new.</param>
/// <param name="after">The object after the change; null when it is gone.</param>
public delegate bool EventPredicate<in T>(T? before, T? after)
    where T : class, IKubernetesObject<V1ObjectMeta>;

/// <summary>The usual predicates. New and vanished objects pass all of them.</summary>
public static class Predicates
{
    /// <summary>The spec changed (<c>metadata.generation</c>), or deletion began.</summary>
    public static bool GenerationChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        before is null || after is null
        || before.Metadata.Generation != after.Metadata.Generation
        || before.Metadata.DeletionTimestamp != after.Metadata.DeletionTimestamp;

    /// <summary>The object changed at all.</summary>
    public static bool ResourceVersionChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        before is null || after is null || before.Metadata.ResourceVersion != after.Metadata.ResourceVersion;

    /// <summary>A label changed.</summary>
    public static bool LabelsChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        before is null || after is null || !SameMap(before.Metadata.Labels, after.Metadata.Labels);

    /// <summary>An annotation changed.</summary>
    public static bool AnnotationsChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        before is null || after is null || !SameMap(before.Metadata.Annotations, after.Metadata.Annotations);

    /// <summary>A finalizer came or went.</summary>
    public static bool FinalizersChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        before is null || after is null
        || !(before.Metadata.Finalizers ?? []).SequenceEqual(after.Metadata.Finalizers ?? []);

    /// <summary>Spec or metadata changed, not the status alone: <see cref="ReconcileStrategy.ByGeneration"/>.</summary>
    public static bool SpecOrMetadataChanged(IKubernetesObject<V1ObjectMeta>? before, IKubernetesObject<V1ObjectMeta>? after) =>
        GenerationChanged(before, after) || LabelsChanged(before, after)
        || AnnotationsChanged(before, after) || FinalizersChanged(before, after);

    /// <summary>Both count it.</summary>
    public static EventPredicate<T> And<T>(this EventPredicate<T> first, EventPredicate<T> second)
        where T : class, IKubernetesObject<V1ObjectMeta> => (before, after) => first(before, after) && second(before, after);

    /// <summary>Either counts it.</summary>
    public static EventPredicate<T> Or<T>(this EventPredicate<T> first, EventPredicate<T> second)
        where T : class, IKubernetesObject<V1ObjectMeta> => (before, after) => first(before, after) || second(before, after);

    /// <summary>The opposite.</summary>
    public static EventPredicate<T> Not<T>(this EventPredicate<T> predicate)
        where T : class, IKubernetesObject<V1ObjectMeta> => (before, after) => !predicate(before, after);

    private static bool SameMap(IDictionary<string, string>? left, IDictionary<string, string>? right)
    {
        if ((left?.Count ?? 0) != (right?.Count ?? 0))
        {
            return false;
        }

        if (left is null || right is null)
        {
            return true;
        }

        foreach (var (key, value) in left)
        {
            if (!right.TryGetValue(key, out var other) || other != value)
            {
                return false;
            }
        }

        return true;
    }
}
