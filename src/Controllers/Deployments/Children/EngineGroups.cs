using Nemotron.Kube;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The LeaderWorkerSet that keeps the replicas, where each is several pods: one group per replica, whose leader serves.</summary>
internal static class EngineGroups
{
    /// <summary>Builds it.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="live">The LeaderWorkerSet as it stands, or null.</param>
    public static LeaderWorkerSet Build(NemotronDeployment owner, DecidedDeployment decided, LeaderWorkerSet? live)
    {
        var (server, worker) = (EnginePod.Server(owner, decided), EnginePod.Worker(owner, decided));
        var hash = EngineConfigMap.Digest(ModelJson.Serialize(server) + ModelJson.Serialize(worker));
        var settled = live?.Spec.RolloutStrategy?.RollingUpdateConfiguration is { MaxSurge: { } surge, MaxUnavailable: { } unavailable } ? new ReplicaPace(surge, unavailable) : null;
        var pace = ReplicaPace.Of(owner.Spec.Rollout, decided.Surge, hash, live?.Metadata.Annotations, settled, decided.SurgeStall.Stalled).InCounts(decided.Replicas);
        var annotations = new Dictionary<string, string> { [ChildLabels.TemplateHash] = hash };
        if (owner.Spec.MultiNode?.ExclusiveTopology is { } topology) annotations[LeaderWorkerSet.ExclusiveTopology] = topology;
        return new LeaderWorkerSet
        {
            Metadata = ChildMetadata.Of(owner, ChildNames.Groups(owner.Metadata.Name), annotations),
            Spec = new LeaderWorkerSetSpec
            {
                Replicas = decided.Replicas,
                // The leader waits for its workers, not they for it.
                StartupPolicy = "LeaderCreated",
                RolloutStrategy = new GroupRolloutStrategy
                {
                    RollingUpdateConfiguration = new GroupRollingUpdate { MaxSurge = pace.MaxSurge, MaxUnavailable = pace.MaxUnavailable },
                },
                NetworkConfig = new GroupNetworkConfig { SubdomainPolicy = "Shared" },
                LeaderWorkerTemplate = new LeaderWorkerTemplate
                {
                    Size = decided.Shape.Pods,
                    RestartPolicy = LeaderWorkerSet.RecreateGroupOnPodRestart,
                    LeaderTemplate = server,
                    WorkerTemplate = worker,
                },
            },
        };
    }
}
