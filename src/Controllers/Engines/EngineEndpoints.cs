using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Launch;
using Nemotron.Kube;

namespace Nemotron.Controllers.Engines;

/// <summary>Where the operator asks the engine of a pod: at the pod's address, on the engine's own ports.</summary>
internal static class EngineEndpoints
{
    /// <summary>The endpoint; null while there is nobody to ask: a pod that serves nobody, has no address, is on its way out, or whose engine does not run.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="launch">How its engine was started.</param>
    public static EngineEndpoint? Of(PodView pod, LaunchSpec launch)
    {
        if (pod.IsWorker || pod.Ended || pod.Metadata.DeletionTimestamp is not null || pod.Status?.PodIP is not { Length: > 0 } address) return null;
        if (pod.Status.ContainerStatuses?.FirstOrDefault(container => container.Name == EngineContainer.Name) is not { State.Running: { } running } engine) return null;
        if (Protocol(launch) is not { } protocol) return null;
        return new EngineEndpoint
        {
            Key = KeyOf(pod),
            Incarnation = $"{pod.Metadata.Uid}/{engine.RestartCount}",
            Protocol = protocol,
            Host = address,
            HttpPort = Port(launch, LaunchSpec.EnginePortName) ?? Port(launch, LaunchSpec.HttpPortName),
            GrpcPort = Port(launch, LaunchSpec.GrpcPortName),
            MetricsPort = launch.Metrics is { } metrics ? Port(launch, metrics.Port) : null,
            Version = launch.Release.VersionText,
            Pod = new PodFacts { StartupPassed = engine.Started == true, StartedAt = running.StartedAt, StartupLimit = launch.StartupTimeout },
        };
    }

    /// <summary>The address of the gateway beside the engine; null where none runs.</summary>
    public static string? GatewayOf(PodView pod) =>
        pod.Status?.ContainerStatuses?.Any(container => container is { Name: GatewayContainer.Name, State.Running: not null }) == true ? pod.Status.PodIP : null;

    /// <summary>What names a pod among those that are asked.</summary>
    public static string KeyOf(PodView pod) => $"{pod.Metadata.NamespaceProperty}/{pod.Metadata.Name}";

    /// <summary>The pod that a key of <see cref="KeyOf"/> names.</summary>
    public static NamespacedName PodOf(string key) => key.Split('/') is [var ns, var name] ? new NamespacedName(ns, name) : throw new ArgumentException($"'{key}' names no pod", nameof(key));

    private static EngineProtocol? Protocol(LaunchSpec launch) => launch.Protocol switch
    {
        "Http" => EngineProtocol.TrtLlmHttp,
        "TritonGrpc" => EngineProtocol.Triton,
        "TrtLlmGrpc" => EngineProtocol.TrtLlmGrpc,
        _ => null,
    };

    private static int? Port(LaunchSpec launch, string name) => launch.Ports.FirstOrDefault(port => port.Name == name)?.Number;
}
