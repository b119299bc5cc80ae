using System.Collections.Frozen;

namespace Nemotron.Lab.Kinds;

/// <summary>How one field of a built-in kind merges.</summary>
/// <param name="ListMapKeys">Keys of a list whose items server-side apply tells apart by key; empty otherwise.</param>
/// <param name="IsSet">A list of distinct scalars for server-side apply.</param>
/// <param name="IsAtomic">A map that server-side apply takes as a whole.</param>
/// <param name="IsGranular">An object merged field by field here although its type is atomic elsewhere.</param>
/// <param name="PatchMergeKey">The key for strategic merge of a list of objects, or null.</param>
/// <param name="PatchMergesScalars">Strategic merge unites a list of scalars.</param>
/// <param name="PatchRetainsKeys">The strategic merge strategy has <c>retainKeys</c>.</param>
internal sealed record MergeRule(
    IReadOnlyList<string> ListMapKeys,
    bool IsSet,
    bool IsAtomic,
    bool IsGranular,
    string? PatchMergeKey,
    bool PatchMergesScalars,
    bool PatchRetainsKeys);

/// <summary>
/// The merge behaviour that the upstream API types declare for the built-in kinds, which KubernetesClient's model types do not carry.
/// Whatever stands in neither table is atomic if it is a list, and field by field if it is an object or map.
/// </summary>
internal static class MergeRules
{
    /// <summary>
    /// One field a line: model type, field, then <c>map:keys</c> or <c>set</c> (server-side apply), <c>atomic</c> or <c>granular</c> (objects and
    /// maps), <c>patch:key</c> or <c>patch</c> and <c>retainKeys</c> (strategic merge).
    /// </summary>
    private const string Fields = """
        V1ObjectMeta ownerReferences map:uid patch:uid
        V1ObjectMeta finalizers set patch
        V1PodSpec volumes map:name patch:name retainKeys
        V1PodSpec containers map:name patch:name
        V1PodSpec initContainers map:name patch:name
        V1PodSpec ephemeralContainers map:name patch:name
        V1PodSpec imagePullSecrets map:name patch:name
        V1PodSpec hostAliases map:ip patch:ip
        V1PodSpec topologySpreadConstraints map:topologyKey,whenUnsatisfiable patch:topologyKey
        V1PodSpec schedulingGates map:name patch:name
        V1PodSpec resourceClaims map:name patch:name retainKeys
        V1PodSpec nodeSelector atomic
        V1PodStatus conditions map:type patch:type
        V1PodStatus hostIPs patch:ip
        V1PodStatus podIPs map:ip patch:ip
        V1PodStatus resourceClaimStatuses map:name patch:name retainKeys
        V1Container ports map:containerPort,protocol patch:containerPort
        V1Container env map:name patch:name
        V1Container volumeMounts map:mountPath patch:mountPath
        V1Container volumeDevices map:devicePath patch:devicePath
        V1EphemeralContainer ports map:containerPort,protocol patch:containerPort
        V1EphemeralContainer env map:name patch:name
        V1EphemeralContainer volumeMounts map:mountPath patch:mountPath
        V1EphemeralContainer volumeDevices map:devicePath patch:devicePath
        V1ContainerStatus volumeMounts map:mountPath patch:mountPath
        V1ContainerStatus allocatedResourcesStatus map:name patch:name
        V1ResourceRequirements claims map:name
        V1ServiceSpec ports map:port,protocol patch:port
        V1ServiceSpec selector atomic
        V1ServiceStatus conditions map:type patch:type
        V1ServiceAccount secrets map:name patch:name
        V1NodeSpec podCIDRs set patch
        V1NodeStatus conditions map:type patch:type
        V1NodeStatus addresses map:type patch:type
        V1NamespaceStatus conditions map:type patch:type
        V1PersistentVolumeSpec claimRef granular
        V1PersistentVolumeClaimStatus conditions map:type patch:type
        V1PersistentVolumeClaimStatus allocatedResourceStatuses granular
        V1DeploymentSpec strategy retainKeys
        V1DeploymentStatus conditions map:type patch:type
        V1ReplicaSetStatus conditions map:type patch:type
        V1StatefulSetStatus conditions map:type patch:type
        V1DaemonSetStatus conditions map:type patch:type
        V1JobStatus conditions patch:type
        V1PodDisruptionBudgetStatus conditions map:type patch:type
        V2HorizontalPodAutoscalerStatus conditions map:type patch:type
        V1ValidatingWebhookConfiguration webhooks map:name patch:name
        V1MutatingWebhookConfiguration webhooks map:name patch:name
        V1ValidatingWebhook matchConditions map:name patch:name
        V1MutatingWebhook matchConditions map:name patch:name
        V1CustomResourceDefinitionStatus conditions map:type
        V1PodFailurePolicyOnExitCodesRequirement values set
        V1PodSpec evictionResponders map:name patch:name
        V1PodStatus nodeAllocatableResourceClaimStatuses map:resourceClaimName patch:resourceClaimName
        V1PodStatus volumeHealth map:name
        V1PodVolumeHealth healthConditions map:status,reason patch:status
        V1VolumeHealthStatus healthConditions map:status,reason patch:status
        V1NodeAllocatableResourceClaimStatus containers set
        V1NodeAllocatableResourceClaimStatus mapping map:name patch:name
        V1NodeAllocatableResourceClaimStatus overhead map:name patch:name
        V1NodePodPreemptionPolicy disableResizePreemption set
        V1ContainerRestartRuleOnExitCodes values set
        V1ResourceStatus resources map:resourceID
        V1UncountedTerminatedPods failed set
        V1UncountedTerminatedPods succeeded set
        V1VolumeMount bindMountOptions set
        V1JobSchedulingConfiguration resourceClaims map:name patch:name
        V1Endpoint addresses set
        """;

    /// <summary>Model types whose objects server-side apply takes as a whole wherever they stand.</summary>
    private const string AtomicTypes = """
        V1LabelSelector V1ObjectReference V1LocalObjectReference V1TypedLocalObjectReference V1OwnerReference V1SecretReference
        V1ConfigMapKeySelector V1SecretKeySelector V1FileKeySelector V1ObjectFieldSelector V1ResourceFieldSelector
        V1NodeSelector V1NodeSelectorTerm V1ScopeSelector V1TopologySelectorTerm V1EvictionResponder
        V1EndpointAddress Corev1EndpointPort Discoveryv1EndpointPort V1RoleRef Rbacv1Subject
        V1ServiceBackendPort
        """;

    private static readonly FrozenDictionary<string, MergeRule> ByField =
        Fields.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim().Split(' '))
            .ToFrozenDictionary(words => $"{words[0]}.{words[1]}", Parse, StringComparer.Ordinal);

    private static readonly FrozenSet<string> Atomic =
        AtomicTypes.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The rule of a field, or null for the default behaviour.</summary>
    public static MergeRule? Of(string modelType, string field) => ByField.GetValueOrDefault($"{modelType}.{field}");

    /// <summary>Whether objects of this model type are atomic.</summary>
    public static bool IsAtomicType(string modelType) => Atomic.Contains(modelType);

    private static MergeRule Parse(string[] words)
    {
        string? After(string prefix) => words.Skip(2).FirstOrDefault(word => word.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
        return new MergeRule(
            After("map:")?.Split(',') ?? [],
            words.Contains("set"),
            words.Contains("atomic"),
            words.Contains("granular"),
            After("patch:"),
            words.Contains("patch"),
            words.Contains("retainKeys"));
    }
}
