using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>One GPU budget over many NemotronDeployments: who gets GPUs when there are too few.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = KindName, PluralName = Plural)]
[KubernetesEntityShortNames("nfleet")]
[KubernetesEntityCategories(NemotronApi.Category)]
[EntityScope(EntityScope.Cluster)]
[StorageVersion]
[GenericAdditionalPrinterColumn(".status.deployments", "Deployments", "integer", Description = "NemotronDeployments of the fleet.")]
[GenericAdditionalPrinterColumn(".status.gpus.budget", "Budget", "integer", Description = "GPUs that the fleet may use.")]
[GenericAdditionalPrinterColumn(".status.gpus.allocated", "Allocated", "integer", Description = "GPUs given to replicas.")]
[GenericAdditionalPrinterColumn(".status.gpus.wanted", "Wanted", "integer", Description = "GPUs that all deployments want.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "Status", "string", Description = "The reason of the Ready condition.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date", Description = "Time since creation.")]
public sealed class NemotronFleet() : NemotronResource<NemotronFleetSpec, NemotronFleetStatus>(KindName)
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "NemotronFleet";

    /// <summary>The plural in request paths.</summary>
    public const string Plural = "nemotronfleets";
}

/// <summary>A page of NemotronFleets.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = "NemotronFleetList", PluralName = NemotronFleet.Plural)]
public sealed class NemotronFleetList() : NemotronResourceList<NemotronFleet>("NemotronFleetList");
