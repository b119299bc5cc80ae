namespace Nemotron.Crds;

/// <summary>Labels that the operator sets or reads.</summary>
public static class NemotronLabels
{
    /// <summary>On all that is made for a NemotronDeployment: its name.</summary>
    public const string Deployment = NemotronApi.Group + "/deployment";

    /// <summary>On pods and their parents: the model's catalogue name.</summary>
    public const string Model = NemotronApi.Group + "/model";

    /// <summary>On pods: whether it answers requests (<see cref="ServerRole"/>) or only computes for one that does (<see cref="WorkerRole"/>).</summary>
    public const string Role = NemotronApi.Group + "/role";

    /// <summary>The role of a pod that answers requests: one per replica.</summary>
    public const string ServerRole = "server";

    /// <summary>The role of the other pods of a replica over several nodes.</summary>
    public const string WorkerRole = "worker";

    /// <summary>On pods while they load the model, where Karpenter makes the nodes: it comes off, with karpenter.sh/do-not-disrupt, once the pod is ready.</summary>
    public const string Loading = NemotronApi.Group + "/loading";

    /// <summary>On pods of a NemotronDeployment with a PodMonitor of its own: <c>own</c>. The PodMonitors for all models leave these pods out.</summary>
    public const string PodMonitor = NemotronApi.Group + "/pod-monitor";

    /// <summary>On pods that a PodMonitor of their deployment's own scrapes.</summary>
    public const string OwnPodMonitor = "own";

    /// <summary>On nodes: the GpuNodePool they belong to.</summary>
    public const string NodePool = NemotronApi.Group + "/node-pool";

    /// <summary>On nodes: the beginning of the labels that name the weights on their disks, by <see cref="WeightsStatus.Key"/>. Pods would rather run on nodes with theirs.</summary>
    public static string HeldWeights => "weights." + NemotronApi.Group + "/";

    /// <summary>On Jobs that download weights to a node: which, by <see cref="WeightsStatus.Key"/>.</summary>
    public const string Weights = NemotronApi.Group + "/weights";

    /// <summary>The value of <c>app.kubernetes.io/managed-by</c> on all that the operator makes.</summary>
    public const string ManagedByValue = "nemotron-operator";

    /// <summary>The standard label of the managing tool.</summary>
    public const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <summary>The standard label of the application's name.</summary>
    public const string Name = "app.kubernetes.io/name";

    /// <summary>The standard label of the application's instance.</summary>
    public const string Instance = "app.kubernetes.io/instance";
}

/// <summary>Annotations that the operator sets or reads.</summary>
public static class NemotronAnnotations
{
    /// <summary>On a NemotronDeployment: <c>"true"</c> leaves its number of replicas as it is.</summary>
    public const string FreezeScaling = NemotronApi.Group + "/freeze-replicas";

    /// <summary>On a NemotronDeployment: any new value restarts its replicas by a rollout.</summary>
    public const string RestartedAt = NemotronApi.Group + "/restarted-at";

    /// <summary>On a resource: <c>"true"</c> stops the operator from changing anything for it.</summary>
    public const string Paused = NemotronApi.Group + "/paused";

    /// <summary>On pods: the hash of the configuration that they were started with.</summary>
    public const string ConfigHash = NemotronApi.Group + "/config-hash";

    /// <summary>On a node: why the operator cordoned it.</summary>
    public const string CordonReason = NemotronApi.Group + "/cordon-reason";

    /// <summary>On a node of a pool that gives nodes back: since when no pod has had a GPU of it.</summary>
    public const string EmptySince = NemotronApi.Group + "/empty-since";

    /// <summary>On a node that the operator closed as sick: since when it has been well again.</summary>
    public const string WellSince = NemotronApi.Group + "/well-since";

    /// <summary>On a node: the label keys that its GpuNodePool set, so that they can be taken back.</summary>
    public const string AppliedLabels = NemotronApi.Group + "/applied-labels";

    /// <summary>On a Job that downloads weights: the node, and its uid as <c>NAME/UID</c>.</summary>
    public const string WeightsNode = NemotronApi.Group + "/weights-node";

    /// <summary>On a node: the taints (key:effect) that its GpuNodePool set, so that they can be taken back.</summary>
    public const string AppliedTaints = NemotronApi.Group + "/applied-taints";
}

/// <summary>Finalizers of the operator.</summary>
public static class NemotronFinalizers
{
    /// <summary>On a GpuNodePool: takes labels and taints off its nodes.</summary>
    public const string NodePool = NemotronApi.Group + "/node-pool";

    /// <summary>On a NemotronDeployment: drains its replicas.</summary>
    public const string Deployment = NemotronApi.Group + "/deployment";
}

/// <summary>Taints of the operator.</summary>
public static class NemotronTaints
{
    /// <summary>On a node with sick GPUs.</summary>
    public const string UnhealthyGpu = NemotronApi.Group + "/unhealthy-gpu";

    /// <summary>On a node that takes no new pod while a replica is moved: since it is to be emptied, or is empty and to stay so.</summary>
    public const string Consolidating = NemotronApi.Group + "/consolidating";
}
