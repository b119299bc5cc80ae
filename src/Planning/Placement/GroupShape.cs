namespace Nemotron.Planning.Placement;

/// <summary>How the GPUs of one replica lie on nodes: in one pod, or in several that start and stop as one.</summary>
/// <param name="Pods">Pods of a replica, at least 1.</param>
/// <param name="GpusPerPod">GPUs of each pod, all on one node.</param>
public sealed record GroupShape(int Pods, int GpusPerPod)
{
    /// <summary>GPUs of a replica.</summary>
    public int Gpus => Pods * GpusPerPod;

    /// <summary>
    /// The shape with the fewest pods on nodes of <paramref name="perNode"/> GPUs: whole tensor-parallel groups in a pod, or a group in whole pods,
    /// so that no pod holds parts of two groups.
    /// </summary>
    /// <param name="tensorParallel">GPUs that share each layer, at least 1.</param>
    /// <param name="pipelineParallel">Stages, at least 1.</param>
    /// <param name="perNode">GPUs of the largest node, at least 1.</param>
    public static GroupShape For(int tensorParallel, int pipelineParallel, int perNode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tensorParallel, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(pipelineParallel, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(perNode, 1);
        var gpus = tensorParallel * pipelineParallel;
        for (var perPod = Math.Min(perNode, gpus); perPod > 1; perPod--)
        {
            if (gpus % perPod == 0 && (perPod % tensorParallel == 0 || tensorParallel % perPod == 0)) return new GroupShape(gpus / perPod, perPod);
        }

        return new GroupShape(gpus, 1);
    }
}
