using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Planning;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Builders of small clusters: <c>ANode("a").With(8, "NVIDIA-H100-80GB-HBM3")</c>.</summary>
internal static class Cluster
{
    public const string H100 = "NVIDIA-H100-80GB-HBM3";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>For models that bring code of their own.</summary>
    public static CheckpointSpec Trusted => new() { TrustRemoteCode = true };

    public static NodeView ANode(string name, int gpus = 8, string? product = H100, int memory = 81559, int? allocatable = null)
    {
        var labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name };
        if (product is not null)
        {
            labels["nvidia.com/gpu.product"] = product;
            labels["nvidia.com/gpu.memory"] = $"{memory}";
            labels["nvidia.com/gpu.count"] = $"{gpus}";
        }

        return new NodeView
        {
            Metadata = new V1ObjectMeta { Name = name, Labels = labels, ResourceVersion = "1" },
            Spec = new NodeViewSpec(),
            Status = new NodeViewStatus
            {
                Capacity = new() { ["nvidia.com/gpu"] = $"{gpus}" },
                Allocatable = new() { ["nvidia.com/gpu"] = $"{allocatable ?? gpus}" },
                Conditions = [new ViewCondition("Ready", "True")],
            },
        };
    }

    public static NodeView NotReady(this NodeView node, string status = "Unknown")
    {
        node.Status!.Conditions = [new ViewCondition("Ready", status)];
        return node;
    }

    public static NodeView Cordoned(this NodeView node)
    {
        node.Spec!.Unschedulable = true;
        return node;
    }

    public static NodeView Label(this NodeView node, string key, string value)
    {
        node.Metadata.Labels[key] = value;
        return node;
    }

    public static GpuNodePool APool(string name, int age = 10) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = $"uid-{name}", Generation = 1, CreationTimestamp = Now.AddMinutes(-age).UtcDateTime },
        Spec = new GpuNodePoolSpec { NodeSelector = new Dictionary<string, string> { ["nvidia.com/gpu.product"] = H100 } },
    };

    public static GpuNodePool With(this GpuNodePool pool, Func<GpuNodePoolSpec, GpuNodePoolSpec> change)
    {
        pool.Spec = change(pool.Spec);
        return pool;
    }

    public static NemotronDeployment ADeployment(string name, NemotronDeploymentSpec? spec = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "models", Uid = $"uid-{name}", Generation = 1 },
        Spec = spec ?? new NemotronDeploymentSpec { Model = Crds.ModelTier.Nano },
    };

    public static DeploymentSnapshot Seen(NemotronDeployment entity, params PoolState[] pools) => new()
    {
        Entity = entity,
        Models = ModelCatalogue.Default,
        Gpus = GpuCatalogue.Default,
        Pools = pools,
        Pods = [],
        Now = Now,
    };

    public static PoolState Pool(string name, params NodeView[] nodes) => new(APool(name), [.. nodes.Select(node => node.ToNodeState(0))]);

    public static PodView APod(string name, bool ready = false, string? node = null, string? unschedulable = null)
    {
        List<ViewCondition> conditions = [new ViewCondition("Ready", ready ? "True" : "False")];
        if (unschedulable is not null) conditions.Add(new ViewCondition("PodScheduled", "False", "Unschedulable", unschedulable));
        return new PodView
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "models" },
            Spec = new PodViewSpec { NodeName = node },
            Status = new PodViewStatus { Phase = node is null ? "Pending" : "Running", Conditions = conditions },
        };
    }

    /// <summary>Makes it one of the pods of a replica over several nodes, as a LeaderWorkerSet labels them.</summary>
    public static PodView InGroup(this PodView pod, string set, int group, bool worker = false)
    {
        pod.Metadata.Labels = new Dictionary<string, string>
        {
            [LeaderWorkerSet.NameLabel] = set,
            [LeaderWorkerSet.GroupIndexLabel] = $"{group}",
            [NemotronLabels.Role] = worker ? NemotronLabels.WorkerRole : NemotronLabels.ServerRole,
        };
        return pod;
    }

    /// <summary>Labels it as a pod of <paramref name="deployment"/>, planned for <paramref name="pool"/>.</summary>
    public static PodView Of(this PodView pod, string deployment, string pool = "h100")
    {
        pod.Metadata.Labels ??= new Dictionary<string, string>();
        pod.Metadata.Labels[NemotronLabels.Deployment] = deployment;
        pod.Metadata.Labels[NemotronLabels.NodePool] = pool;
        return pod;
    }
}
