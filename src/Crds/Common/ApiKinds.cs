using System.Reflection;
using k8s.Models;

namespace Nemotron.Crds;

/// <summary>The kinds of the API group.</summary>
public static class ApiKinds
{
    /// <summary>The C# types of all kinds, in the order of their documentation.</summary>
    public static IReadOnlyList<Type> All { get; } =
        [typeof(NemotronDeployment), typeof(GpuNodePool), typeof(NemotronModel), typeof(NemotronFleet)];

    /// <summary>The name of a kind's CustomResourceDefinition: plural, dot, group.</summary>
    /// <param name="kind">One of <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">The type carries no <see cref="KubernetesEntityAttribute"/>.</exception>
    public static string CrdName(Type kind)
    {
        var entity = Entity(kind);
        return $"{entity.PluralName}.{entity.Group}";
    }

    /// <summary>The plural of a kind, as it stands in request paths.</summary>
    /// <param name="kind">One of <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">The type carries no <see cref="KubernetesEntityAttribute"/>.</exception>
    public static string Plural(Type kind) => Entity(kind).PluralName;

    /// <summary>The attribute that names a kind.</summary>
    /// <param name="kind">A resource type.</param>
    /// <exception cref="ArgumentException">The type carries none.</exception>
    internal static KubernetesEntityAttribute Entity(Type kind) =>
        kind.GetCustomAttribute<KubernetesEntityAttribute>()
        ?? throw new ArgumentException($"{kind} has no [KubernetesEntity]", nameof(kind));
}
