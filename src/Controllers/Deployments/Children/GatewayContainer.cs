using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

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

    /// <summary>Where it finds the API keys of clients, where there are any.</summary>
    public const string KeysFile = $"{KeysFolder}/keys";

    /// <summary>Where it finds its certificate chain, where it has one.</summary>
    public const string CertificateFile = $"{TlsFolder}/tls.crt";

    /// <summary>Where it finds that certificate's private key.</summary>
    public const string CertificateKeyFile = $"{TlsFolder}/tls.key";

    private const string Folder = "/etc/nemotron-gateway";
    private const string KeysFolder = "/etc/nemotron-gateway-keys";
    private const string TlsFolder = "/etc/nemotron-gateway-tls";
    private const string Volume = "nemotron-gateway";
    private const string KeysVolume = "nemotron-gateway-keys";
    private const string TlsVolume = "nemotron-gateway-tls";
    private const int NonRoot = 65532;

    /// <summary>Builds it.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="resources">CPU and memory as the deployment asks; null for the usual.</param>
    public static V1Container Build(GatewayPlan gateway, V1ResourceRequirements? resources) => Build(gateway.Image, gateway.Settings.Access, resources, EngineConfigMap.GatewayFile);

    /// <summary>Builds one.</summary>
    /// <param name="image">Its image.</param>
    /// <param name="access">Which Secrets it reads.</param>
    /// <param name="resources">CPU and memory as the deployment asks; null for the usual.</param>
    /// <param name="file">Its settings file.</param>
    public static V1Container Build(string image, GatewayAccess access, V1ResourceRequirements? resources, string file) => new()
    {
        Name = Name,
        Image = image,
        // The image's own entry point.
        Args = ["--config", $"{Folder}/{file}", "--port", $"{LaunchSpec.HttpPort}", "--admin-port", $"{AdminPort}"],
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
        VolumeMounts = [.. Mounts(access)],
    };

    /// <summary>
    /// Its settings, and what it reads of Secrets: each a directory, since a single mounted file would not follow changes. Where a Secret, or its key, is missing the
    /// kubelet starts nothing and says so in an event of the pod: no gateway without the keys that were asked for.
    /// </summary>
    /// <param name="configMap">The ConfigMap with its settings.</param>
    /// <param name="declared">What the deployment declares of it, or null.</param>
    /// <param name="file">Its settings file.</param>
    public static IEnumerable<V1Volume> Volumes(string configMap, GatewaySpec? declared, string file = EngineConfigMap.GatewayFile)
    {
        yield return new V1Volume { Name = Volume, ConfigMap = new V1ConfigMapVolumeSource { Name = configMap, Items = [Item(file)] } };
        if (declared?.ApiKeysSecretRef is { } keys)
            yield return new V1Volume { Name = KeysVolume, Secret = new V1SecretVolumeSource { SecretName = keys.Name, Items = [new V1KeyToPath { Key = keys.Key, Path = Path.GetFileName(KeysFile) }] } };
        if (declared?.Tls is { } tls)
            yield return new V1Volume
            {
                Name = TlsVolume,
                Secret = new V1SecretVolumeSource { SecretName = tls.SecretName, Items = [Item(Path.GetFileName(CertificateFile)), Item(Path.GetFileName(CertificateKeyFile))] },
            };
    }

    /// <summary>Whether a volume is its own.</summary>
    public static bool Owns(string name) => name is Volume or KeysVolume or TlsVolume;

    // Only in this container: the engine's has no business with them.
    private static IEnumerable<V1VolumeMount> Mounts(GatewayAccess access)
    {
        yield return Mount(Volume, Folder);
        if (access.ApiKeysFile is not null) yield return Mount(KeysVolume, KeysFolder);
        if (access.TlsCertificateFile is not null) yield return Mount(TlsVolume, TlsFolder);
    }

    private static V1VolumeMount Mount(string volume, string path) => new() { Name = volume, MountPath = path, ReadOnlyProperty = true };

    private static V1KeyToPath Item(string file) => new() { Key = file, Path = file };

    // Idle it takes 26 to 59 MiB, and 75 KiB more for each stream that is open (docs/performance.md): the limit holds some 6,000.
    private static V1ResourceRequirements Usual() => new()
    {
        Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("100m"), ["memory"] = new("64Mi") },
        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("512Mi") },
    };

    // The admin port speaks plain HTTP whatever the clients' port does: the kubelet asks it, and it tells no secrets.
    private static V1Probe Probe(string path, int period, int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = AdminPortName, Scheme = "HTTP" },
        PeriodSeconds = period,
        TimeoutSeconds = 5,
        FailureThreshold = failures,
    };
}
