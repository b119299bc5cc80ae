using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The pod of one replica.</summary>
internal static class EnginePod
{
    /// <summary>The name of the container that runs the engine.</summary>
    public const string Container = "engine";

    private const int ProbePeriodSeconds = 10;

    // Time for the engine to end by itself once its last request has; killed after.
    private const int EndingSeconds = 30;

    // Endpoints take a moment to leave every node's tables; until then requests still arrive and must be served.
    private const int LeavingSeconds = 5;

    public static V1PodTemplateSpec Build(NemotronDeployment owner, DecidedDeployment decided)
    {
        var user = owner.Spec.PodTemplate;
        var drain = owner.Spec.Drain?.Timeout?.Value ?? TimeSpan.FromMinutes(5);
        return new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta
            {
                Labels = Merge(user?.Metadata?.Labels, ChildLabels.Of(owner.Metadata.Name), new Dictionary<string, string> { [NemotronLabels.Model] = decided.Model, [NemotronLabels.NodePool] = decided.Pool }),
                Annotations = Merge(user?.Metadata?.Annotations, Annotations(owner, decided)),
            },
            Spec = new V1PodSpec
            {
                ServiceAccountName = user?.ServiceAccountName ?? ChildNames.ServiceAccount(owner.Metadata.Name),
                AutomountServiceAccountToken = user?.ServiceAccountName is null ? false : null,
                EnableServiceLinks = false,
                TerminationGracePeriodSeconds = LeavingSeconds + (long)Math.Ceiling(drain.TotalSeconds) + EndingSeconds,
                NodeSelector = Merge(user?.NodeSelector, new Dictionary<string, string> { [NemotronLabels.NodePool] = decided.Pool }),
                Tolerations = [.. Tolerations(decided.PoolTaints), .. user?.Tolerations ?? []],
                Affinity = user?.Affinity,
                TopologySpreadConstraints = user?.TopologySpreadConstraints,
                PriorityClassName = user?.PriorityClassName,
                RuntimeClassName = user?.RuntimeClassName,
                SchedulerName = user?.SchedulerName,
                SecurityContext = user?.SecurityContext,
                ImagePullSecrets = owner.Spec.Engine?.ImagePullSecrets,
                Containers = [Engine(owner, decided)],
                Volumes = EngineVolumes.Volumes(owner, decided.Launch),
            },
        };
    }

    private static Dictionary<string, string> Annotations(NemotronDeployment owner, DecidedDeployment decided)
    {
        var annotations = new Dictionary<string, string>
        {
            [NemotronAnnotations.ConfigHash] = EngineConfigMap.Hash(decided.Launch),
            [ChildLabels.WeightsBytes] = $"{decided.WeightsBytes}",
        };
        // A new value is a new template, and so a rollout: that is how a restart is asked for.
        if (owner.Metadata.Annotations?.TryGetValue(NemotronAnnotations.RestartedAt, out var restarted) == true)
            annotations[NemotronAnnotations.RestartedAt] = restarted;
        return annotations;
    }

    private static V1Container Engine(NemotronDeployment owner, DecidedDeployment decided)
    {
        var launch = decided.Launch;
        var probes = launch.Probes;
        return new V1Container
        {
            Name = Container,
            Image = launch.Image,
            ImagePullPolicy = owner.Spec.Engine?.ImagePullPolicy?.ToString(),
            Command = [.. launch.Command],
            Args = [.. launch.Args],
            Env = EngineEnvironment.Build(owner.Spec, launch),
            Ports = [.. launch.Ports.Select(port => new V1ContainerPort { Name = port.Name, ContainerPort = port.Number, Protocol = "TCP" })],
            Resources = Resources(owner.Spec.PodTemplate?.Resources, decided.GpusPerReplica),
            VolumeMounts = EngineVolumes.Mounts(owner),
            // Engines refuse connections while they load, so until the first success a refusal is no fault.
            StartupProbe = Probe(probes.Port, probes.ReadyPath, (int)Math.Ceiling(probes.StartupTimeout.TotalSeconds / ProbePeriodSeconds)),
            ReadinessProbe = Probe(probes.Port, probes.ReadyPath, 3),
            // A crashed rank leaves the parent answering 503 for ever: a finite threshold ends it.
            LivenessProbe = Probe(probes.Port, probes.LivePath, 12),
            Lifecycle = new V1Lifecycle { PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["sleep", $"{LeavingSeconds}"] } } },
        };
    }

    private static V1Probe Probe(string port, string path, int failures) => new()
    {
        HttpGet = new V1HTTPGetAction { Path = path, Port = port, Scheme = "HTTP" },
        PeriodSeconds = ProbePeriodSeconds,
        TimeoutSeconds = 5,
        FailureThreshold = failures,
    };

    private static V1ResourceRequirements Resources(V1ResourceRequirements? user, int gpus)
    {
        // Extended resources are whole and never overcommitted: request and limit are the same number.
        var count = new ResourceQuantity($"{gpus}");
        return new V1ResourceRequirements
        {
            Requests = Merge(user?.Requests, new Dictionary<string, ResourceQuantity> { [GpuResource.Name] = count }),
            Limits = Merge(user?.Limits, new Dictionary<string, ResourceQuantity> { [GpuResource.Name] = count }),
        };
    }

    private static IEnumerable<V1Toleration> Tolerations(IReadOnlyList<V1Taint> poolTaints)
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

    // Later ones win: the operator's own keys are not the user's to change.
    private static Dictionary<string, T> Merge<T>(IDictionary<string, T>? user, params Dictionary<string, T>[] ours)
    {
        var merged = new Dictionary<string, T>(user ?? new Dictionary<string, T>());
        foreach (var map in ours)
            foreach (var (key, value) in map)
                merged[key] = value;
        return merged;
    }
}
