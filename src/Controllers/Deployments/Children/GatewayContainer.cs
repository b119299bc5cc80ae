using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>
/// The sidecar in front of the engine: it has the clients' port, and a port of its own for probes, metrics and the drain.
/// </summary>
/// <remarks>
/// A plain container, not a native sidecar (an init container that restarts). Native sidecars are stopped after the others have ended, and here the
/// gateway must go first: it stops taking requests and waits for those in flight, and the engine must live until then. And clusters before 1.29 take a native
/// sidecar for an init container that never ends, so that the engine would never start.
/// The order is kept by two things (<see cref="PodStop"/>): the gateway drains when it gets SIGTERM, and the engine's preStop hook waits for that drain.
/// </remarks>
internal static class GatewayContainer
{
    /// <summary>Its name.</summary>
    public const string Name = "gateway";

    /// <summary>The name of its port for probes, metrics and the drain.</summary>
    public const string AdminPortName = "gateway-admin";

    /// <summary>The number of that port.</summary>
    public const int AdminPort = 9464;

    private const string Folder = "/etc/nemotron-gateway";
    private const string Volume = "nemotron-gateway";
    private const int NonRoot = 65532;

    /// <summary>Builds it.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="resources">CPU and memory as the deployment asks; null for the usual.</param>
    public static V1Container Build(GatewayPlan gateway, V1ResourceRequirements? resources) => new()
    {
        Name = Name,
        Image = gateway.Image,
        // The image's own entry point.
        Args = ["--config", $"{Folder}/{EngineConfigMap.GatewayFile}", "--port", $"{LaunchSpec.HttpPort}", "--admin-port", $"{AdminPort}"],
        Ports =
        [
            new V1ContainerPort { Name = LaunchSpec.HttpPortName, ContainerPort = LaunchSpec.HttpPort, Protocol = "TCP" },
            new V1ContainerPort { Name = AdminPortName, ContainerPort = AdminPort, Protocol = "TCP" },
        ],
        StartupProbe = Probe("/healthz", period: 1, failures: 60),
        // Says no while the engine does, and from the first moment of a drain.
        ReadinessProbe = Probe("/readyz", period: 5, failures: 2),
        LivenessProbe = Probe("/healthz", period: 10, failures: 3),
        Resources = resources ?? Usual(),
        SecurityContext = new V1SecurityContext
        {
            AllowPrivilegeEscalation = false,
            ReadOnlyRootFilesystem = true,
            RunAsNonRoot = true,
            RunAsUser = NonRoot,
            RunAsGroup = NonRoot,
            Capabilities = new V1Capabilities { Drop = ["ALL"] },
            SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" },
        },
        VolumeMounts = [new V1VolumeMount { Name = Volume, MountPath = Folder, ReadOnlyProperty = true }],
    };

    /// <summary>Its settings: a directory, since a single mounted file would not follow changes.</summary>
    public static V1Volume Settings(string configMap) => new()
    {
        Name = Volume,
        ConfigMap = new V1ConfigMapVolumeSource { Name = configMap, Items = [new V1KeyToPath { Key = EngineConfigMap.GatewayFile, Path = EngineConfigMap.GatewayFile }] },
    };

    /// <summary>Whether a volume or a mount path is its own.</summary>
    public static bool Owns(string name) => name == Volume;

    // Idle it takes 26 to 59 MiB, and 75 KiB more for each stream that is open (docs/performance.md): the limit holds some 6,000.
    private static V1ResourceRequirements Usual() => new()
    {
        Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("100m"), ["memory"] = new("64Mi") },
        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("512Mi") },
    };

    private static V1Probe Probe(string path, int period, int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = AdminPortName, Scheme = "HTTP" },
        PeriodSeconds = period,
        TimeoutSeconds = 5,
        FailureThreshold = failures,
    };
}
