using System.Collections.Concurrent;
using System.Reflection;
using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Where the API serves objects of an entity type, by the type's <c>[KubernetesEntity]</c> attribute.</summary>
public sealed class ResourceType
{
    private static readonly ConcurrentDictionary<Type, ResourceType> Known = new();

    /// <summary>Built-in kinds of the cluster; the client's models do not say so themselves. (Kubernetes 1.37.)</summary>
    private static readonly HashSet<string> BuiltInClusterKinds = new(StringComparer.Ordinal)
    {
        "Node", "Namespace", "PersistentVolume", "ComponentStatus", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
        "StorageClass", "VolumeAttachment", "CSIDriver", "CSINode", "PriorityClass", "RuntimeClass", "IngressClass", "APIService",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "CertificateSigningRequest", "ClusterTrustBundle", "FlowSchema",
        "PriorityLevelConfiguration", "DeviceClass", "ResourceSlice", "VolumeAttributesClass", "ServiceCIDR", "IPAddress",
    };

    private ResourceType(Type type)
    {
        var attribute = type.GetCustomAttribute<KubernetesEntityAttribute>()
            ?? throw new ArgumentException($"{type.Name} has no [KubernetesEntity] attribute.", nameof(type));
        Group = attribute.Group ?? "";
        Version = attribute.ApiVersion;
        Kind = attribute.Kind;
        Plural = attribute.PluralName ?? attribute.Kind.ToLowerInvariant() + "s";
        ClusterScoped = ScopeOf(type);
    }

    /// <summary>The API group; the core group is the empty string.</summary>
    public string Group { get; }

    /// <summary>The version within the group.</summary>
    public string Version { get; }

    /// <summary>The kind.</summary>
    public string Kind { get; }

    /// <summary>The plural resource name.</summary>
    public string Plural { get; }

    /// <summary>Whether objects belong to the cluster and not to a namespace.</summary>
    public bool ClusterScoped { get; }

    /// <summary><c>v1</c> or <c>group/version</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>pods</c> or <c>deployments.apps</c>.</summary>
    public string FullName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>That of an entity type.</summary>
    /// <typeparam name="T">The entity type.</typeparam>
    /// <exception cref="ArgumentException">The type has no <c>[KubernetesEntity]</c> attribute.</exception>
    public static ResourceType Of<T>()
        where T : IKubernetesObject<V1ObjectMeta> => Of(typeof(T));

    /// <summary>That of an entity type.</summary>
    /// <param name="type">The entity type.</param>
    /// <exception cref="ArgumentException">The type has no <c>[KubernetesEntity]</c> attribute.</exception>
    public static ResourceType Of(Type type) => Known.GetOrAdd(type, static t => new ResourceType(t));

    /// <summary>The path of a collection, of one namespace or of all.</summary>
    internal string CollectionPath(string? ns)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        return ns is null || ClusterScoped ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
    }

    /// <summary>The path of an object or of its subresource.</summary>
    internal string ObjectPath(NamespacedName key, string? subresource = null)
    {
        var path = $"{CollectionPath(key.Namespace)}/{Uri.EscapeDataString(key.Name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    private static bool ScopeOf(Type type)
    {
        foreach (var attribute in type.GetCustomAttributes(inherit: true))
        {
            // By name: entity types live in assemblies that do not reference this one.
            var attributeType = attribute.GetType();
            if (attributeType.Name == nameof(EntityScopeAttribute))
            {
                return attributeType.GetProperty("Scope")?.GetValue(attribute)?.ToString() == nameof(EntityScope.Cluster);
            }
        }

        return type.Assembly == typeof(V1Pod).Assembly
            && BuiltInClusterKinds.Contains(type.GetCustomAttribute<KubernetesEntityAttribute>()!.Kind);
    }
}
