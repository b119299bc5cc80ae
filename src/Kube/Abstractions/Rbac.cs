namespace Nemotron.Kube;

/// <summary>Verbs of Kubernetes RBAC.</summary>
[Flags]
public enum RbacVerb
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Read one.</summary>
    Get = 1 << 0,

    /// <summary>Read many.</summary>
    List = 1 << 1,

    /// <summary>Follow changes.</summary>
    Watch = 1 << 2,

    /// <summary>Create.</summary>
    Create = 1 << 3,

    /// <summary>Replace.</summary>
    Update = 1 << 4,

    /// <summary>Change, also by server-side apply (which needs <see cref="Create"/> too when the object may be absent).</summary>
    Patch = 1 << 5,

    /// <summary>Delete one.</summary>
    Delete = 1 << 6,

    /// <summary>Delete many.</summary>
    DeleteCollection = 1 << 7,

    /// <summary>What an informer needs: list and watch.</summary>
    Observe = List | Watch,

    /// <summary>Get, list and watch: what applying and finalizers need besides, where the cache is not enough.</summary>
    Read = Get | List | Watch,

    /// <summary>Everything above, each verb by name.</summary>
    All = Get | List | Watch | Create | Update | Patch | Delete | DeleteCollection,
}

/// <summary>Declares which rights a controller needs on the resources of entity types. <see cref="RbacRules"/> makes a ClusterRole of it.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class EntityRbacAttribute : Attribute
{
    /// <summary>Declares rights on entity types.</summary>
    /// <param name="entities">Types with a <c>[KubernetesEntity]</c> attribute.</param>
    public EntityRbacAttribute(params Type[] entities) => Entities = entities;

    /// <summary>The entity types.</summary>
    public IReadOnlyList<Type> Entities { get; }

    /// <summary>The verbs. None by default.</summary>
    public RbacVerb Verbs { get; init; }

    /// <summary>Subresources that the verbs are needed on as well, such as <c>status</c>, <c>finalizers</c> or <c>scale</c>. None by default.</summary>
    public string[] Subresources { get; init; } = [];
}

/// <summary>Declares rights on resources by name, for those without an entity type.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class GenericRbacAttribute : Attribute
{
    /// <summary>API groups; the core group is the empty string.</summary>
    public string[] Groups { get; init; } = [];

    /// <summary>Plural resource names, with a subresource as <c>pods/eviction</c>.</summary>
    public string[] Resources { get; init; } = [];

    /// <summary>Non-resource URLs.</summary>
    public string[] Urls { get; init; } = [];

    /// <summary>Restricts the rights to objects of these names. Empty: all.</summary>
    public string[] ResourceNames { get; init; } = [];

    /// <summary>The verbs. None by default.</summary>
    public RbacVerb Verbs { get; init; }
}
