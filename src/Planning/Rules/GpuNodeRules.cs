using System.Globalization;

namespace Nemotron.Planning;

/// <summary>What a node's GPU Feature Discovery labels say about its GPUs.</summary>
/// <param name="Type">
/// The catalogue's type. For a product that the catalogue does not know, one made of the node's own labels; null where these do not name
/// the compute capability, so that precision cannot be judged and only memory is planned.
/// </param>
/// <param name="Product">The product, without prefix and suffixes.</param>
/// <param name="MemoryMiB">Memory of each GPU as its driver reports it.</param>
/// <param name="Count">GPUs of the node.</param>
/// <param name="Clique">The NVLink domain that the node is part of (<c>nvidia.com/gpu.clique</c>); null where it is the node alone.</param>
public sealed record GpuNode(GpuType? Type, string Product, int MemoryMiB, int Count, string? Clique);

/// <summary>A node or set of nodes that can be planned with, or the reason why not.</summary>
/// <param name="Node">What can be planned with; null when refused. For a set, its smallest memory and smallest count.</param>
/// <param name="Refusal">Why not, in one sentence; null when accepted.</param>
public sealed record GpuNodeVerdict(GpuNode? Node, string? Refusal);

/// <summary>
/// Reads the labels of GPU Feature Discovery (facts E). Nodes whose GPUs a tensor-parallel group cannot have whole and alike are
/// refused: MIG slices, time-sliced or otherwise shared GPUs, and nodes or sets of nodes with different GPUs.
/// </summary>
public static class GpuNodeRules
{
    private const string Prefix = "nvidia.com/";

    // Between drivers the same GPU differs by a few per cent (an A100-40GB by 2.3); a label beyond this is another GPU's.
    private const double MemoryTolerance = 0.12;

    /// <summary>Reads one node.</summary>
    /// <param name="labels">The node's labels.</param>
    /// <param name="catalogue">The GPU types known.</param>
    /// <param name="capacity">The node's capacity of <c>nvidia.com/gpu</c>, where known.</param>
    public static GpuNodeVerdict Read(IReadOnlyDictionary<string, string> labels, GpuCatalogue catalogue, long? capacity = null)
    {
        if (!labels.TryGetValue(Prefix + "gpu.product", out var label) || label.Length == 0)
            return Refuse("has no label nvidia.com/gpu.product; GPU Feature Discovery writes it");
        var product = GpuProductName.Parse(label);
        if (SharingRefusal(labels, product) is { } sharing) return Refuse(sharing);
        if (Whole(labels, "gpu.memory") is not { } memory || memory > MemoryPlanner.MaxGpuMemoryMiB)
            return Refuse("has no usable label nvidia.com/gpu.memory (MiB)");
        if (Whole(labels, "gpu.count") is not { } count) return Refuse("has no usable label nvidia.com/gpu.count");
        if (capacity is { } given && given != count)
            return Refuse(string.Create(CultureInfo.InvariantCulture,
                $"is labelled with {count} GPUs but offers {given}: the labels describe one of several products, or GPUs are missing"));
        catalogue.TryFind(product.Product, out var type);
        if (type is not null && Math.Abs(memory - type.MemoryMiB) > type.MemoryMiB * MemoryTolerance)
            return Refuse(string.Create(CultureInfo.InvariantCulture,
                $"says {memory} MiB per GPU, but {type.Name} has about {type.MemoryMiB}: its GPUs are mixed or the labels are not its own"));
        return new GpuNodeVerdict(
            new GpuNode(type ?? FromLabels(labels, product.Product, memory, count), product.Product, memory, count, labels.TryGetValue(Prefix + "gpu.clique", out var clique) && clique.Length > 0 ? clique : null),
            null);
    }

    /// <summary>Joins the nodes of a set to what a plan may count on: the smallest memory and GPU count among them.</summary>
    /// <param name="nodes">Nodes that were accepted one by one.</param>
    public static GpuNodeVerdict Join(IEnumerable<GpuNode> nodes)
    {
        GpuNode? least = null;
        foreach (var node in nodes)
        {
            if (least is null)
            {
                least = node;
                continue;
            }
            if (!string.Equals(least.Product, node.Product, StringComparison.OrdinalIgnoreCase))
                return Refuse($"mixes {least.Product} and {node.Product}: a replica needs like GPUs");
            least = least with
            {
                MemoryMiB = Math.Min(least.MemoryMiB, node.MemoryMiB),
                Count = Math.Min(least.Count, node.Count),
                Clique = least.Clique == node.Clique ? least.Clique : null,
            };
        }
        return least is null ? Refuse("has no node with GPUs") : new GpuNodeVerdict(least, null);
    }

    private static GpuType? FromLabels(IReadOnlyDictionary<string, string> labels, string product, int memory, int count)
    {
        if (Whole(labels, "gpu.compute.major") is not { } major
            || !labels.TryGetValue(Prefix + "gpu.compute.minor", out var text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minor) || minor > 9)
            return null;
        return new GpuType
        {
            Name = product,
            MemoryMiB = memory,
            ComputeCapability = major * 10 + minor,
            GpusPerNode = count,
            DomainGpus = count,
        };
    }

    private static string? SharingRefusal(IReadOnlyDictionary<string, string> labels, GpuProductName product)
    {
        if (product.MigProfile is { } profile)
            return $"offers MIG slices ({profile}): tensor parallelism needs whole GPUs";
        if (labels.Keys.Any(key => key.StartsWith(Prefix + "mig-", StringComparison.Ordinal) && key.EndsWith(".count", StringComparison.Ordinal)))
            return "offers MIG slices (strategy mixed): tensor parallelism needs whole GPUs";
        if (product.Shared || Whole(labels, "gpu.replicas") > 1)
            return "shares each GPU between containers (time-slicing or MPS): the memory that its label names is not one's own";
        return labels.TryGetValue(Prefix + "gpu.sharing-strategy", out var strategy) && strategy is not ("none" or "")
            ? $"shares each GPU between containers ({strategy}): the memory that its label names is not one's own"
            : null;
    }

    private static int? Whole(IReadOnlyDictionary<string, string> labels, string name) =>
        labels.TryGetValue(Prefix + name, out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : null;

    private static GpuNodeVerdict Refuse(string reason) => new(null, reason);
}
