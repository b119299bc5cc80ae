namespace Nemotron.Crds;

/// <summary>Types of the conditions in status. Each is True in the state that one wishes for, or that is normal, but for <see cref="Progressing"/> and <see cref="ScalingLimited"/>, which only say what goes on, and <see cref="BudgetLowered"/>, which one wishes False.</summary>
public static class ConditionTypes
{
    /// <summary>The spec can be carried out: names resolve, the model allows the parallelism, the combination is supported.</summary>
    public const string Accepted = "Accepted";

    /// <summary>Every field that is set is acted on; the message names those that are not, with the reason.</summary>
    public const string AllFieldsInEffect = "AllFieldsInEffect";

    /// <summary>The wanted replicas have GPUs.</summary>
    public const string CapacityAvailable = "CapacityAvailable";

    /// <summary>The NemotronFleet that the deployment belongs to lets it have all the replicas it wants. Absent where it belongs to none.</summary>
    public const string FleetGranted = "FleetGranted";

    /// <summary>Clients are answered by the deployment's own replicas, and not by a smaller tier's. Absent where that has never been otherwise.</summary>
    public const string OwnTierServes = "OwnTierServes";

    /// <summary>No other NemotronFleet selects any of the fleet's deployments.</summary>
    public const string MembersOwned = "MembersOwned";

    /// <summary>A change is on its way to the pods.</summary>
    public const string Progressing = "Progressing";

    /// <summary>All that was wanted serves.</summary>
    public const string Ready = "Ready";

    /// <summary>Load is known, from the gateway or the engine.</summary>
    public const string MetricsAvailable = "MetricsAvailable";

    /// <summary>The autoscaler wants another number than it may set.</summary>
    public const string ScalingLimited = "ScalingLimited";

    /// <summary>The declared reasoning mode was seen in a probe's answer.</summary>
    public const string ReasoningVerified = "ReasoningVerified";

    /// <summary>Whether the thinking budget is lower than declared, since nothing else would help; only with spec.reasoning.pressure.</summary>
    public const string BudgetLowered = "BudgetLowered";

    /// <summary>No other autoscaler claims the number of replicas.</summary>
    public const string ScalingOwned = "ScalingOwned";

    /// <summary>The engines that serve answer for themselves and make progress.</summary>
    public const string EngineHealthy = "EngineHealthy";

    /// <summary>The weights are on the disks of the nodes that may need them. Absent without spec.checkpoint.cache.</summary>
    public const string WeightsCached = "WeightsCached";

    /// <summary>GPUs and nodes of the pool are in order.</summary>
    public const string Healthy = "Healthy";

    /// <summary>Whether a growing pool has the nodes that it should have.</summary>
    public const string Provisioned = "Provisioned";

    /// <summary>No node of the pool could be freed by moving replicas. Absent where spec.consolidation asks for no plan.</summary>
    public const string Consolidated = "Consolidated";
}
