using System.Runtime.InteropServices;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>Keeps what a run's figures are made of.</summary>
internal sealed class FleetRecorder(FleetScenario scenario, bool keepTimeline)
{
    private static readonly TimeSpan DirectionWindow = TimeSpan.FromMinutes(10);

    private readonly List<float> _ttft = new(scenario.Trace.Count);
    private readonly List<float> _itl = new(scenario.Trace.Count);
    private readonly List<(TimeSpan At, int Step)> _scalings = [];
    private readonly List<FleetSample> _timeline = [];
    private int _good;
    private int _failed;

    // Requests that are known not to be good: late from their first token on, others when they end.
    private int _missed;
    private int _worstQueue;
    private int _most;

    /// <summary>A request has its first token.</summary>
    public void Began(TimeSpan ttft)
    {
        if (ttft > scenario.TtftObjective) _missed++;
    }

    /// <summary>What is certain before the run is over.</summary>
    /// <param name="replicas">Replicas that exist or have existed.</param>
    /// <param name="now">When, not after the last arrival.</param>
    public FleetStanding Standing(List<SimulatedReplica> replicas, TimeSpan now)
    {
        // Summed up as the outcome is, so that rounding cannot make it more than the outcome will be.
        double existed = 0;
        foreach (var replica in replicas)
        {
            if (replica.Created >= now) continue;
            existed += ((replica.Ended is { } ended && ended < now ? ended : now) - replica.Created).TotalSeconds;
        }
        var requests = scenario.Trace.Count;
        return new FleetStanding(existed * scenario.GpusPerReplica / 3600, requests == 0 ? 1 : (double)(requests - _missed) / requests);
    }

    public void Served(in ServedRequest served)
    {
        var late = served.TimeToFirstToken > scenario.TtftObjective;
        if (served.Cancelled || served.TimeToFirstToken is not { } ttft)
        {
            _failed++;
            if (!late) _missed++;
            return;
        }
        _ttft.Add((float)ttft.TotalSeconds);
        if (served.TimePerOutputToken is { } itl) _itl.Add((float)itl.TotalSeconds);
        if (ttft <= scenario.TtftObjective && (served.TimePerOutputToken ?? TimeSpan.Zero) <= scenario.ItlObjective) _good++;
        else if (!late) _missed++;
    }

    public void Lost()
    {
        _failed++;
        _missed++;
    }

    public void Tick(TimeSpan now, ScalingSignals signals, List<SimulatedReplica> replicas, int asked, int wanted, int held)
    {
        if (wanted != asked) _scalings.Add((now, wanted - asked));
        int queue = held, running = 0, ready = 0, existing = 0;
        long kvUsed = 0, kvTotal = 0;
        foreach (var replica in replicas)
        {
            if (replica.Phase == ReplicaPhase.Gone) continue;
            existing++;
            queue += replica.Waiting;
            running += replica.InFlight;
            if (replica.Phase == ReplicaPhase.Loading) continue;
            if (replica.Phase == ReplicaPhase.Ready) ready++;
            kvUsed += replica.KvBlocksUsed;
            kvTotal += replica.KvBlocksTotal;
        }
        _worstQueue = Math.Max(_worstQueue, queue);
        _most = Math.Max(_most, existing);
        if (!keepTimeline) return;
        _timeline.Add(new FleetSample(
            now, signals.Modes.Off.Arrivals?.Value, signals.Modes.On.Arrivals?.Value, wanted, ready, existing, running, queue, kvTotal == 0 ? 0 : (double)kvUsed / kvTotal,
            Worse(signals.Modes.Off.TtftSeconds, signals.Modes.On.TtftSeconds), Worse(signals.Modes.Off.ItlSeconds, signals.Modes.On.ItlSeconds)));
    }

    public FleetOutcome Outcome(IReadOnlyList<SimulatedReplica> replicas, TimeSpan end)
    {
        double existed = 0, wasted = 0;
        foreach (var replica in replicas)
        {
            if (replica.Created >= end) continue;
            var gone = replica.Ended is { } ended && ended < end ? ended : end;
            existed += (gone - replica.Created).TotalSeconds;
            replica.EndIdle(end);
            var loaded = replica.ReadyAt < gone ? replica.ReadyAt : gone;
            wasted += (loaded - replica.Created).TotalSeconds + Math.Min(replica.Idle.TotalSeconds, (gone - loaded).TotalSeconds);
        }
        var requests = scenario.Trace.Count;
        return new FleetOutcome
        {
            Requests = requests,
            Failed = _failed,
            Goodput = requests == 0 ? 1 : (double)_good / requests,
            GpuHours = existed * scenario.GpusPerReplica / 3600,
            WastedGpuHours = wasted * scenario.GpusPerReplica / 3600,
            TtftP50 = Quantile(_ttft, 0.5),
            TtftP99 = Quantile(_ttft, 0.99),
            ItlP50 = Quantile(_itl, 0.5),
            ItlP99 = Quantile(_itl, 0.99),
            ScaleEvents = _scalings.Count,
            DirectionChanges = WorstDirectionChanges(),
            WorstQueue = _worstQueue,
            MostReplicas = _most,
            Timeline = _timeline,
        };
    }

    private int WorstDirectionChanges()
    {
        var changes = new List<TimeSpan>();
        for (var i = 1; i < _scalings.Count; i++)
        {
            if (Math.Sign(_scalings[i].Step) != Math.Sign(_scalings[i - 1].Step)) changes.Add(_scalings[i].At);
        }
        var worst = 0;
        for (int first = 0, last = 0; last < changes.Count; last++)
        {
            while (changes[last] - changes[first] >= DirectionWindow) first++;
            worst = Math.Max(worst, last - first + 1);
        }
        return worst;
    }

    private static TimeSpan Quantile(List<float> seconds, double quantile) =>
        seconds.Count == 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Selection.At(CollectionsMarshal.AsSpan(seconds), Math.Clamp((int)Math.Ceiling(quantile * seconds.Count) - 1, 0, seconds.Count - 1)));

    private static double? Worse(Reading? left, Reading? right) =>
        left is null && right is null ? null : Math.Max(left?.Value ?? 0, right?.Value ?? 0);
}
