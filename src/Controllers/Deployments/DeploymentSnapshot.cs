using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>A pool and its nodes, as they are now.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Nodes">Its nodes with what pods take of them.</param>
internal sealed record PoolState(GpuNodePool Pool, IReadOnlyList<NodeState> Nodes);

/// <summary>All that a decision about one NemotronDeployment looks at.</summary>
internal sealed record DeploymentSnapshot
{
    /// <summary>The NemotronDeployment.</summary>
    public required NemotronDeployment Entity { get; init; }

    /// <summary>The models that are known: the built-in ones and those of NemotronModel resources.</summary>
    public required ModelCatalogue Models { get; init; }

    /// <summary>The GPUs that are known.</summary>
    public required GpuCatalogue Gpus { get; init; }

    /// <summary>The gateway's image where the spec names none.</summary>
    public GatewayImage GatewayImage { get; init; } = GatewayImage.OfThisVersion;

    /// <summary>All pools.</summary>
    public required IReadOnlyList<PoolState> Pools { get; init; }

    /// <summary>The Deployment as it stands, or null.</summary>
    public V1Deployment? Live { get; init; }

    /// <summary>The LeaderWorkerSet as it stands, or null.</summary>
    public LeaderWorkerSet? LiveGroups { get; init; }

    /// <summary>Whether the cluster has LeaderWorkerSets.</summary>
    public bool GroupsServed { get; init; } = true;

    /// <summary>Whether the cluster has PodMonitors.</summary>
    public bool PodMonitorsServed { get; init; } = true;

    /// <summary>The pool that the replicas are in, by the status; by what runs while that has not been written yet. Null while nothing runs.</summary>
    public string? RunsIn => Entity.Status?.NodePool ?? PoolOf(Live?.Spec.Template) ?? PoolOf(LiveGroups?.Spec.LeaderWorkerTemplate?.LeaderTemplate);

    /// <summary>The object that keeps the replicas now: of two, during a change from one to the other, the one that is wanted.</summary>
    /// <param name="inGroups">Whether a LeaderWorkerSet is wanted; null where that is not known.</param>
    public LiveWorkload? Workload(bool? inGroups) => (inGroups ?? LiveGroups is not null)
        ? LiveWorkload.Of(LiveGroups) ?? LiveWorkload.Of(Live)
        : LiveWorkload.Of(Live) ?? LiveWorkload.Of(LiveGroups);

    /// <summary>Whether every wanted replica is of a template and serves, and no other is left.</summary>
    /// <param name="decided">What was decided.</param>
    /// <param name="template">The template's hash, as applied.</param>
    public bool RolledOut(DecidedDeployment decided, string template)
    {
        var metadata = decided.InGroups ? LiveGroups?.Metadata : Live?.Metadata;
        if (metadata?.Annotations?.TryGetValue(ChildLabels.TemplateHash, out var hash) != true || hash != template) return false;
        if (!decided.InGroups && Live!.Status?.ObservedGeneration < metadata.Generation) return false;
        var counts = ReplicaCounts.Of(decided.Replicas, Workload(decided.InGroups), Pods, Now);
        return counts.Ready > 0 && counts.Ready == counts.Desired && counts.Existing == counts.Desired && counts.Updated == counts.Desired;
    }

    /// <summary>What holds its requests while it has no replica.</summary>
    public FrontState Front { get; init; } = FrontState.None;

    /// <summary>The pods of the NemotronDeployment.</summary>
    public required IReadOnlyList<PodView> Pods { get; init; }

    /// <summary>Autoscalers of others that scale it, or what is kept for it.</summary>
    public IReadOnlyList<Scaling.OtherScaler> OtherScalers { get; init; } = [];

    /// <summary>What the autoscaler says, since this process leads; null while it has said nothing.</summary>
    public Scaling.ScalingVerdict? Scaling { get; init; }

    /// <summary>Whether the autoscaler has a Prometheus to ask.</summary>
    public bool ScalingConfigured { get; init; }

    /// <summary>What the gate on failed requests says of its rollout, since this process leads; null while it has said nothing, or none is under way.</summary>
    public Rollouts.GateVerdict? Gate { get; init; }

    /// <summary>Its part in a fleet; null where it is in none.</summary>
    public Fleets.FleetShare? Fleet { get; init; }

    /// <summary>What a pool that moves one of its replicas asks.</summary>
    public ExtraReplica Moving { get; init; } = ExtraReplica.None;

    /// <summary>What is known of its engines.</summary>
    public EngineFindings Engines { get; init; } = EngineFindings.None;

    /// <summary>The time.</summary>
    public required DateTimeOffset Now { get; init; }

    private static string? PoolOf(V1PodTemplateSpec? template) => template?.Spec?.NodeSelector?.TryGetValue(NemotronLabels.NodePool, out var pool) == true ? pool : null;
}
