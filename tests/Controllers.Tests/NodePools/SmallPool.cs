using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Tests.NodePools;

/// <summary>Pools of a few nodes with replicas of NemotronDeployments that are at rest.</summary>
internal static class SmallPool
{
    /// <summary>A replica that serves; it is the only one of the NemotronDeployment of its name unless another is named.</summary>
    public static PodView Runs(string name, string? node, int gpus, string? of = null, bool ready = true)
    {
        var pod = Cluster.APod(name, ready, node).Of(of ?? name);
        pod.Spec!.Containers = [new ContainerView { Resources = new ResourcesView { Limits = new Dictionary<string, string> { [GpuResource.Name] = $"{gpus}" } } }];
        pod.Metadata.CreationTimestamp = Cluster.Now.AddHours(-1).UtcDateTime;
        return pod;
    }

    /// <summary>A snapshot of H100 nodes with these pods, all of whose NemotronDeployments are at rest.</summary>
    public static PoolSnapshot Seen(GpuNodePool pool, string[] nodes, params PodView[] pods) =>
        new(pool, new PoolMembership.Members([.. nodes.Select(name => Cluster.ANode(name))], [], 0),
            pods.Where(pod => pod.NodeName is not null).GroupBy(pod => pod.NodeName!).ToDictionary(node => node.Key, node => node.Sum(pod => pod.Gpus)), 0, Cluster.Now)
        {
            Engines = [.. pods.Where(pod => pod.NodeName is not null)],
            Owners = pods.GroupBy(pod => pod.Metadata.Labels[NemotronLabels.Deployment]).Select(group => Owner(group.Key, [.. group])).ToDictionary(owner => owner.Key),
        };

    /// <summary>The owner of pods, at rest with as many replicas as there are pods.</summary>
    public static ReplicaOwner Owner(string name, params PodView[] pods) => new()
    {
        Key = new NamespacedName("models", name),
        Entity = AtRest(name),
        Live = Told(pods.Length),
        Pods = pods,
    };

    /// <summary>A Deployment that has what it was told to keep.</summary>
    public static V1Deployment Told(int replicas, int extra = 0, int? available = null) => new()
    {
        Metadata = new V1ObjectMeta { Generation = 1, Annotations = extra == 0 ? null : new Dictionary<string, string> { [ChildLabels.ExtraReplicas] = $"{extra}" } },
        Spec = new V1DeploymentSpec { Replicas = replicas + extra, ProgressDeadlineSeconds = 1200 },
        Status = new V1DeploymentStatus { ObservedGeneration = 1, Replicas = replicas + extra, UpdatedReplicas = replicas + extra, AvailableReplicas = available ?? replicas + extra },
    };

    private static NemotronDeployment AtRest(string name)
    {
        var entity = Cluster.ADeployment(name);
        entity.Status = new NemotronDeploymentStatus { ObservedGeneration = entity.Metadata.Generation };
        return entity;
    }
}
