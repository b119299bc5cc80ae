using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers;

/// <summary>The built-in resources that the Lab's controllers read and write.</summary>
internal static class BuiltIn
{
    public static readonly Gvr Pods = new("", "v1", "pods");
    public static readonly Gvr Nodes = new("", "v1", "nodes");
    public static readonly Gvr Namespaces = new("", "v1", "namespaces");
    public static readonly Gvr ConfigMaps = new("", "v1", "configmaps");
    public static readonly Gvr Secrets = new("", "v1", "secrets");
    public static readonly Gvr Services = new("", "v1", "services");
    public static readonly Gvr ServiceAccounts = new("", "v1", "serviceaccounts");
    public static readonly Gvr PersistentVolumeClaims = new("", "v1", "persistentvolumeclaims");
    public static readonly Gvr PersistentVolumes = new("", "v1", "persistentvolumes");
    public static readonly Gvr StorageClasses = new("storage.k8s.io", "v1", "storageclasses");
    public static readonly Gvr Events = new("", "v1", "events");
    public static readonly Gvr Deployments = new("apps", "v1", "deployments");
    public static readonly Gvr ReplicaSets = new("apps", "v1", "replicasets");
    public static readonly Gvr StatefulSets = new("apps", "v1", "statefulsets");
    public static readonly Gvr ControllerRevisions = new("apps", "v1", "controllerrevisions");
    public static readonly Gvr Jobs = new("batch", "v1", "jobs");
    public static readonly Gvr Leases = new("coordination.k8s.io", "v1", "leases");
    public static readonly Gvr EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices");
    public static readonly Gvr PodDisruptionBudgets = new("policy", "v1", "poddisruptionbudgets");
    public static readonly Gvr PriorityClasses = new("scheduling.k8s.io", "v1", "priorityclasses");
    public static readonly Gvr CustomResourceDefinitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
}
