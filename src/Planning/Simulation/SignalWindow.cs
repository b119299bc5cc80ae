using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation;

/// <summary>
/// Prometheus, simulated: keeps what was scraped of each replica for a window, and makes of it what queries would answer. Every replica is
/// scraped at its own phase, so a figure is up to a scrape interval old; rates are over the window.
/// </summary>
internal sealed class SignalWindow(TimeSpan window, FleetScenario scenario)
{
    private readonly Dictionary<int, List<Scrape>> _scrapes = [];
    private readonly List<int> _gone = [];

    /// <summary>Scrapes a replica.</summary>
    public void Add(SimulatedReplica replica, TimeSpan now, int blockTokens)
    {
        if (!_scrapes.TryGetValue(replica.Id, out var list)) _scrapes.Add(replica.Id, list = []);
        list.Add(Scrape.Of(replica, now, blockTokens));
        // One from before the window is kept, so that the increase over the whole window is known.
        while (list.Count > 2 && list[1].At <= now - window) list.RemoveAt(0);
    }

    /// <summary>Answers the queries of a tick.</summary>
    /// <param name="now">When.</param>
    /// <param name="replicas">Replicas that exist or have existed.</param>
    /// <param name="asked">Replicas that are asked for.</param>
    /// <param name="held">Requests that wait for a replica.</param>
    /// <param name="leadTime">Time that the replica took which became ready last; null where none has since the tick before.</param>
    public ScalingSignals Read(TimeSpan now, IReadOnlyList<SimulatedReplica> replicas, int asked, int held, TimeSpan? leadTime)
    {
        var ready = replicas.Count(replica => replica.Phase == ReplicaPhase.Ready);
        Forget(now);
        var perReplica = new List<ReplicaSignals>();
        var scraped = 0;
        foreach (var replica in replicas)
        {
            if (replica.Phase is not (ReplicaPhase.Ready or ReplicaPhase.Draining)) continue;
            if (!_scrapes.TryGetValue(replica.Id, out var list)) continue;
            var last = list[^1];
            if (now - last.At > 2 * FleetSimulator.ScrapeInterval) continue;
            if (replica.Phase == ReplicaPhase.Ready) scraped++;
            perReplica.Add(last.Signals(now, replica.Phase == ReplicaPhase.Draining));
        }
        var loading = replicas.Where(replica => replica.Phase == ReplicaPhase.Loading).Select(replica => now - replica.Created).DefaultIfEmpty().Max();
        return new ScalingSignals
        {
            Replicas = asked,
            Ready = ready,
            PendingFor = loading > TimeSpan.Zero ? loading : null,
            MeasuredLeadTime = leadTime,
            Modes = new ByMode<ModeSignals>(Mode(0, now), Mode(1, now)),
            PerReplica = perReplica,
            Held = new Reading(held, TimeSpan.Zero),
            Scraped = ready == 0 ? 1 : (double)scraped / ready,
        };
    }

    private void Forget(TimeSpan now)
    {
        _gone.Clear();
        foreach (var (id, list) in _scrapes)
        {
            if (list[^1].At < now - window) _gone.Add(id);
        }
        foreach (var id in _gone) _scrapes.Remove(id);
    }

    private ModeSignals Mode(int mode, TimeSpan now)
    {
        double arrived = 0, ended = 0, prompt = 0, output = 0, completed = 0, errors = 0, inFlight = 0;
        var ttft = new int[LatencyHistogram.Buckets];
        var itl = new int[LatencyHistogram.Buckets];
        var age = TimeSpan.Zero;
        var any = false;
        foreach (var list in _scrapes.Values)
        {
            var last = list[^1];
            if (now - last.At <= 2 * FleetSimulator.ScrapeInterval)
            {
                any = true;
                inFlight += last.InFlight[mode];
                if (now - last.At > age) age = now - last.At;
            }
            var at = 0;
            while (at < list.Count - 1 && list[at].At < now - window - FleetSimulator.ScrapeInterval) at++;
            if (at == list.Count - 1) continue;
            var first = list[at];
            // As rate() does it: the increase between the first and the last sample, over the time between them.
            var seconds = (last.At - first.At).TotalSeconds;
            // A replica that left the fleet within the window did its part of it only.
            var share = Math.Min(1, seconds / window.TotalSeconds) / seconds;
            arrived += share * (last.Arrived[mode] - first.Arrived[mode]);
            ended += share * (last.Ended[mode] - first.Ended[mode]);
            prompt += share * (last.Prompt[mode] - first.Prompt[mode]);
            output += share * (last.Output[mode] - first.Output[mode]);
            completed += share * (last.Completed[mode] - first.Completed[mode]);
            errors += share * (last.Errors[mode] - first.Errors[mode]);
            LatencyHistogram.AddIncrease(ttft, first.Ttft[mode], last.Ttft[mode]);
            LatencyHistogram.AddIncrease(itl, first.Itl[mode], last.Itl[mode]);
        }
        if (!any) return ModeSignals.Unknown;
        return new ModeSignals
        {
            Arrivals = new Reading(arrived, age),
            Completions = new Reading(ended, age),
            PromptTokens = new Reading(prompt, age),
            OutputTokens = new Reading(output, age),
            CompletedTokens = new Reading(completed, age),
            InFlight = new Reading(inFlight, age),
            Errors = new Reading(errors, age),
            TtftSeconds = Latency(ttft, age),
            ItlSeconds = Latency(itl, age),
        };
    }

    private Reading? Latency(int[] counts, TimeSpan age) =>
        LatencyHistogram.Quantile(counts, scenario.Spec.LatencyPercentile / 100) is { } seconds ? new Reading(seconds, age) : null;
}

/// <summary>What one scrape saw.</summary>
internal sealed record Scrape(
    string Name, TimeSpan At, long[] Arrived, long[] Ended, long[] Prompt, long[] Output, long[] Completed, long[] Errors, int[] InFlight, int[][] Ttft, int[][] Itl,
    int Waiting, int Running, long KvUsed, long KvTotal)
{
    public static Scrape Of(SimulatedReplica replica, TimeSpan now, int blockTokens)
    {
        var counters = replica.Counters;
        return new Scrape(
            $"replica-{replica.Id}", now, [.. counters.Arrived], [.. counters.Ended], [.. counters.PromptTokens], [.. counters.OutputTokens],
            [.. counters.EndedOutputTokens], [.. counters.Errors], [.. counters.InFlight],
            [counters.Ttft[0].Copy(), counters.Ttft[1].Copy()], [counters.Itl[0].Copy(), counters.Itl[1].Copy()],
            replica.Waiting, replica.Running, replica.KvBlocksUsed * blockTokens, replica.KvBlocksTotal * blockTokens);
    }

    public ReplicaSignals Signals(TimeSpan now, bool draining) => new(Name)
    {
        Queued = new Reading(Waiting, now - At),
        Running = new Reading(Running, now - At),
        KvTokensUsed = new Reading(KvUsed, now - At),
        KvTokensTotal = new Reading(KvTotal, now - At),
        Draining = draining,
    };
}
