using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Engines.Launch;
using Nemotron.Planning.Placement;

namespace Nemotron.Controllers.Deployments;

/// <summary>Everything that was decided about a NemotronDeployment: its children follow from it and from the spec alone.</summary>
internal sealed record DecidedDeployment
{
    /// <summary>The catalogue name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>The GpuNodePool the replicas run in.</summary>
    public required string Pool { get; init; }

    /// <summary>The taints of that pool, which the pods tolerate.</summary>
    public required IReadOnlyList<V1Taint> PoolTaints { get; init; }

    /// <summary>How that pool gets nodes.</summary>
    public Crds.ProvisionerType Provisioner { get; init; }

    /// <summary>The pods of one replica and their GPUs.</summary>
    public required GroupShape Shape { get; init; }

    /// <summary>Whether the pods of one replica must be in one NVLink domain, since the pool's nodes are racks of them.</summary>
    public bool WithinNvLinkDomain { get; init; }

    /// <summary>GPUs of one replica.</summary>
    public int GpusPerReplica => Shape.Gpus;

    /// <summary>Whether a replica takes several pods, and so a LeaderWorkerSet in place of a Deployment.</summary>
    public bool InGroups => Shape.Pods > 1;

    /// <summary>Total bytes of the model's weights.</summary>
    public required long WeightsBytes { get; init; }

    /// <summary>The checkpoint that the nodes keep on their disks; null where they keep none.</summary>
    public CachedWeights? Weights { get; init; }

    /// <summary>Where they keep it; null where they keep none.</summary>
    public Crds.WeightCacheSpec? WeightCache { get; init; }

    /// <summary>How the engine is started.</summary>
    public required LaunchSpec Launch { get; init; }

    /// <summary>The gateway in front of it; null where the pods have none.</summary>
    public GatewayPlan? Gateway { get; init; }

    /// <summary>The gateway that holds requests while no replica serves; null where there is none, or not yet.</summary>
    public FrontPlan? Front { get; init; }

    /// <summary>Whether clients are led to that one now.</summary>
    public bool FrontServes { get; init; }

    /// <summary>
    /// Whether it is to have a PodMonitor of its own. Its pods say so whether or not the cluster has the kind: nobody but PodMonitors reads that, and CRDs that come
    /// and go must not replace replicas.
    /// </summary>
    public bool OwnPodMonitor { get; init; }

    /// <summary>Whether the cluster has PodMonitors.</summary>
    public bool PodMonitorsServed { get; init; } = true;

    /// <summary>What requests call the model: what the engine loads.</summary>
    public required string ServedModel { get; init; }

    /// <summary>The longest sequence the engine takes, in tokens.</summary>
    public required long ContextTokens { get; init; }

    /// <summary>The most sequences at once over a whole replica.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Replicas wanted, by the spec or the autoscaler.</summary>
    public required int Wanted { get; init; }

    /// <summary>Replicas to keep: those wanted, as far as its fleet grants them.</summary>
    public required int Replicas { get; init; }

    /// <summary>Replicas to keep beyond those, while one is moved to another node; they are not wanted, and counted as such nowhere.</summary>
    public int Extra { get; init; }

    /// <summary>The NemotronDeployment of the namespace whose replicas answer its clients for now; null for its own.</summary>
    public string? ServedBy { get; init; }

    /// <summary>Whether new replicas come before old ones go.</summary>
    public required bool Surge { get; init; }

    /// <summary>Whether nodes may still come that one replica more would fit on.</summary>
    public bool RoomToCome { get; init; }

    /// <summary>Whether a replica that was to come before an old one goes finds no place.</summary>
    public SurgeStall SurgeStall { get; init; } = SurgeStall.None;
}
