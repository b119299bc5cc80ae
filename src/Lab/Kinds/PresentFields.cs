using System.Collections.Frozen;

namespace Nemotron.Lab.Kinds;

/// <summary>
/// What the upstream Go types say about empty fields and C# model types do not: which fields are written even when nobody set them, and which
/// zeroes count as absent. A test bed's answers must carry and omit the same fields, since field ownership follows from them.
/// </summary>
internal static class PresentFields
{
    /// <summary>Per model type, the fields that are always there. <c>spec</c>, <c>status</c> and <c>metadata</c> of a kind are in every such list by rule. A question mark: a pointer, null when absent.</summary>
    private const string Always = """
        V1PodTemplateSpec metadata spec
        V1JobTemplateSpec metadata spec
        V1PersistentVolumeClaimTemplate metadata spec
        V1PodSpec containers
        V1Container name resources
        V1EphemeralContainer name resources
        V1ContainerPort containerPort
        V1EnvVar name
        V1VolumeMount name mountPath
        V1VolumeDevice name devicePath
        V1Volume name
        V1HTTPGetAction port
        V1HTTPHeader name value
        V1TCPSocketAction port
        V1GRPCAction port service?
        V1SleepAction seconds
        V1KeyToPath key path
        V1ConfigMapKeySelector key
        V1SecretKeySelector key
        V1ObjectFieldSelector fieldPath
        V1ResourceFieldSelector resource divisor
        V1HostPathVolumeSource path
        V1NFSVolumeSource server path
        V1PersistentVolumeClaimVolumeSource claimName
        V1CSIVolumeSource driver
        V1CSIPersistentVolumeSource driver volumeHandle
        V1LocalVolumeSource path
        V1ProjectedVolumeSource sources
        V1ServiceAccountTokenProjection path
        V1DownwardAPIVolumeFile path
        V1PodAffinityTerm topologyKey
        V1WeightedPodAffinityTerm weight podAffinityTerm
        V1PreferredSchedulingTerm weight preference
        V1NodeSelector nodeSelectorTerms
        V1NodeSelectorRequirement key operator
        V1LabelSelectorRequirement key operator
        V1TopologySpreadConstraint maxSkew topologyKey whenUnsatisfiable
        V1PodReadinessGate conditionType
        V1PodSchedulingGate name
        V1HostAlias ip
        V1Sysctl name value
        V1PodResourceClaim name
        Corev1ResourceClaim name
        V1PodOS name
        V1SeccompProfile type
        V1AppArmorProfile type
        V1PodCondition type status lastProbeTime lastTransitionTime
        V1ContainerStatus name state lastState ready restartCount image imageID
        V1ContainerStateRunning startedAt
        V1ContainerStateTerminated exitCode startedAt finishedAt
        V1PodIP ip
        V1HostIP ip
        V1NodeStatus daemonEndpoints nodeInfo
        V1NodeDaemonEndpoints kubeletEndpoint
        V1DaemonEndpoint Port
        V1NodeSystemInfo machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture
        V1NodeCondition type status lastHeartbeatTime lastTransitionTime
        V1NodeAddress type address
        V1AttachedVolume name devicePath
        V1Taint key effect
        V1ServiceStatus loadBalancer
        V1ServicePort port targetPort
        V1NamespaceCondition type status lastTransitionTime
        V1PersistentVolumeClaimSpec resources
        V1PersistentVolumeClaimCondition type status lastProbeTime lastTransitionTime
        V1DeploymentSpec selector? template strategy
        V1DeploymentCondition type status lastUpdateTime lastTransitionTime
        V1ReplicaSetSpec selector? template
        V1ReplicaSetStatus replicas
        V1ReplicaSetCondition type status lastTransitionTime
        V1StatefulSetSpec selector? template serviceName updateStrategy
        V1StatefulSetStatus replicas availableReplicas
        V1StatefulSetCondition type status lastTransitionTime
        V1DaemonSetSpec selector? template updateStrategy
        V1DaemonSetStatus currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady
        V1DaemonSetCondition type status lastTransitionTime
        V1ControllerRevision revision data
        V1JobSpec template
        V1JobCondition type status lastProbeTime lastTransitionTime
        V1CronJobSpec schedule jobTemplate
        V1PodDisruptionBudgetStatus disruptionsAllowed currentHealthy desiredHealthy expectedPods
        V1Condition type status lastTransitionTime reason message
        Corev1Event involvedObject source firstTimestamp lastTimestamp eventTime reportingComponent reportingInstance
        Eventsv1Event eventTime regarding deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp
        Eventsv1EventSeries count lastObservedTime
        Corev1EventSeries lastObservedTime
        V1Role rules
        V1ClusterRole rules
        V1RoleBinding roleRef
        V1ClusterRoleBinding roleRef
        V1RoleRef apiGroup kind name
        Rbacv1Subject kind name
        V1PolicyRule verbs
        V1PriorityClass value
        V1StorageClass provisioner
        V1LimitRangeSpec limits
        V1LimitRangeItem type
        V1EndpointSlice addressType endpoints ports
        V1Endpoint addresses conditions
        V1EndpointAddress ip
        Corev1EndpointPort port
        V1NetworkPolicySpec podSelector
        V1IPBlock cidr
        V2HorizontalPodAutoscalerSpec scaleTargetRef maxReplicas
        V2HorizontalPodAutoscalerStatus desiredReplicas currentMetrics
        V2HorizontalPodAutoscalerCondition type status lastTransitionTime
        V2CrossVersionObjectReference kind name
        V2MetricSpec type
        V2MetricStatus type
        V2MetricTarget type
        V2MetricIdentifier name
        V2ResourceMetricSource name target
        V2PodsMetricSource metric target
        V2ExternalMetricSource metric target
        V2ObjectMetricSource describedObject metric target
        V2ResourceMetricStatus name current
        V2PodsMetricStatus metric current
        V2ExternalMetricStatus metric current
        V2HPAScalingPolicy type value periodSeconds
        V1IngressStatus loadBalancer
        V1HTTPIngressRuleValue paths
        V1HTTPIngressPath pathType? backend
        V1IngressServiceBackend name port
        V1TypedLocalObjectReference apiGroup? kind name
        V1ValidatingWebhook name clientConfig sideEffects? admissionReviewVersions
        V1MutatingWebhook name clientConfig sideEffects? admissionReviewVersions
        Admissionregistrationv1ServiceReference namespace name
        Apiextensionsv1ServiceReference namespace name
        V1MatchCondition name expression
        V1CustomResourceDefinitionSpec group names scope versions
        V1CustomResourceDefinitionNames plural kind
        V1CustomResourceDefinitionVersion name served storage
        V1CustomResourceDefinitionStatus conditions acceptedNames storedVersions
        V1CustomResourceDefinitionCondition type status lastTransitionTime
        V1CustomResourceConversion strategy
        V1CustomResourceColumnDefinition name type jsonPath
        V1CustomResourceSubresourceScale specReplicasPath statusReplicasPath
        V1SelectableField jsonPath
        V1OwnerReference apiVersion kind name uid
        V1ScaleStatus replicas
        V1AWSElasticBlockStoreVolumeSource volumeID
        V1AzureDiskVolumeSource diskName diskURI
        V1AzureFilePersistentVolumeSource secretName secretNamespace? shareName
        V1AzureFileVolumeSource secretName shareName
        V1CephFSPersistentVolumeSource monitors
        V1CephFSVolumeSource monitors
        V1CinderPersistentVolumeSource volumeID
        V1CinderVolumeSource volumeID
        V1ClusterTrustBundleProjection path
        V1ConfigMapNodeConfigSource kubeletConfigKey name namespace
        V1ContainerExtendedResourceRequest containerName requestName resourceName
        V1ContainerImage names
        V1ContainerResizePolicy resourceName restartPolicy
        V1EvictionResponder name priority?
        V1FileKeySelector key path volumeName
        V1FlexPersistentVolumeSource driver
        V1FlexVolumeSource driver
        V1ForNode name
        V1ForZone name
        V1GCEPersistentDiskVolumeSource pdName
        V1GitRepoVolumeSource repository
        V1GlusterfsPersistentVolumeSource endpoints path
        V1GlusterfsVolumeSource endpoints path
        V1ISCSIPersistentVolumeSource iqn lun targetPortal
        V1ISCSIVolumeSource iqn lun targetPortal
        V1IngressPortStatus port protocol
        V1LinuxContainerUser gid uid
        V1ModifyVolumeStatus status
        V1NodeAllocatableMappedResources name quantity?
        V1NodeAllocatableOverheadResources name
        V1NodeAllocatableResourceClaimStatus resourceClaimName
        V1NodeRuntimeHandler name
        V1PhotonPersistentDiskVolumeSource pdID
        V1PodExtendedResourceClaimStatus requestMappings resourceClaimName
        V1PodFailurePolicy rules
        V1PodFailurePolicyOnExitCodesRequirement operator values
        V1PodFailurePolicyOnPodConditionsPattern status type
        V1PodFailurePolicyRule action
        V1PodResourceClaimStatus name
        V1PodVolumeHealth lastTransitionTime name
        V1PortStatus port protocol
        V1PortworxVolumeSource volumeID
        V1QuobyteVolumeSource registry volume
        V1RBDPersistentVolumeSource image monitors
        V1RBDVolumeSource image monitors
        V1ResourceHealth resourceID
        V1ResourceStatus name
        V1ScaleIOPersistentVolumeSource gateway secretRef? system
        V1ScaleIOVolumeSource gateway secretRef? system
        V1ScopedResourceSelectorRequirement operator scopeName
        V1StatefulSetOrdinals start
        V1SuccessPolicy rules
        V1TopologySelectorLabelRequirement key values
        V1TypedObjectReference apiGroup? kind name
        V1VolumeHealthCondition reason status
        V1VolumeHealthStatus lastTransitionTime
        V1VolumeMountStatus mountPath name
        V1VsphereVirtualDiskVolumeSource volumePath
        V2ContainerResourceMetricSource container name target
        V2ContainerResourceMetricStatus container current name
        V2ObjectMetricStatus current describedObject metric
        """;

