namespace Nemotron.Crds;

/// <summary>Reasons of the conditions in status: one word that programs may depend on. The message beside it is for people.</summary>
public static class ConditionReasons
{
    /// <summary>The spec can be carried out.</summary>
    public const string Valid = "Valid";

    /// <summary>No model of that name is known.</summary>
    public const string ModelNotFound = "ModelNotFound";

    /// <summary>The NemotronModel cannot be used.</summary>
    public const string ModelInvalid = "ModelInvalid";

    /// <summary>No GpuNodePool of that name exists.</summary>
    public const string NodePoolNotFound = "NodePoolNotFound";

    /// <summary>The degree of parallelism does not divide the model.</summary>
    public const string ParallelismNotSupported = "ParallelismNotSupported";

    /// <summary>The GPU cannot compute in the wanted number format.</summary>
    public const string PrecisionNotSupported = "PrecisionNotSupported";

    /// <summary>The model does not fit into the memory of that many GPUs.</summary>
    public const string DoesNotFit = "DoesNotFit";

    /// <summary>A replica needs more GPUs than any node of the pool has, and cannot be spread.</summary>
    public const string GroupTooLarge = "GroupTooLarge";

    /// <summary>The engine does not support the combination.</summary>
    public const string EngineNotSupported = "EngineNotSupported";

    /// <summary>The checkpoint is loaded through Python code of its own, which the spec does not allow.</summary>
    public const string RemoteCodeNotTrusted = "RemoteCodeNotTrusted";

    /// <summary>The name leaves no room for the names of what is made from it.</summary>
    public const string NameTooLong = "NameTooLong";

    /// <summary>An object of the same name exists that the operator did not make.</summary>
    public const string NameTaken = "NameTaken";

    /// <summary>A field holds a value that the schema could not check, such as YAML in extraConfig.</summary>
    public const string InvalidField = "InvalidField";

    /// <summary>A CRD that is needed is not installed.</summary>
    public const string CrdMissing = "CrdMissing";

    /// <summary>Fields that are set have no effect; the message says why.</summary>
    public const string NotImplemented = "NotImplemented";

    /// <summary>All fields that are set are acted on.</summary>
    public const string AllInEffect = "AllInEffect";

    /// <summary>There are GPUs for the wanted replicas.</summary>
    public const string Sufficient = "Sufficient";

    /// <summary>Too few GPUs are free.</summary>
    public const string InsufficientGpus = "InsufficientGpus";

    /// <summary>Enough GPUs are free, but not together on a node.</summary>
    public const string Fragmented = "Fragmented";

    /// <summary>The fleet's budget is spent.</summary>
    public const string BudgetSpent = "BudgetSpent";

    /// <summary>The namespace's quota is spent.</summary>
    public const string QuotaSpent = "QuotaSpent";

    /// <summary>The fleet lets the deployment have all that it wants.</summary>
    public const string Granted = "Granted";

    /// <summary>The fleet's rules allow no more replicas.</summary>
    public const string AtCeiling = "AtCeiling";

    /// <summary>Others of the fleet come first.</summary>
    public const string LowerPriority = "LowerPriority";

    /// <summary>No node, or no NVLink domain, of the pool is large enough.</summary>
    public const string NoSuchNode = "NoSuchNode";

    /// <summary>The fleet grants no replica.</summary>
    public const string NotGranted = "NotGranted";

    /// <summary>The pool keeps no weights on its nodes' disks.</summary>
    public const string NoWeightCache = "NoWeightCache";

    /// <summary>The nodes that may need the weights hold them.</summary>
    public const string Cached = "Cached";

    /// <summary>Some of the nodes that may need the weights download them, or wait for their turn.</summary>
    public const string Downloading = "Downloading";

    /// <summary>Weights cannot be downloaded to a node's disk.</summary>
    public const string LoadFailed = "LoadFailed";

    /// <summary>No node downloads weights ahead; the first replica of each does.</summary>
    public const string LoadedOnDemand = "LoadedOnDemand";

    /// <summary>A smaller tier answers the clients.</summary>
    public const string FallbackServes = "FallbackServes";

    /// <summary>The fleet's GPUs are given out by its rules.</summary>
    public const string Arbitrated = "Arbitrated";

    /// <summary>Another fleet selects some of the same deployments.</summary>
    public const string OverlappingFleets = "OverlappingFleets";

