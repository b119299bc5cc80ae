using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments;

/// <summary>Gathers what a decision about a NemotronDeployment looks at, from the caches alone.</summary>
internal sealed class DeploymentSnapshots(
    FleetState fleet, IInformerCache<V1Deployment> deployments, IInformerCache<LeaderWorkerSet> groups, IInformerCache<PodView> pods, GatewayImage gateway, ScalingBoard board, TimeProvider time)
{
    public DeploymentSnapshot Of(NemotronDeployment entity) => new()
    {
        Entity = entity,
        Models = fleet.Models,
        Gpus = fleet.Gpus,
        GatewayImage = gateway,
        Pools = fleet.Pools(),
        Live = deployments.Get(entity.Metadata.NamespaceProperty, ChildNames.Deployment(entity.Metadata.Name)),
        LiveGroups = groups.Get(entity.Metadata.NamespaceProperty, ChildNames.Groups(entity.Metadata.Name)),
        GroupsServed = groups.Served,
        Pods = [.. pods.ByLabel(NemotronLabels.Deployment, entity.Metadata.Name).Where(pod => pod.Metadata.NamespaceProperty == entity.Metadata.NamespaceProperty)],
        Scaling = board.Of(NamespacedName.Of(entity), entity.Metadata.Uid),
        ScalingConfigured = board.Configured,
        Now = time.GetUtcNow(),
    };
}
