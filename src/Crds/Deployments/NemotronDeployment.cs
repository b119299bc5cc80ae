using k8s.Models;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds;

/// <summary>One served model: which checkpoint, on which GPUs, how many replicas, and how it thinks.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = KindName, PluralName = Plural)]
[KubernetesEntityShortNames("nemo")]
[KubernetesEntityCategories(NemotronApi.Category)]
[EntityScope(EntityScope.Namespaced)]
[StorageVersion]
[ScaleSubresource(".spec.replicas", ".status.replicas", ".status.selector")]
[GenericAdditionalPrinterColumn(".status.model", "Model", "string", Description = "The model that is served.")]
[GenericAdditionalPrinterColumn(".status.plan.tensorParallel", "TP", "integer", Description = "GPUs that share each layer.")]
[GenericAdditionalPrinterColumn(".status.reasoning.default", "Reasoning", "string", Description = "The declared reasoning mode.")]
[GenericAdditionalPrinterColumn(".status.readyReplicas", "Ready", "integer", Description = "Replicas that serve.")]
[GenericAdditionalPrinterColumn(".status.desiredReplicas", "Desired", "integer", Description = "Replicas that are wanted.")]
[GenericAdditionalPrinterColumn(".status.kvUtilizationPercent", "KV%", "integer", Description = "Share of the KV cache in use, over all ready replicas.")]
[GenericAdditionalPrinterColumn(".status.tokensPerSecond", "Tok/s", "integer", Description = "Output tokens per second, over all ready replicas.")]
[GenericAdditionalPrinterColumn(".status.conditions[?(@.type==\"Ready\")].reason", "Status", "string", Description = "The reason of the Ready condition.")]
[GenericAdditionalPrinterColumn(".metadata.creationTimestamp", "Age", "date", Description = "Time since creation.")]
[GenericAdditionalPrinterColumn(".spec.engine.type", "Engine", "string", Priority = PrinterColumnPriority.WideView, Description = "The serving engine.")]
[GenericAdditionalPrinterColumn(".status.nodePool", "Pool", "string", Priority = PrinterColumnPriority.WideView, Description = "The node pool the replicas run in.")]
[GenericAdditionalPrinterColumn(".status.plan.precision", "Precision", "string", Priority = PrinterColumnPriority.WideView, Description = "The number format of the weights.")]
[GenericAdditionalPrinterColumn(".status.plan.kvTokens", "KV-Tokens", "integer", Priority = PrinterColumnPriority.WideView, Description = "Tokens that one replica's KV cache holds.")]
public sealed class NemotronDeployment() : NemotronResource<NemotronDeploymentSpec, NemotronDeploymentStatus>(KindName)
{
    /// <summary>The kind's name.</summary>
    public const string KindName = "NemotronDeployment";

    /// <summary>The plural in request paths.</summary>
    public const string Plural = "nemotrondeployments";
}

/// <summary>A page of NemotronDeployments.</summary>
[KubernetesEntity(Group = NemotronApi.Group, ApiVersion = NemotronApi.Version, Kind = "NemotronDeploymentList", PluralName = NemotronDeployment.Plural)]
public sealed class NemotronDeploymentList() : NemotronResourceList<NemotronDeployment>("NemotronDeploymentList");