    /// <summary>No other fleet selects any of the deployments.</summary>
    public const string NoOverlap = "NoOverlap";

    /// <summary>Nodes were asked for and are not there yet.</summary>
    public const string WaitingForNodes = "WaitingForNodes";

    /// <summary>A growing pool has the nodes that it needs.</summary>
    public const string AsManyAsNeeded = "AsManyAsNeeded";

    /// <summary>More nodes are needed than maxNodes.</summary>
    public const string AtMaxNodes = "AtMaxNodes";

    /// <summary>A node could be given back, and is not, since another one could go in its place.</summary>
    public const string ScaleDownHeld = "ScaleDownHeld";

    /// <summary>A cloud has no machine of the wanted kind.</summary>
    public const string InsufficientCapacity = "InsufficientCapacity";

    /// <summary>A node has joined and does not offer its GPUs.</summary>
    public const string GpusNotOffered = "GpusNotOffered";

    /// <summary>Sick nodes are closed, and their replicas moved.</summary>
    public const string Repairing = "Repairing";

    /// <summary>An Event: a replica is moved from a sick node.</summary>
    public const string GroupDrained = "GroupDrained";

    /// <summary>An Event: a pod of a replica over several nodes is removed from the API, since its node is silent and nobody else would.</summary>
    public const string LostPodRemoved = "LostPodRemoved";

    /// <summary>An Event: a sick node is given to the provisioner to be replaced.</summary>
    public const string NodeReplaced = "NodeReplaced";

    /// <summary>An Event: a node that was sick takes groups again.</summary>
    public const string NodeReadmitted = "NodeReadmitted";

    /// <summary>No node could be freed by moving replicas.</summary>
    public const string NothingToMove = "NothingToMove";

    /// <summary>Replicas could be moved so that a node becomes free; none is on its way.</summary>
    public const string MovesPlanned = "MovesPlanned";

    /// <summary>A replica is on its way to another node.</summary>
    public const string Moving = "Moving";

    /// <summary>A move was given up, and the next has to wait.</summary>
    public const string MoveGivenUp = "MoveGivenUp";

    /// <summary>An Event: a replica is to be moved to another node.</summary>
    public const string MoveStarted = "MoveStarted";

    /// <summary>An Event: a replica has been moved to another node.</summary>
    public const string ReplicaMoved = "ReplicaMoved";

    /// <summary>The spec is not accepted; see the Accepted condition.</summary>
    public const string NotAccepted = "NotAccepted";

    /// <summary>Not known yet.</summary>
    public const string Pending = "Pending";

    /// <summary>Pods wait for a node.</summary>
    public const string Scheduling = "Scheduling";

    /// <summary>Engines load the weights.</summary>
    public const string Loading = "Loading";

    /// <summary>Some of the wanted replicas serve.</summary>
    public const string PartiallyReady = "PartiallyReady";

    /// <summary>All wanted replicas serve.</summary>
    public const string Serving = "Serving";

    /// <summary>No replica is wanted.</summary>
    public const string ScaledToZero = "ScaledToZero";

    /// <summary>A replica that served does not any more.</summary>
    public const string Degraded = "Degraded";

    /// <summary>Pods of the new template replace those of the old.</summary>
    public const string RollingOut = "RollingOut";

    /// <summary>All pods are of the new template.</summary>
    public const string RolledOut = "RolledOut";

    /// <summary>No progress within the deadline.</summary>
    public const string ProgressDeadlineExceeded = "ProgressDeadlineExceeded";

    /// <summary>A gate failed; the rollout waits.</summary>
    public const string GateFailed = "GateFailed";

    /// <summary>What a gate looks at is not known; the rollout waits.</summary>
    public const string GateWaiting = "GateWaiting";

    /// <summary>Replicas are being added or taken away.</summary>
    public const string Scaling = "Scaling";

    /// <summary>An Event: the autoscaler has raised the number of replicas.</summary>
    public const string ScaledUp = "ScaledUp";

    /// <summary>An Event: the autoscaler has lowered the number of replicas.</summary>
    public const string ScaledDown = "ScaledDown";

    /// <summary>Metrics arrive.</summary>
    public const string Scraped = "Scraped";

    /// <summary>No series of the deployment is found.</summary>
    public const string MetricsMissing = "MetricsMissing";

    /// <summary>The newest sample is too old to decide on.</summary>
    public const string MetricsStale = "MetricsStale";