    /// <summary>Numbers and booleans whose zero is dropped, by field name; the few types where the same name keeps its zero follow in <see cref="KeepsZero"/>.</summary>
    private const string ZeroDrops = """
        generation hostPort initialDelaySeconds timeoutSeconds periodSeconds successThreshold failureThreshold minReadySeconds observedGeneration
        readyReplicas availableReplicas updatedReplicas unavailableReplicas currentReplicas fullyLabeledReplicas updatedNumberScheduled
        numberAvailable numberUnavailable active succeeded failed nodePort healthCheckNodePort count deprecatedCount sizeBytes signal priority
        hostNetwork hostPID hostIPC readOnly stdin stdinOnce tty paused publishNotReadyAddresses unschedulable globalDefault deprecated
        preserveUnknownFields replicas number partition chapAuthDiscovery chapAuthSession sslEnabled
        """;

    /// <summary>Fields (type and name) that are pointers upstream although their name stands in <see cref="ZeroDrops"/>, or strings that may be empty.</summary>
    private const string KeepsZero = """
        V1DeploymentSpec.replicas V1ReplicaSetSpec.replicas V1StatefulSetSpec.replicas V1PodSpec.priority
        V1RollingUpdateStatefulSetStrategy.partition V2HorizontalPodAutoscalerStatus.observedGeneration
        V2HorizontalPodAutoscalerCondition.observedGeneration V1EvictionResponder.priority V1ClientIPConfig.timeoutSeconds
        V1ValidatingWebhook.timeoutSeconds V1MutatingWebhook.timeoutSeconds V2HPAScalingPolicy.periodSeconds
        V1PersistentVolumeClaimSpec.storageClassName V1LeaseSpec.holderIdentity V1LeaseSpec.preferredHolder V1LeaseSpec.strategy
        V1IngressSpec.ingressClassName V1PodSpec.runtimeClassName Discoveryv1EndpointPort.name Discoveryv1EndpointPort.appProtocol
        Discoveryv1EndpointPort.protocol V1Endpoint.nodeName V1Endpoint.zone V1Endpoint.hostname V1GRPCAction.service V1ServicePort.appProtocol
        V1ServiceSpec.loadBalancerClass V1HostPathVolumeSource.type V1CustomResourceConversion.strategy V1SeccompProfile.localhostProfile
        """;

