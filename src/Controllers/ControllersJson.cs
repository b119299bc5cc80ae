using System.Text.Json.Serialization;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers;

/// <summary>Compiled JSON contracts of what the controllers read and write: a process that has them starts sooner and takes less memory.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(NemotronDeployment))]
[JsonSerializable(typeof(GpuNodePool))]
[JsonSerializable(typeof(NemotronModel))]
[JsonSerializable(typeof(NemotronFleet))]
[JsonSerializable(typeof(NodeView))]
[JsonSerializable(typeof(PodView))]
[JsonSerializable(typeof(NamespaceView))]
[JsonSerializable(typeof(V1Deployment))]
[JsonSerializable(typeof(LeaderWorkerSet))]
[JsonSerializable(typeof(PodMonitor))]
[JsonSerializable(typeof(HorizontalPodAutoscalerView))]
[JsonSerializable(typeof(ScaledObjectView))]
[JsonSerializable(typeof(KarpenterNodePool))]
[JsonSerializable(typeof(NodeClaimView))]
[JsonSerializable(typeof(V1Job))]
[JsonSerializable(typeof(V1Service))]
[JsonSerializable(typeof(V1ConfigMap))]
[JsonSerializable(typeof(V1ServiceAccount))]
[JsonSerializable(typeof(V1PodDisruptionBudget))]
[JsonSerializable(typeof(V1NetworkPolicy))]
internal sealed partial class ControllersJson : JsonSerializerContext;
