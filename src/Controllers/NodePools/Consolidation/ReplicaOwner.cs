using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Consolidation;

/// <summary>Whose a replica is, as far as moving it goes.</summary>
internal sealed record ReplicaOwner
{
    /// <summary>The NemotronDeployment's namespace and name.</summary>
    public required NamespacedName Key { get; init; }

    /// <summary>The NemotronDeployment; null where it is gone.</summary>
    public NemotronDeployment? Entity { get; init; }

    /// <summary>The Deployment that keeps its replicas; null where there is none, or a LeaderWorkerSet keeps them.</summary>
    public V1Deployment? Live { get; init; }

    /// <summary>Its pods, in whatever pool.</summary>
    public IReadOnlyList<PodView> Pods { get; init; } = [];

    /// <summary>Replicas that its fleet keeps for it whatever others want; 0 where it is in none.</summary>
    public int Floor { get; init; }

    /// <summary>Another pool that moves one of its replicas; null for none.</summary>
    public string? MovedIn { get; init; }

    /// <summary>Its pods that hold GPUs and are to stay.</summary>
    public IEnumerable<PodView> Present => Pods.Where(pod => !pod.Ended && pod.Metadata.DeletionTimestamp is null);

    /// <summary>Whether the Deployment is told to keep one replica more than wanted.</summary>
    public bool Surges => ExtraReplica.Of(Live) > 0;

    /// <summary>Replicas that are wanted, as the Deployment was told.</summary>
    public int Wanted => (Live?.Spec.Replicas ?? 0) - ExtraReplica.Of(Live);
}