    private static readonly FrozenDictionary<string, string[]> AlwaysByType =
        Always.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Trim().Split(' '))
            .ToFrozenDictionary(words => words[0], words => words[1..], StringComparer.Ordinal);

    private static readonly FrozenSet<string> Drops = Words(ZeroDrops);

    private static readonly FrozenSet<string> Keeps = Words(KeepsZero);

    /// <summary>Whether the field is written even when nobody set it.</summary>
    public static bool IsAlwaysPresent(string modelType, bool isKind, string field) =>
        (isKind && field is "metadata" or "spec" or "status")
        || (AlwaysByType.TryGetValue(modelType, out var fields) && (fields.Contains(field) || fields.Contains(field + "?")));

    /// <summary>Whether an always present field is null, rather than a zero, when nobody set it.</summary>
    public static bool IsNullWhenAbsent(string modelType, string field) =>
        AlwaysByType.TryGetValue(modelType, out var fields) && fields.Contains(field + "?");

    /// <summary>Whether a zero number, false or empty string in the field counts as absent.</summary>
    public static bool OmitsZeroScalar(string modelType, string field, bool isString) =>
        (isString || Drops.Contains(field)) && !Keeps.Contains($"{modelType}.{field}");

    private static FrozenSet<string> Words(string text) =>
        text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
