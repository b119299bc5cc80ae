using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>An architecture that the planner understands, for checkpoints beyond the built-in catalogue. NemotronDeployments name it in modelRef.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = KindName, PluralName = Plural)]
[KubernetesEntityShortNames("nmodel")]
[KubernetesEntityCategories(NemotronApi.Category)]
[EntityScope(EntityScope.Cluster)]
[StorageVersion]
[GenericAdditionalPrinterColumn(".status.parameters", "Parameters", "integer", Description = "Weights, counted.")]
[GenericAdditionalPrinterColumn(".status.layers", "Layers", "integer", Description = "Layers of all kinds.")]
[GenericAdditionalPrinterColumn(".status.attentionLayers", "Attention", "integer", Description = "Layers that keep keys and values.")]
[GenericAdditionalPrinterColumn(".status.kvBytesPerToken", "KV-Bytes/Token", "integer", Description = "KV cache of one token of the whole model in BF16, in bytes.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "Status", "string", Description = "The reason of the Ready condition.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date", Description = "Time since creation.")]
public sealed class NemotronModel() : NemotronResource<NemotronModelSpec, NemotronModelStatus>(KindName)
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "NemotronModel";

    /// <summary>The plural in request paths.</summary>
    public const string Plural = "nemotronmodels";
}

/// <summary>A page of NemotronModels.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = "NemotronModelList", PluralName = NemotronModel.Plural)]
public sealed class NemotronModelList() : NemotronResourceList<NemotronModel>("NemotronModelList");
