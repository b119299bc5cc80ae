using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>A set of like GPU nodes: how they are found, how many there may be, how they grow, and what is done about sick ones.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = KindName, PluralName = Plural)]
[KubernetesEntityShortNames("gnp")]
[KubernetesEntityCategories(NemotronApi.Category)]
[EntityScope(EntityScope.Cluster)]
[StorageVersion]
[GenericAdditionalPrinterColumn(".spec.provisioner.type", "Provisioner", "string", Description = "How the pool grows.")]
[GenericAdditionalPrinterColumn(".status.gpu.product", "GPU", "string", Description = "The GPU of the nodes.")]
[GenericAdditionalPrinterColumn(".status.nodes.ready", "Nodes", "integer", Description = "Nodes that are ready.")]
[GenericAdditionalPrinterColumn(".status.gpus.total", "GPUs", "integer", Description = "GPUs of all nodes.")]
[GenericAdditionalPrinterColumn(".status.gpus.allocated", "Allocated", "integer", Description = "GPUs given to pods.")]
[GenericAdditionalPrinterColumn(".status.gpus.free", "Free", "integer", Description = "Usable GPUs not given to pods.")]
[GenericAdditionalPrinterColumn(".status.gpus.unhealthy", "Unhealthy", "integer", Description = "GPUs that are out of order.")]
[GenericAdditionalPrinterColumn(".status.largestFreeGroup", "Largest-Group", "integer", Description = "GPUs of the largest replica that fits on one node now.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "Status", "string", Description = "The reason of the Ready condition.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date", Description = "Time since creation.")]
[GenericAdditionalPrinterColumn(".status.groupsWaiting", "Waiting", "integer", Priority = PrinterColumnPriority.WideView, Description = "Replicas that wait for GPUs.")]
[GenericAdditionalPrinterColumn(".spec.minNodes", "Min", "integer", Priority = PrinterColumnPriority.WideView, Description = "Fewest nodes.")]
[GenericAdditionalPrinterColumn(".spec.maxNodes", "Max", "integer", Priority = PrinterColumnPriority.WideView, Description = "Most nodes.")]
public sealed class GpuNodePool() : NemotronResource<GpuNodePoolSpec, GpuNodePoolStatus>(KindName)
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "GpuNodePool";

    /// <summary>The plural in request paths.</summary>
    public const string Plural = "gpunodepools";
}

/// <summary>A page of GpuNodePools.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = "GpuNodePoolList", PluralName = GpuNodePool.Plural)]
public sealed class GpuNodePoolList() : NemotronResourceList<GpuNodePool>("GpuNodePoolList");
