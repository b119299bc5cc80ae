using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The container that puts weights on the node's disk where they are not there yet: before the engine in its own pod, and ahead of it in a Job.</summary>
internal static class WeightContainer
{
    /// <summary>Its name.</summary>
    public const string Name = "weights";

    /// <summary>The volume with the weights.</summary>
    public const string Volume = "nemotron-weights";

    // For a download with a few connections; it waits for the network, not for a processor.
    private static readonly Dictionary<string, ResourceQuantity> Requests = new() { ["cpu"] = new("500m"), ["memory"] = new("1Gi") };

    /// <summary>Builds it; null where the nodes keep no weights.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="keep">Folders that are to stay though the disk is too full; null lets all stay.</param>
    public static V1Container? Build(NemotronDeployment owner, DecidedDeployment decided, IReadOnlyList<string>? keep = null) => decided.Weights is not { } weights ? null : new()
    {
        Name = Name,
        // The engine's image has all that it takes, and is on its way to the node anyway.
        Image = decided.Launch.Image,
        ImagePullPolicy = owner.Spec.Engine?.ImagePullPolicy?.ToString(),
        Command = [.. weights.Command(decided.WeightsBytes, keep)],
        Env = EngineEnvironment.OfDownloads(owner.Spec),
        Resources = new V1ResourceRequirements { Requests = Requests },
        VolumeMounts = [EngineVolumes.ConfigMount, new V1VolumeMount { Name = Volume, MountPath = CachedWeights.MountPath }],
        TerminationMessagePolicy = "FallbackToLogsOnError",
    };

    /// <summary>The directory of the node that it fills.</summary>
    public static V1Volume VolumeOf(WeightCacheSpec cache) => new() { Name = Volume, HostPath = new V1HostPathVolumeSource { Path = cache.HostPath, Type = "DirectoryOrCreate" } };
}
