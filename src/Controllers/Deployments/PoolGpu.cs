using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>The GPU that a pool's nodes have: by their own labels, or by the pool's spec while there is no node.</summary>
/// <param name="Type">The catalogue's entry; null for a product it does not know, which is then planned by its memory alone.</param>
/// <param name="MemoryMebibytes">Memory of one GPU in MiB, the least of the pool; null takes the catalogue's.</param>
/// <param name="PerNode">GPUs of the largest node.</param>
/// <param name="Nodes">Nodes that there are, or may be: a replica is not spread over more unasked.</param>
/// <param name="DomainGpus">GPUs that work together at full speed: a node's, or those of a rack's NVLink domain where nodes say that they are in one.</param>
internal sealed record PoolGpu(GpuType? Type, int? MemoryMebibytes, int PerNode, int Nodes, int DomainGpus)
{
    /// <summary>Whether a replica over several nodes must stay within one NVLink domain.</summary>
    public bool InRacks => DomainGpus > PerNode;

    /// <summary>The pool's GPU, or null when neither nodes nor spec tell enough to plan with.</summary>
    public static PoolGpu? Of(PoolState pool, GpuCatalogue gpus)
    {
        var nodes = pool.Nodes.Where(node => node.Product is not null && Math.Max(node.Capacity, node.Allocatable) > 0).ToList();
        if (nodes.Count > 0)
        {
            // Of different products the weakest decides: a replica must fit wherever the scheduler puts it.
            var least = nodes.MinBy(node => node.GpuMemoryMebibytes ?? int.MaxValue)!;
            gpus.TryFind(least.Product!, out var found);
            var perNode = Planning.Placement.TpGroups.LargestNode(pool.Nodes);
            if ((found is null && least.GpuMemoryMebibytes is null) || perNode == 0) return null;
            // A node that joins has its label later than its GPUs: no reason to take the pods of all replicas for others.
            var inRacks = found is not null && found.DomainGpus > perNode && nodes.Exists(node => node.Clique is not null);
            return new PoolGpu(found, least.GpuMemoryMebibytes, perNode, Math.Max(nodes.Count, pool.Pool.Spec.MaxNodes ?? 0), inRacks ? found!.DomainGpus : perNode);
        }

        if (pool.Pool.Spec.Gpu is not { } declared) return null;
        gpus.TryFind(declared.Product, out var type);
        var memory = declared.Memory is { } quantity ? (int?)(long)(quantity.ToDecimal() / (1 << 20)) : null;
        return type is null && memory is null
            ? null
            : new PoolGpu(type, memory, declared.PerNode, Math.Max(1, pool.Pool.Spec.MaxNodes ?? 1), declared.PerNode);
    }
}
