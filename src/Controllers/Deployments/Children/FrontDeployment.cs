using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The front of a deployment that may have no replica: one small pod without GPUs, and the Service by which it reaches the replicas.</summary>
internal static class FrontDeployment
{
    /// <summary>The pod's keeper; null where there is no front.</summary>
    public static V1Deployment? Build(NemotronDeployment owner, DecidedDeployment decided)
    {
        if (decided.Front is not { } front) return null;
        var name = owner.Metadata.Name;
        var drain = front.Settings.Drain;
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = ChildMetadata.Of(owner, ChildNames.Front(name)),
            Spec = new V1DeploymentSpec
            {
                Replicas = 1,
                Selector = new V1LabelSelector { MatchLabels = ChildLabels.FrontSelector(name) },
                RevisionHistoryLimit = 3,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = ChildLabels.OfFront(name) },
                    Spec = new V1PodSpec
                    {
                        ServiceAccountName = owner.Spec.PodTemplate?.ServiceAccountName ?? ChildNames.ServiceAccount(name),
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        TerminationGracePeriodSeconds = (long)Math.Ceiling((drain.Delay + drain.Deadline + PodStop.GatewayEnds).TotalSeconds),
                        ImagePullSecrets = owner.Spec.Engine?.ImagePullSecrets,
                        Containers = [GatewayContainer.Build(front.Image, front.Settings.Access, owner.Spec.Gateway?.Resources, EngineConfigMap.FrontFile)],
                        Volumes = [.. GatewayContainer.Volumes(ChildNames.ConfigMap(name), owner.Spec.Gateway, EngineConfigMap.FrontFile)],
                    },
                },
            },
        };
    }

    /// <summary>The way to the replicas that serve, whoever clients are led to.</summary>
    public static V1Service BuildBack(NemotronDeployment owner) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = ChildMetadata.Of(owner, ChildNames.BackService(owner.Metadata.Name)),
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            Selector = ChildLabels.ServerSelector(owner.Metadata.Name),
            Ports = [new V1ServicePort { Name = LaunchSpec.HttpPortName, Port = LaunchSpec.HttpPort, TargetPort = LaunchSpec.HttpPortName, Protocol = "TCP" }],
        },
    };
}
