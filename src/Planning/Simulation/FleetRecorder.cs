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
    private int _worstQueue;
    private int _most;

    public void Served(in ServedRequest served)
    {
        if (served.Cancelled || served.TimeToFirstToken is not { } ttft)
        {
            _failed++;
            return;
        }
        _ttft.Add((float)ttft.TotalSeconds);
        if (served.TimePerOutputToken is { } itl) _itl.Add((float)itl.TotalSeconds);
        if (ttft <= scenario.TtftObjective && (served.TimePerOutputToken ?? TimeSpan.Zero) <= scenario.ItlObjective) _good++;
    }

    public void Lost(in ServingRequest request, TimeSpan sent) => _failed++;

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
        _ttft.Sort();
        _itl.Sort();
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

    private static TimeSpan Quantile(List<float> sorted, double quantile) =>
        sorted.Count == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(sorted[Math.Clamp((int)Math.Ceiling(quantile * sorted.Count) - 1, 0, sorted.Count - 1)]);

    private static double? Worse(Reading? left, Reading? right) =>
        left is null && right is null ? null : Math.Max(left?.Value ?? 0, right?.Value ?? 0);
}
