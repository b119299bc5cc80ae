using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>How clients and Prometheus reach the replicas.</summary>
internal static class EngineServices
{
    /// <summary>The name of the port on which every engine's metrics are found.</summary>
    public const string MetricsPort = "metrics";

    /// <summary>The name of the port on which the gateway's are.</summary>
    public const string GatewayMetricsPort = "gateway-metrics";

    // gRPC without TLS: HTTP/2 by prior knowledge.
    private const string Http2 = "kubernetes.io/h2c";

    /// <summary>One address for clients, with the engine's metrics on a port of one name whatever the engine.</summary>
    public static V1Service BuildClient(NemotronDeployment owner, DecidedDeployment decided)
    {
        var options = owner.Spec.Service;
        var port = options?.Port ?? 8000;
        var launch = decided.Launch;
        var main = decided.Gateway is null ? launch.Ports[0].Name : LaunchSpec.HttpPortName;
        return new V1Service
        {
            ApiVersion = "v1",
            Kind = "Service",
            Metadata = ChildMetadata.Of(owner, ChildNames.Service(owner.Metadata.Name), options?.Annotations),
            Spec = new V1ServiceSpec
            {
                Type = (options?.Type ?? ServiceType.ClusterIP).ToString(),
                Selector = decided.FrontServes ? ChildLabels.FrontSelector(owner.Metadata.Name) : ChildLabels.ServerSelector(decided.ServedBy ?? owner.Metadata.Name),
                Ports =
                [
                    new V1ServicePort { Name = main, Port = port, TargetPort = main, Protocol = "TCP", AppProtocol = ProtocolOf(main, decided) },
                    .. Metrics(decided, port),
                ],
            },
        };
    }

    // The port keeps its name with TLS, by which PodMonitors and policies know it; how to speak to it is for this field to say.
    private static string? ProtocolOf(string port, DecidedDeployment decided) =>
        port == LaunchSpec.GrpcPortName ? Http2 : decided.Gateway?.Settings.Access.TlsCertificateFile is null ? null : "https";

    private static IEnumerable<V1ServicePort> Metrics(DecidedDeployment decided, int taken)
    {
        // Where the engine tells its metrics on the port of its API, who may read them may ask the model, past what the gateway holds. Prometheus scrapes pods, not this.
        if (decided.Launch.Metrics is { } metrics && !(decided.Gateway is { Guards: true } && metrics.Port == LaunchSpec.EnginePortName)) yield return Free(MetricsPort, 9090, metrics.Port);
        // By mode, and without the engine's delays.
        if (decided.Gateway is not null) yield return Free(GatewayMetricsPort, 9464, GatewayContainer.AdminPortName);

        V1ServicePort Free(string name, int usual, string target) => new() { Name = name, Port = taken == usual ? usual + 1 : usual, TargetPort = target, Protocol = "TCP" };
    }

    /// <summary>
    /// The replicas' own addresses for gRPC clients, which balance over long connections themselves; null for an engine without gRPC, and where the gateway
    /// holds something against clients, which gRPC would lead past it.
    /// </summary>
    public static V1Service? BuildGrpc(NemotronDeployment owner, DecidedDeployment decided)
    {
        if (decided.Gateway is { Guards: true } || decided.Launch.Ports.FirstOrDefault(port => port.Name == LaunchSpec.GrpcPortName) is not { } grpc) return null;
        return new V1Service
        {
            ApiVersion = "v1",
            Kind = "Service",
            Metadata = ChildMetadata.Of(owner, ChildNames.GrpcService(owner.Metadata.Name)),
            Spec = new V1ServiceSpec
            {
                ClusterIP = "None",
                Selector = ChildLabels.ServerSelector(owner.Metadata.Name),
                Ports = [new V1ServicePort { Name = grpc.Name, Port = grpc.Number, TargetPort = grpc.Name, Protocol = "TCP", AppProtocol = Http2 }],
            },
        };
    }
}
