namespace Nemotron.Planning.Simulation;

/// <summary>
/// A lower bound of the GPU-hours of any schedule, by the capacity model's linear form: replicas are taken to be a fluid that comes and goes at once, loads and
/// drains in no time, and always runs the largest batch that the ITL objective and the cache allow. A good request's work must be done between its arrival and the
/// latest time that its objectives allow; the requests with the most work are the ones left out. The fewest allowed replicas run all the time; what
/// earliest-deadline-first cannot do on them, which no order could, is added.
/// </summary>
public static class FluidBound
{
    /// <summary>Works out the bound.</summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="goodput">The share of requests that must be good, in [0, 1].</param>
    /// <returns>GPU-hours.</returns>
    public static double GpuHours(FleetScenario scenario, double goodput)
    {
        var end = scenario.Trace[^1].Sent.TotalSeconds;
        var least = scenario.Spec.ScaleToZero is null ? scenario.Spec.MinReplicas : 0;
        var jobs = scenario.Trace.Select(item => Job(scenario, item)).OrderBy(job => job.Work).Take((int)Math.Ceiling(goodput * scenario.Trace.Count)).OrderBy(job => job.From).ToArray();
        var waiting = new PriorityQueue<double, double>();
        double now = 0, missed = 0;
        foreach (var (from, until, work) in jobs)
        {
            missed += Serve(waiting, ref now, from, least);
            waiting.Enqueue(work, until);
        }
        missed += Serve(waiting, ref now, end, least);
        return (least * end + missed) * scenario.GpusPerReplica / 3600;
    }

    // Serves by deadline up to a time; gives the work that was too late by then.
    private static double Serve(PriorityQueue<double, double> waiting, ref double now, double until, int speed)
    {
        double missed = 0;
        while (now < until && waiting.TryDequeue(out var work, out var deadline))
        {
            var time = Math.Max(0, Math.Min(until, deadline) - now);
            var needed = speed > 0 ? work / speed : double.PositiveInfinity;
            if (needed <= time)
            {
                now += needed;
                continue;
            }
            var left = work - time * speed;
            now += time;
            if (deadline <= until) missed += left;
            else waiting.Enqueue(left, deadline);
        }
        now = Math.Max(now, until);
        return missed;
    }

    private static (double From, double Until, double Work) Job(FleetScenario scenario, Serving.TracedRequest item)
    {
        var capacity = scenario.Capacity;
        var (prompt, output) = (item.Request.PromptTokens, item.Request.OutputTokens);
        var itl = scenario.ItlObjective.TotalSeconds;
        var batch = Math.Max(1, (itl - capacity.StepSeconds) / (capacity.SequenceSeconds + (prompt + 0.5 * output) * capacity.ContextTokenSeconds));
        if (capacity.KvTokens > 0) batch = Math.Min(batch, Math.Max(1, capacity.KvTokens / capacity.KvTokensHeld(prompt, output)));
        batch = Math.Min(batch, capacity.MaxSequences);
        var from = item.Sent.TotalSeconds;
        return (from, from + scenario.TtftObjective.TotalSeconds + output * itl, capacity.WorkSeconds(prompt, output) + output * capacity.StepSeconds / batch);
    }
}
