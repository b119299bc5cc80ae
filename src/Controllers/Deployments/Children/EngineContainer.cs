using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The container that runs the engine, or a part of it.</summary>
internal static class EngineContainer
{
    /// <summary>Its name.</summary>
    public const string Name = "engine";

    /// <summary>The one that answers requests.</summary>
    public static V1Container Server(NemotronDeployment owner, DecidedDeployment decided)
    {
        var launch = decided.Launch;
        var container = Common(owner, decided, launch.Command, launch.Args);
        container.Ports = [.. launch.Ports.Select(Port), .. launch.GroupPort is { } group ? [Port(group)] : Array.Empty<V1ContainerPort>()];
        container.StartupProbe = Probe(launch.Probes.Startup);
        container.ReadinessProbe = Probe(launch.Probes.Readiness);
        container.LivenessProbe = Probe(launch.Probes.Liveness);
        container.Lifecycle = new V1Lifecycle { PreStop = PodStop.Of(decided).EngineHook };
        return container;
    }

    /// <summary>One that computes for it: it serves nobody, and ends when the leader does or its own part dies, so there is nothing to ask it.</summary>
    public static V1Container Worker(NemotronDeployment owner, DecidedDeployment decided) =>
        Common(owner, decided, decided.Launch.WorkerCommand!, []);

    private static V1Container Common(NemotronDeployment owner, DecidedDeployment decided, IReadOnlyList<string> command, IReadOnlyList<string> args) => new()
    {
        Name = Name,
        Image = decided.Launch.Image,
        ImagePullPolicy = owner.Spec.Engine?.ImagePullPolicy?.ToString(),
        Command = [.. command],
        Args = args.Count == 0 ? null : [.. args],
        Env = EngineEnvironment.Build(owner.Spec, decided),
        Resources = Resources(owner.Spec.PodTemplate?.Resources, decided.Shape.GpusPerPod),
        VolumeMounts = EngineVolumes.Mounts(owner, decided),
    };

    private static V1ContainerPort Port(EnginePort port) => new() { Name = port.Name, ContainerPort = port.Number, Protocol = "TCP" };

    private static V1Probe Probe(EngineProbe probe) => new()
    {
        HttpGet = probe.Check is ProbeCheck.Http http ? new V1HTTPGetAction { Path = http.Path, Port = http.Port, Scheme = "HTTP" } : null,
        Exec = probe.Check is ProbeCheck.Command command ? new V1ExecAction { Command = [.. command.Argv] } : null,
        PeriodSeconds = (int)probe.Period.TotalSeconds,
        TimeoutSeconds = (int)EngineProbe.Timeout.TotalSeconds,
        FailureThreshold = probe.Failures,
    };

    private static V1ResourceRequirements Resources(V1ResourceRequirements? user, int gpus)
    {
        // Extended resources are whole and never overcommitted: request and limit are the same number.
        var count = new Dictionary<string, ResourceQuantity> { [GpuResource.Name] = new ResourceQuantity($"{gpus}") };
        return new V1ResourceRequirements { Requests = Merged.Over(user?.Requests, count), Limits = Merged.Over(user?.Limits, count) };
    }
}
