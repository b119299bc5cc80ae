using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>What one tick's answers say of one pod. What nobody said is null.</summary>
internal sealed class PodReading
{
    private readonly double?[] _engine = new double?[Enum.GetValues<FleetSignal>().Length];
    private readonly double?[,] _modes = new double?[Enum.GetValues<FleetSignal>().Length, 2];

    /// <summary>Buckets of TTFT by mode, Off first.</summary>
    public LatencyBuckets?[] Ttft { get; } = [null, null];

    /// <summary>Buckets of ITL by mode, Off first.</summary>
    public LatencyBuckets?[] Itl { get; } = [null, null];

    /// <summary>Whether its gateway was scraped.</summary>
    public bool HasGateway => this[FleetSignal.GatewayAge] is not null;

    /// <summary>Whether its engine was scraped.</summary>
    public bool HasEngine => this[FleetSignal.Up] is > 0 || (this[FleetSignal.Running] ?? this[FleetSignal.KvTotal] ?? this[FleetSignal.KvFraction] ?? this[FleetSignal.EngineCompleted]) is not null;

    /// <summary>A figure of the pod.</summary>
    public double? this[FleetSignal signal] => _engine[(int)signal];

    /// <summary>A figure of one reasoning mode.</summary>
    public double? this[FleetSignal signal, ReasoningSide side] => _modes[(int)signal, (int)side];

    /// <summary>Takes a figure in.</summary>
    public void Set(FleetSignal signal, double value) => _engine[(int)signal] = value;

    /// <summary>Adds a figure of one mode: requests of no known mode count with those that do not think.</summary>
    public void Add(FleetSignal signal, ReasoningSide side, double value) => _modes[(int)signal, (int)side] = (_modes[(int)signal, (int)side] ?? 0) + value;
}

/// <summary>The two sides of a <see cref="ByMode{T}"/>.</summary>
internal enum ReasoningSide
{
    /// <summary>Not thinking, or not known.</summary>
    Off,

    /// <summary>Thinking.</summary>
    On,
}