    /// <summary>No Prometheus is configured.</summary>
    public const string PrometheusNotConfigured = "PrometheusNotConfigured";

    /// <summary>Prometheus does not answer.</summary>
    public const string PrometheusUnreachable = "PrometheusUnreachable";

    /// <summary>The autoscaler sets what it wants.</summary>
    public const string WithinLimits = "WithinLimits";

    /// <summary>More is wanted than maxReplicas.</summary>
    public const string AtMaxReplicas = "AtMaxReplicas";

    /// <summary>Fewer is wanted than minReplicas.</summary>
    public const string AtMinReplicas = "AtMinReplicas";

    /// <summary>The number is frozen by annotation.</summary>
    public const string Frozen = "Frozen";

    /// <summary>The number is only recommended.</summary>
    public const string RecommendOnly = "RecommendOnly";

    /// <summary>An HPA or ScaledObject claims the same object.</summary>
    public const string AnotherScaler = "AnotherScaler";

    /// <summary>The operator alone owns the number.</summary>
    public const string SoleScaler = "SoleScaler";

    /// <summary>The probes showed the declared mode.</summary>
    public const string Verified = "Verified";

    /// <summary>A probe showed another mode than declared.</summary>
    public const string ModeMismatch = "ModeMismatch";

    /// <summary>The mode was not probed, since there is no gateway.</summary>
    public const string GatewayDisabled = "GatewayDisabled";

    /// <summary>The model has no reasoning mode to probe.</summary>
    public const string NoReasoningMode = "NoReasoningMode";

    /// <summary>The deployment leaves the probe out.</summary>
    public const string ProbeLeftOut = "ProbeLeftOut";

    /// <summary>No replica can be added and requests wait, so the thinking budget is lower than declared.</summary>
    public const string UnderPressure = "UnderPressure";

    /// <summary>The thinking budget is as declared.</summary>
    public const string BudgetInFull = "BudgetInFull";

    /// <summary>The thinking budget was lowered by a step.</summary>
    public const string BudgetReduced = "BudgetReduced";

    /// <summary>The thinking budget was raised by a step.</summary>
    public const string BudgetRestored = "BudgetRestored";

    /// <summary>A probe got no answer.</summary>
    public const string ProbeFailed = "ProbeFailed";

    /// <summary>The gateway asks for a key, and the operator cannot read one.</summary>
    public const string ApiKeysUnreadable = "ApiKeysUnreadable";

    /// <summary>An engine has requests and produces nothing, or fails every one.</summary>
    public const string NoProgress = "NoProgress";

    /// <summary>An engine was ready and has said for minutes that it is not: its ranks are likely dead while its server lives on.</summary>
    public const string UnreadyTooLong = "UnreadyTooLong";

    /// <summary>An engine that was heard has refused connections for minutes though its container runs.</summary>
    public const string NotListening = "NotListening";

    /// <summary>An engine is sick and waits for its next restart, since the last ones did not help.</summary>
    public const string RestartBackoff = "RestartBackoff";

    /// <summary>An engine has not answered the operator: nothing is known of it beyond what the kubelet says.</summary>
    public const string NotHeard = "NotHeard";

    /// <summary>All is in order.</summary>
    public const string Healthy = "Healthy";

    /// <summary>No node carries the pool's labels.</summary>
    public const string NoNodes = "NoNodes";

    /// <summary>Fewer nodes than minNodes.</summary>
    public const string BelowMinNodes = "BelowMinNodes";

    /// <summary>Nodes of the pool have different GPUs, or share them.</summary>
    public const string MixedNodes = "MixedNodes";

    /// <summary>Nodes also match another pool.</summary>
    public const string OverlappingPools = "OverlappingPools";

    /// <summary>GPUs or nodes are out of order.</summary>
    public const string SickGpus = "SickGpus";

    /// <summary>More looks sick than is believable.</summary>
    public const string SignalDoubted = "SignalDoubted";

    /// <summary>The provisioner cannot get nodes.</summary>
    public const string ProvisioningFailed = "ProvisioningFailed";

    /// <summary>The configuration of a checkpoint could not be read.</summary>
    public const string ConfigUnreadable = "ConfigUnreadable";

    /// <summary>The sizes are computed.</summary>
    public const string Computed = "Computed";

    /// <summary>The API server does not let the operator write what belongs to the object: a quota, a policy, a right that is missing.</summary>
    public const string Forbidden = "Forbidden";
}
