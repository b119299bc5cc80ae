using System.Globalization;

namespace Nemotron.Lab.Nodes;

/// <summary>A group of like nodes, as <c>--nodes</c> names it: <c>3xH100:8</c>.</summary>
/// <param name="Count">How many nodes.</param>
/// <param name="Gpu">Their GPU; null for nodes without.</param>
/// <param name="GpusPerNode">GPUs in each.</param>
internal sealed record NodeSpec(int Count, NodeGpu? Gpu, int GpusPerNode)
{
    private const int MostNodes = 10_000;

    /// <summary>
    /// Reads a list such as <c>3xH100:8,2xL40S:4,1xCPU</c>. The count may be left out (one) and so may the GPUs (as many as such a machine has).
    /// </summary>
    /// <exception cref="FormatException">The text is none; the message says what would be right.</exception>
    public static IReadOnlyList<NodeSpec> ParseList(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw new FormatException("no nodes given: write COUNTxTYPE:GPUS, for example 3xH100:8,2xL40S:4");
        IReadOnlyList<NodeSpec> specs = [.. parts.Select(Parse)];
        return specs.Sum(spec => (long)spec.Count) > MostNodes ? throw new FormatException($"more than {MostNodes} nodes in \"{text}\"") : specs;
    }

    /// <summary>Reads one group.</summary>
    /// <exception cref="FormatException">The text is none; the message says what would be right.</exception>
    public static NodeSpec Parse(string text)
    {
        var rest = text;
        var count = 1;
        var x = text.IndexOf('x', StringComparison.OrdinalIgnoreCase);
        // "3xH100", but not "RTXPRO6000": a count is digits up to the x.
        if (x > 0 && text.AsSpan(0, x).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            if (!int.TryParse(text.AsSpan(0, x), NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MostNodes)
            {
                throw new FormatException($"\"{text}\": the number of nodes is 1 to {MostNodes}, for example 3xH100:8");
            }

            rest = text[(x + 1)..];
        }

        var colon = rest.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? rest : rest[..colon];
        if (name.Equals("CPU", StringComparison.OrdinalIgnoreCase))
        {
            return colon < 0 ? new(count, null, 0) : throw new FormatException($"\"{text}\": a CPU node has no GPUs, write {count}xCPU");
        }

        var gpu = NodeGpu.Find(name)
            ?? throw new FormatException($"\"{text}\": unknown GPU \"{name}\"; known are {string.Join(", ", NodeGpu.Known.Select(type => type.Name))}, CPU. Write COUNTxTYPE:GPUS, for example 3xH100:8");
        if (colon < 0) return new(count, gpu, gpu.PerNode);
        return int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var gpus) && gpus is >= 1 and <= 16
            ? new(count, gpu, gpus)
            : throw new FormatException($"\"{text}\": the number of GPUs in a node is 1 to 16, for example {count}x{gpu.Name}:{gpu.PerNode}");
    }

    /// <inheritdoc/>
    public override string ToString() => Gpu is null ? $"{Count}xCPU" : $"{Count}x{Gpu.Name}:{GpusPerNode}";
}
