using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>The key of an object among those of its type.</summary>
/// <param name="Namespace">The namespace; null for objects of the cluster.</param>
/// <param name="Name">The name.</param>
public readonly record struct NamespacedName(string? Namespace, string Name)
{
    /// <summary>The key of an object.</summary>
    /// <param name="obj">The object.</param>
    public static NamespacedName Of(IKubernetesObject<V1ObjectMeta> obj) =>
        new(string.IsNullOrEmpty(obj.Metadata.NamespaceProperty) ? null : obj.Metadata.NamespaceProperty, obj.Metadata.Name);

    /// <summary><c>namespace/name</c>, or <c>name</c> alone.</summary>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
