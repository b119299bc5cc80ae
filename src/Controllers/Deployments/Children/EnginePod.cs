using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The pods of one replica: the one that serves, and those that compute for it where there are several.</summary>
internal static class EnginePod
{
    /// <summary>The pod that answers requests.</summary>
    public static V1PodTemplateSpec Server(NemotronDeployment owner, DecidedDeployment decided) =>
        Pod(owner, decided, NemotronLabels.ServerRole, EngineContainer.Server(owner, decided), decided.Gateway);

    /// <summary>A pod that computes for it.</summary>
    public static V1PodTemplateSpec Worker(NemotronDeployment owner, DecidedDeployment decided) =>
        Pod(owner, decided, NemotronLabels.WorkerRole, EngineContainer.Worker(owner, decided));

    private static V1PodTemplateSpec Pod(NemotronDeployment owner, DecidedDeployment decided, string role, V1Container engine, GatewayPlan? gateway = null)
    {
        var user = owner.Spec.PodTemplate;
        return new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta
            {
                Labels = Merged.Over(user?.Metadata?.Labels, ChildLabels.Of(owner.Metadata.Name), Labels(decided, role)),
                Annotations = Merged.Over(user?.Metadata?.Annotations, Annotations(owner, decided)),
            },
            Spec = new V1PodSpec
            {
                ServiceAccountName = user?.ServiceAccountName ?? ChildNames.ServiceAccount(owner.Metadata.Name),
                AutomountServiceAccountToken = user?.ServiceAccountName is null ? false : null,
                EnableServiceLinks = false,
                // Engines start processes of their own and do not collect them, and as process 1 would be deaf to SIGTERM while they load:
                // here the pod's pause process is process 1, whatever the image has or has not.
                ShareProcessNamespace = true,
                TerminationGracePeriodSeconds = (long)Math.Ceiling(PodStop.Of(decided).Grace.TotalSeconds),
                NodeSelector = Merged.Over(user?.NodeSelector, new Dictionary<string, string> { [NemotronLabels.NodePool] = decided.Pool }),
                Tolerations = [.. Tolerations(decided.PoolTaints), .. user?.Tolerations ?? []],
                Affinity = EngineAffinity.Of(owner, decided),
                TopologySpreadConstraints = ZoneSpread.Of(owner, decided),
                PriorityClassName = user?.PriorityClassName,
                RuntimeClassName = user?.RuntimeClassName,
                SchedulerName = user?.SchedulerName,
                SecurityContext = user?.SecurityContext,
                ImagePullSecrets = owner.Spec.Engine?.ImagePullSecrets,
                InitContainers = WeightContainer.Build(owner, decided) is { } weights ? [weights] : null,
                Containers = gateway is null ? [engine] : [engine, GatewayContainer.Build(gateway, owner.Spec.Gateway?.Resources)],
                Volumes = EngineVolumes.Volumes(owner, decided, gateway),
            },
        };
    }

    private static Dictionary<string, string> Labels(DecidedDeployment decided, string role)
    {
        var labels = new Dictionary<string, string>
        {
            [NemotronLabels.Model] = decided.Model,
            [NemotronLabels.NodePool] = decided.Pool,
            [NemotronLabels.Role] = role,
        };
        // The mark by which the shield below is found and taken off once the pod is ready.
        if (decided.Provisioner == ProvisionerType.Karpenter) labels[NemotronLabels.Loading] = "true";
        if (decided.OwnPodMonitor) labels[NemotronLabels.PodMonitor] = NemotronLabels.OwnPodMonitor;
        return labels;
    }

    private static Dictionary<string, string> Annotations(NemotronDeployment owner, DecidedDeployment decided)
    {
        var annotations = new Dictionary<string, string>
        {
            [NemotronAnnotations.ConfigHash] = EngineConfigMap.Hash(decided.Launch, decided.Gateway),
            [ChildLabels.WeightsBytes] = $"{decided.WeightsBytes}",
        };
        // A pod that is moved while it loads begins again, and may do so for ever.
        if (decided.Provisioner == ProvisionerType.Karpenter) annotations[KarpenterNodePool.DoNotDisrupt] = "true";
        // A new value is a new template, and so a rollout: that is how a restart is asked for.
        if (owner.Metadata.Annotations?.TryGetValue(NemotronAnnotations.RestartedAt, out var restarted) == true)
            annotations[NemotronAnnotations.RestartedAt] = restarted;
        return annotations;
    }

    /// <summary>What lets a pod onto the nodes of a pool with these taints.</summary>
    public static IEnumerable<V1Toleration> Tolerations(IReadOnlyList<V1Taint> poolTaints)
    {
        yield return new V1Toleration { Key = GpuResource.Name, OperatorProperty = "Exists", Effect = "NoSchedule" };
        foreach (var taint in poolTaints)
            yield return new V1Toleration
            {
                Key = taint.Key,
                OperatorProperty = string.IsNullOrEmpty(taint.Value) ? "Exists" : "Equal",
                Value = string.IsNullOrEmpty(taint.Value) ? null : taint.Value,
                Effect = taint.Effect,
            };
    }
}
