using Nemotron.Planning.Scaling;

namespace Nemotron.Controllers.Scaling;

/// <summary>From one tick's readings to what is known of one deployment. What is missing stays unknown. Pure.</summary>
internal static class SignalAssembly
{
    /// <summary>Assembles.</summary>
    /// <param name="pods">The deployment's pods.</param>
    /// <param name="reading">The tick's answers; null where Prometheus did not answer.</param>
    /// <param name="policy">Its objectives, whose percentiles are asked of the histograms.</param>
    /// <param name="now">The time.</param>
    public static ScalingSignals Of(ServedBy pods, FleetReading? reading, ScalingPolicySpec policy, DateTimeOffset now)
    {
        var known = new ScalingSignals
        {
            Replicas = pods.Replicas,
            Ready = pods.Ready.Count,
            PendingFor = pods.PendingSince is { } since ? now - since : null,
            MeasuredLeadTime = pods.StartUp,
            GpuCeiling = pods.GpuCeiling,
        };
        if (reading is null) return known;
        var ready = pods.Ready.Select(pod => (Name: pod, Reading: reading.Of(pods.Namespace, pod))).ToList();
        var others = pods.Others.Select(pod => (Name: pod, Reading: reading.Of(pods.Namespace, pod))).Where(pod => pod.Reading is not null).ToList();
        var all = ready.Concat(others).Where(pod => pod.Reading is not null).Select(pod => (pod.Name, Reading: pod.Reading!)).ToList();
        // Gateways tell modes and latency apart and count what has begun; where none was scraped, the engines are believed.
        var byGateways = all.Any(pod => pod.Reading.HasGateway);
        var scraped = ready.Count(pod => byGateways ? pod.Reading?.HasGateway == true : pod.Reading?.HasEngine == true);
        var readings = all.Select(pod => pod.Reading).ToList();
        var age = Age(ready.Select(pod => pod.Reading));
        return known with
        {
            // Engines come with no series until they are asked for the first time.
            Scraped = ready.Count == 0 ? 1 : (double)scraped / ready.Count,
            Modes = byGateways
                ? new ByMode<ModeSignals>(OfGateways(readings, ReasoningSide.Off, policy.Latency.Off, age), OfGateways(readings, ReasoningSide.On, policy.Latency.On, age))
                : readings.Count == 0 ? known.Modes : new ByMode<ModeSignals>(OfEngines(readings), Nothing),
            PerReplica = [.. ready.Where(pod => pod.Reading is not null).Select(pod => Replica(pod.Name, pod.Reading!, draining: false)), .. others.Select(pod => Replica(pod.Name, pod.Reading!, draining: true))],
        };
    }

    // Engines do not say which requests think: all of them stand under Off, and On has none.
    private static ModeSignals Nothing { get; } = new()
    {
        Arrivals = default(Reading),
        Completions = default(Reading),
        PromptTokens = default(Reading),
        OutputTokens = default(Reading),
        CompletedTokens = default(Reading),
        InFlight = default(Reading),
    };

    private static ModeSignals OfGateways(IReadOnlyList<PodReading> pods, ReasoningSide side, LatencyObjective? objective, TimeSpan age)
    {
        var (ttft, itl) = (Merged(pods.Select(pod => pod.Ttft[(int)side])), Merged(pods.Select(pod => pod.Itl[(int)side])));
        var share = (objective?.Percentile ?? 95) / 100;
        return new ModeSignals
        {
            Arrivals = Sum(FleetSignal.Begun),
            Completions = Sum(FleetSignal.Completed),
            // A counter that no request has touched yet has no series.
            Errors = Sum(FleetSignal.Failed) ?? Sum(FleetSignal.Begun) switch { null => null, _ => new Reading(0, age) },
            PromptTokens = Sum(FleetSignal.PromptTokens),
            OutputTokens = Sum(FleetSignal.OutputTokens),
            CompletedTokens = Sum(FleetSignal.FinishedTokens),
            InFlight = Sum(FleetSignal.InFlight),
            TtftSeconds = ttft.Quantile(share) is { } first ? new Reading(first, age) : null,
            ItlSeconds = itl.Quantile(share) is { } between ? new Reading(between, age) : null,
        };

        Reading? Sum(FleetSignal signal)
        {
            double? sum = null;
            foreach (var pod in pods)
                if (pod[signal, side] is { } value) sum = (sum ?? 0) + value;
            return sum is { } known ? new Reading(known, age) : null;
        }
    }

    private static ModeSignals OfEngines(IReadOnlyList<PodReading> pods)
    {
        var completed = Sum(pods, FleetSignal.EngineCompleted);
        return new ModeSignals
        {
            // What ends has arrived; what waits is seen in the queue.
            Arrivals = completed,
            Completions = completed,
            PromptTokens = Sum(pods, FleetSignal.EnginePromptTokens),
            OutputTokens = Sum(pods, FleetSignal.EngineOutputTokens),
            CompletedTokens = Sum(pods, FleetSignal.EngineOutputTokens),
            InFlight = Sum(pods, FleetSignal.Running) is { } running ? running with { Value = running.Value + (Sum(pods, FleetSignal.Waiting)?.Value ?? 0) } : null,
        };
    }

    private static ReplicaSignals Replica(string name, PodReading pod, bool draining)
    {
        var total = pod[FleetSignal.KvTotal];
        var used = pod[FleetSignal.KvUsed] ?? (pod[FleetSignal.KvFraction] is { } share && total is { } all ? share * all : null);
        return new ReplicaSignals(name)
        {
            Queued = Now(pod[FleetSignal.Waiting]),
            Running = Now(pod[FleetSignal.Running]),
            KvTokensUsed = Now(used),
            KvTokensTotal = Now(total),
            Draining = draining || pod[FleetSignal.Draining] is > 0,
        };
    }

    // A target that cannot be scraped has no series any more, so what is there is of the last scrape.
    private static Reading? Now(double? value) => value is { } known ? new Reading(known, TimeSpan.Zero) : null;

    private static Reading? Sum(IReadOnlyList<PodReading> pods, FleetSignal signal)
    {
        double? sum = null;
        foreach (var pod in pods)
            if (pod[signal] is { } value) sum = (sum ?? 0) + value;
        return Now(sum);
    }

    private static TimeSpan Age(IEnumerable<PodReading?> ready)
    {
        var oldest = ready.Max(pod => pod?[FleetSignal.GatewayAge]) ?? 0;
        return double.IsFinite(oldest) ? TimeSpan.FromSeconds(Math.Clamp(oldest, 0, 86_400)) : TimeSpan.Zero;
    }

    private static LatencyBuckets Merged(IEnumerable<LatencyBuckets?> all)
    {
        var merged = new LatencyBuckets();
        foreach (var one in all)
            if (one is not null) merged.Add(one);
        return merged;
    }
}
