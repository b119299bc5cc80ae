using System.Collections.Frozen;
using k8s.Models;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Kinds;

/// <summary>The kinds that the Lab serves without a CRD.</summary>
internal static class BuiltinKinds
{
    /// <summary>All of them, in the order of discovery.</summary>
    public static IReadOnlyList<BuiltinKind> All { get; } =
    [
        Of<V1Namespace>("", "v1", "namespaces", "Namespace", namespaced: false, shortNames: ["ns"], subresources: ["status"]),
        Of<V1Node>("", "v1", "nodes", "Node", namespaced: false, shortNames: ["no"], subresources: ["status"]),
        Of<V1Pod>("", "v1", "pods", "Pod", shortNames: ["po"], categories: ["all"], subresources: ["status", "binding", "eviction", "log"], generation: true),
        Of<V1Service>("", "v1", "services", "Service", shortNames: ["svc"], categories: ["all"], subresources: ["status"]),
        Of<V1ConfigMap>("", "v1", "configmaps", "ConfigMap", shortNames: ["cm"]),
        Of<V1Secret>("", "v1", "secrets", "Secret"),
        Of<V1ServiceAccount>("", "v1", "serviceaccounts", "ServiceAccount", shortNames: ["sa"], subresources: ["token"]),
        Of<V1PersistentVolumeClaim>("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", shortNames: ["pvc"], subresources: ["status"]),
        Of<V1PersistentVolume>("", "v1", "persistentvolumes", "PersistentVolume", namespaced: false, shortNames: ["pv"], subresources: ["status"]),
        Of<Corev1Event>("", "v1", "events", "Event", shortNames: ["ev"]),
        Of<V1Endpoints>("", "v1", "endpoints", "Endpoints", shortNames: ["ep"], singular: "endpoints"),
        Of<V1ResourceQuota>("", "v1", "resourcequotas", "ResourceQuota", shortNames: ["quota"], subresources: ["status"]),
        Of<V1LimitRange>("", "v1", "limitranges", "LimitRange", shortNames: ["limits"]),
        Of<V1Deployment>("apps", "v1", "deployments", "Deployment", shortNames: ["deploy"], categories: ["all"], subresources: ["status", "scale"], generation: true),
        Of<V1ReplicaSet>("apps", "v1", "replicasets", "ReplicaSet", shortNames: ["rs"], categories: ["all"], subresources: ["status", "scale"], generation: true),
        Of<V1StatefulSet>("apps", "v1", "statefulsets", "StatefulSet", shortNames: ["sts"], categories: ["all"], subresources: ["status", "scale"], generation: true),
        Of<V1DaemonSet>("apps", "v1", "daemonsets", "DaemonSet", shortNames: ["ds"], categories: ["all"], subresources: ["status"], generation: true),
        Of<V1ControllerRevision>("apps", "v1", "controllerrevisions", "ControllerRevision"),
        Of<V1Job>("batch", "v1", "jobs", "Job", categories: ["all"], subresources: ["status"], generation: true),
        Of<V1CronJob>("batch", "v1", "cronjobs", "CronJob", shortNames: ["cj"], categories: ["all"], subresources: ["status"], generation: true),
        Of<V1PodDisruptionBudget>("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", shortNames: ["pdb"], subresources: ["status"], generation: true, unconditional: false),
        Of<V1Lease>("coordination.k8s.io", "v1", "leases", "Lease", unconditional: false),
        Of<Eventsv1Event>("events.k8s.io", "v1", "events", "Event", shortNames: ["ev"]) with { Storage = new Gvr("", "v1", "events") },
        Of<V1Role>("rbac.authorization.k8s.io", "v1", "roles", "Role"),
        Of<V1ClusterRole>("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced: false),
        Of<V1RoleBinding>("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding"),
        Of<V1ClusterRoleBinding>("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced: false),
        Of<V1NetworkPolicy>("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", shortNames: ["netpol"], generation: true),
        Of<V1Ingress>("networking.k8s.io", "v1", "ingresses", "Ingress", shortNames: ["ing"], subresources: ["status"], generation: true),
        Of<V1EndpointSlice>("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", generation: true),
        Of<V1StorageClass>("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced: false, shortNames: ["sc"]),
        Of<V1PriorityClass>("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", namespaced: false, shortNames: ["pc"], generation: true),
        Of<V2HorizontalPodAutoscaler>("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", shortNames: ["hpa"], categories: ["all"], subresources: ["status"]),
        Of<V1ValidatingWebhookConfiguration>("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", namespaced: false, categories: ["api-extensions"], generation: true, unconditional: false),
        Of<V1MutatingWebhookConfiguration>("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", namespaced: false, categories: ["api-extensions"], generation: true, unconditional: false),
        Of<V1CustomResourceDefinition>("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced: false, shortNames: ["crd", "crds"], categories: ["api-extensions"], subresources: ["status"], generation: true, unconditional: false),
    ];

    private static readonly FrozenDictionary<Gvr, BuiltinKind> ByResource = All.ToFrozenDictionary(kind => kind.Gvr);

    /// <summary>The kind served at a resource, or null when it is not built in.</summary>
    public static BuiltinKind? Find(Gvr resource) => ByResource.GetValueOrDefault(resource);

    /// <summary>The type of the scale subresource, <c>autoscaling/v1 Scale</c>.</summary>
    public static Schema.StructuralSchema Scale { get; } = ModelSchemas.Of(typeof(V1Scale));

    private static BuiltinKind Of<TModel>(
        string group,
        string version,
        string plural,
        string kind,
        bool namespaced = true,
        IReadOnlyList<string>? shortNames = null,
        IReadOnlyList<string>? categories = null,
        IReadOnlyList<string>? subresources = null,
        bool generation = false,
        bool unconditional = true,
        string? singular = null) => new()
        {
            Gvr = new Gvr(group, version, plural),
            Storage = new Gvr(group, version, plural),
            Kind = kind,
            Singular = singular ?? kind.ToLowerInvariant(),
            ShortNames = shortNames ?? [],
            Categories = categories ?? [],
            Namespaced = namespaced,
            Model = typeof(TModel),
            Subresources = subresources ?? [],
            HasGeneration = generation,
            Rules = KindRules.Of(group, kind),
            AllowsUnconditionalUpdate = unconditional,
        };
}
