using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Downloads the weights to one node ahead of its first replica.</summary>
internal static class WeightJob
{
    // A new pod goes on with what the last one has downloaded.
    private const int Tries = 3;

    // Long enough to be seen; a failed one that has gone is made anew.
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Its name: another node, another checkpoint, another image or another owner is another Job, since a Job cannot be changed. A NemotronDeployment that is made anew
    /// does not wait until the garbage collector has taken those of its predecessor.
    /// </summary>
    public static string NameOf(NemotronDeployment owner, DecidedDeployment decided, NodeView node) =>
        ChildNames.WeightJob(owner.Metadata.Name, EngineConfigMap.Digest($"{owner.Metadata.Uid}\0{node.Metadata.Name}\0{node.Metadata.Uid}\0{decided.Weights!.Key}\0{decided.Launch.Image}"));

    /// <summary>Builds it.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it, with weights.</param>
    /// <param name="node">The node.</param>
    /// <param name="keep">Folders that other deployments of the pool use.</param>
    public static V1Job Build(NemotronDeployment owner, DecidedDeployment decided, NodeView node, IReadOnlyList<string> keep)
    {
        var labels = ChildLabels.OfWeights(owner.Metadata.Name, decided.Weights!.Key);
        var user = owner.Spec.PodTemplate;
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta
            {
                Name = NameOf(owner, decided, node),
                NamespaceProperty = owner.Metadata.NamespaceProperty,
                Labels = new Dictionary<string, string>(labels) { [NemotronLabels.NodePool] = decided.Pool },
                Annotations = new Dictionary<string, string> { [NemotronAnnotations.WeightsNode] = $"{node.Metadata.Name}/{node.Metadata.Uid}" },
            },
            Spec = new V1JobSpec
            {
                BackoffLimit = Tries,
                // A download as slow as any worth waiting for, and the time to pull the image.
                ActiveDeadlineSeconds = (long)StartupTime.Limit(decided.WeightsBytes).TotalSeconds,
                TtlSecondsAfterFinished = (int)KeptFor.TotalSeconds,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = labels },
                    Spec = new V1PodSpec
                    {
                        ServiceAccountName = user?.ServiceAccountName ?? ChildNames.ServiceAccount(owner.Metadata.Name),
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        // What a failed pod said last stays to be read.
                        RestartPolicy = "Never",
                        SecurityContext = user?.SecurityContext,
                        ImagePullSecrets = owner.Spec.Engine?.ImagePullSecrets,
                        Affinity = Only(node),
                        Tolerations = [.. EnginePod.Tolerations(decided.PoolTaints), .. user?.Tolerations ?? []],
                        Containers = [WeightContainer.Build(owner, decided, keep)!],
                        Volumes = [EngineVolumes.ConfigVolume(owner), WeightContainer.VolumeOf(decided.WeightCache!)],
                    },
                },
            },
        };
    }

    private static V1Affinity Only(NodeView node) => new()
    {
        NodeAffinity = new V1NodeAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector
            {
                NodeSelectorTerms = [new V1NodeSelectorTerm { MatchFields = [new V1NodeSelectorRequirement { Key = "metadata.name", OperatorProperty = "In", Values = [node.Metadata.Name] }] }],
            },
        },
    };
}
