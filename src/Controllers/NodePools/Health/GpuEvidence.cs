using Nemotron.Controllers.Views;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>An XID error that a GPU has reported since it was last looked at.</summary>
/// <param name="Gpu">The GPU, by its number on the node.</param>
/// <param name="Code">The code.</param>
/// <param name="At">When it was first seen.</param>
internal sealed record GpuError(string Gpu, int Code, DateTimeOffset At);

/// <summary>What dcgm-exporter says of a node's GPUs.</summary>
/// <param name="Known">Whether it says anything now.</param>
/// <param name="Came">XID errors that have come lately.</param>
/// <param name="Standing">The last XID of each GPU that has had one, however long ago: the gauge keeps it.</param>
/// <param name="RowRemapFailed">GPUs that have no row left to remap a broken one to.</param>
internal sealed record GpuEvidence(bool Known, IReadOnlyList<GpuError> Came, IReadOnlyList<int> Standing, IReadOnlyList<string> RowRemapFailed)
{
    /// <summary>Nothing is known.</summary>
    public static readonly GpuEvidence None = new(false, [], [], []);
}

/// <summary>What is known of the GPUs of nodes.</summary>
internal interface IGpuEvidence
{
    /// <summary>Whether there is a Prometheus to ask.</summary>
    bool Configured { get; }

    /// <summary>What is known of a node's.</summary>
    GpuEvidence Of(NodeView node);
}

/// <summary>The gauge of one GPU.</summary>
/// <param name="Host">The node, as the exporter names it.</param>
/// <param name="Gpu">The GPU's number.</param>
/// <param name="Code">The last XID; 0 for none.</param>
internal readonly record struct XidGauge(string Host, string Gpu, int Code);

/// <summary>Where XID errors come from a gauge that holds the last code for ever. Pure.</summary>
internal static class XidEdges
{
    /// <summary>
    /// The gauges whose code is not what it was. One that was not seen before tells of no error: when it came is not known, and it may be months old.
    /// The same code twice in a row is not seen.
    /// </summary>
    /// <param name="before">Codes when last looked at, by host and GPU.</param>
    /// <param name="now">The gauges now.</param>
    public static IReadOnlyList<XidGauge> Came(IReadOnlyDictionary<(string Host, string Gpu), int> before, IEnumerable<XidGauge> now) =>
        [.. now.Where(gauge => gauge.Code != 0 && before.TryGetValue((gauge.Host, gauge.Gpu), out var old) && old != gauge.Code)];
}
