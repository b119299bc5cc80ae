using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Rollouts;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments;

/// <summary>Gathers what a decision about a NemotronDeployment looks at, from the caches and what engines and Prometheus said last.</summary>
internal sealed class DeploymentSnapshots(
    FleetState fleet,
    IInformerCache<V1Deployment> deployments,
    IInformerCache<LeaderWorkerSet> groups,
    IInformerCache<PodMonitor> monitors,
    IInformerCache<PodView> pods,
    GatewayImage gateway,
    ScalingBoard board,
    TimeProvider time,
    IInformerCache<HorizontalPodAutoscalerView> autoscalers,
    IInformerCache<ScaledObjectView> scaledObjects,
    IInformerCache<V1Service> services,
    IEngineReports? engines = null,
    FleetShares? shares = null,
    GateBoard? gates = null)
{
    public DeploymentSnapshot Of(NemotronDeployment entity)
    {
        var own = PodsOf(pods, entity);
        var now = time.GetUtcNow();
        var pools = fleet.Pools();
        return new()
        {
            Entity = entity,
            Models = fleet.Models,
            Gpus = fleet.Gpus,
            GatewayImage = gateway,
            Pools = pools,
            Moving = ExtraReplica.Asked(entity, pools.Select(state => state.Pool)),
            Live = deployments.Get(entity.Metadata.NamespaceProperty, ChildNames.Deployment(entity.Metadata.Name)),
            LiveGroups = groups.Get(entity.Metadata.NamespaceProperty, ChildNames.Groups(entity.Metadata.Name)),
            GroupsServed = groups.Served,
            PodMonitorsServed = monitors.Served,
            Front = FrontState.Of(entity, services, deployments),
            Pods = own,
            OtherScalers = OtherScalers.Of(entity, [.. autoscalers.List(entity.Metadata.NamespaceProperty), .. scaledObjects.List(entity.Metadata.NamespaceProperty)]),
            Scaling = board.Of(NamespacedName.Of(entity), entity.Metadata.Uid),
            ScalingConfigured = board.Configured,
            Gate = gates?.Of(NamespacedName.Of(entity)),
            Fleet = shares?.Of(entity),
            Engines = engines is null ? EngineFindings.None : EngineFindings.Of(own, engines, now, HealingLimits.Default),
            Now = now,
        };
    }

    /// <summary>The pods of a NemotronDeployment.</summary>
    public static IReadOnlyList<PodView> PodsOf(IInformerCache<PodView> pods, NemotronDeployment entity) =>
        [.. pods.ByLabel(NemotronLabels.Deployment, entity.Metadata.Name).Where(pod => pod.Metadata.NamespaceProperty == entity.Metadata.NamespaceProperty)];
}
