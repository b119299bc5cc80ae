using k8s.Models;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>What the engine's container finds on its file system besides the image.</summary>
internal static class EngineVolumes
{
    /// <summary>Where a checkpoint on a claim is mounted.</summary>
    public const string CheckpointFolder = "/models";

    private const string Config = "nemotron-config";
    private const string SharedMemory = "nemotron-shm";
    private const string Checkpoint = "nemotron-checkpoint";

    /// <summary>The operator's own files, as containers of its pods mount them.</summary>
    public static V1VolumeMount ConfigMount => new() { Name = Config, MountPath = LaunchSpec.ConfigFolder, ReadOnlyProperty = true };

    /// <summary>The volume of those.</summary>
    public static V1Volume ConfigVolume(NemotronDeployment owner) => new() { Name = Config, ConfigMap = new V1ConfigMapVolumeSource { Name = ChildNames.ConfigMap(owner.Metadata.Name) } };

    public static IList<V1Volume> Volumes(NemotronDeployment owner, DecidedDeployment decided, GatewayPlan? gateway)
    {
        List<V1Volume> volumes =
        [
            ConfigVolume(owner),
            new() { Name = SharedMemory, EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity($"{decided.Launch.SharedMemoryBytes >> 20}Mi") } },
        ];
        if (owner.Spec.Checkpoint?.Pvc is { } pvc)
            volumes.Add(new V1Volume { Name = Checkpoint, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = pvc.ClaimName, ReadOnlyProperty = true } });
        if (decided.WeightCache is { } cache) volumes.Add(WeightContainer.VolumeOf(cache));
        if (gateway is not null) volumes.AddRange(GatewayContainer.Volumes(ChildNames.ConfigMap(owner.Metadata.Name), owner.Spec.Gateway));
        volumes.AddRange(owner.Spec.Volumes ?? []);
        return volumes;
    }

    public static IList<V1VolumeMount> Mounts(NemotronDeployment owner, DecidedDeployment decided)
    {
        List<V1VolumeMount> mounts =
        [
            ConfigMount,
            new() { Name = SharedMemory, MountPath = "/dev/shm" },
        ];
        if (owner.Spec.Checkpoint?.Pvc is not null) mounts.Add(new V1VolumeMount { Name = Checkpoint, MountPath = CheckpointFolder, ReadOnlyProperty = true });
        if (decided.Weights is not null) mounts.Add(new V1VolumeMount { Name = WeightContainer.Volume, MountPath = CachedWeights.MountPath, ReadOnlyProperty = true });
        mounts.AddRange(owner.Spec.VolumeMounts ?? []);
        return mounts;
    }

    /// <summary>Why the user's volumes or mounts cannot stand, and what to do; null when they can.</summary>
    public static string? Refusal(NemotronDeploymentSpec spec)
    {
        foreach (var (volume, index) in (spec.Volumes ?? []).Select((volume, index) => (volume, index)))
            if (volume.Name is Config or SharedMemory or Checkpoint or WeightContainer.Volume || GatewayContainer.Owns(volume.Name))
                return $"spec.volumes[{index}].name: {volume.Name} is a volume of the operator's; choose another name.";
        foreach (var (mount, index) in (spec.VolumeMounts ?? []).Select((mount, index) => (mount, index)))
        {
            if (mount.MountPath is LaunchSpec.ConfigFolder or "/dev/shm" || (mount.MountPath == CachedWeights.MountPath && spec.Checkpoint?.Cache == CheckpointCache.Node) || (mount.MountPath == CheckpointFolder && spec.Checkpoint?.Pvc is not null))
                return $"spec.volumeMounts[{index}].mountPath: {mount.MountPath} is mounted by the operator; choose another path.";
            if ((spec.Volumes ?? []).All(volume => volume.Name != mount.Name))
                return $"spec.volumeMounts[{index}].name: there is no volume {mount.Name} in spec.volumes; add it or correct the name.";
        }

        return null;
    }
}
