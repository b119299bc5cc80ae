namespace Nemotron.Kube;

/// <summary>Where objects of a type live.</summary>
public enum EntityScope
{
    /// <summary>In a namespace.</summary>
    Namespaced,

    /// <summary>In the cluster as a whole.</summary>
    Cluster,
}

/// <summary>
/// Says where objects of an entity type live; without it: in a namespace. Any attribute of this name with a property <c>Scope</c>
/// is understood, so entity types need not reference this assembly.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EntityScopeAttribute : Attribute
{
    /// <summary>Declares the scope.</summary>
    /// <param name="scope">The scope.</param>
    public EntityScopeAttribute(EntityScope scope) => Scope = scope;

    /// <summary>The scope.</summary>
    public EntityScope Scope { get; }
}
