using Nemotron.Planning.Simulation.Policies;

namespace Nemotron.Planning.Simulation;

/// <summary>
/// The oracle: the cheapest plan of replicas that it finds for a trace that it knows to the end, each plan tried in the same simulator. It starts from two kinds
/// of plan, a constant one and one in proportion to the work that will be there (ordered ahead by the start-up time), each brought to the smallest
/// that meets the goodput by bisection; from the cheaper one it then takes replicas away, one at a time, stretch by stretch, while the goodput is
/// met. So it is a plan that exists, an upper bound of the least and not always below what a policy reaches; <see cref="FluidBound"/> is the lower one.
/// </summary>
public static class OracleSearch
{
    private const int BisectionSteps = 8;
    private static readonly int[] Stretches = [60, 24, 12];

    /// <summary>Searches.</summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="goodput">The share of requests that must be good, in [0, 1].</param>
    /// <param name="runs">The most runs to spend on taking replicas away.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <returns>The cheapest plan found and its outcome; null where no plan within the bounds meets the goodput.</returns>
    public static (IReadOnlyList<int> Plan, FleetOutcome Outcome)? Find(FleetScenario scenario, double goodput, int runs = 60, CancellationToken cancellation = default)
    {
        var ticks = (int)(scenario.Trace[^1].Sent / FleetSimulator.TickInterval) + 1;
        var demand = Demand(scenario, ticks);
        var best = Cheaper(
            Smallest(scale => Enumerable.Repeat(Math.Max(scenario.Spec.MinReplicas, (int)Math.Ceiling(scale * demand.Max())), ticks).ToArray()),
            Smallest(scale => Ahead(scenario, [.. demand.Select(work => Math.Max(scenario.Spec.MinReplicas, (int)Math.Ceiling(scale * work)))])));
        if (best is null) return null;
        foreach (var stretch in Stretches)
        {
            for (var from = 0; from < ticks && runs > 0; from += stretch)
            {
                while (runs-- > 0 && Lowered(best.Value.Plan, from, stretch, scenario.Spec.MinReplicas) is { } lower)
                {
                    if (Try(lower, best.Value.Outcome.GpuHours) is not { } better || better.Outcome.GpuHours >= best.Value.Outcome.GpuHours) break;
                    best = better;
                }
            }
        }
        return best;

        (IReadOnlyList<int> Plan, FleetOutcome Outcome)? Smallest(Func<double, int[]> plan)
        {
            var (low, high) = (0.5, 6.0);
            (IReadOnlyList<int> Plan, FleetOutcome)? found = null;
            int[]? missed = null;
            for (var step = 0; step < BisectionSteps; step++)
            {
                var scale = Math.Sqrt(low * high);
                var tried = plan(scale);
                // Numbers of replicas are whole: near the end of a bisection two scales often make the same plan.
                if (found is { } already && tried.SequenceEqual(already.Plan)) high = scale;
                else if (missed is not null && tried.AsSpan().SequenceEqual(missed)) low = scale;
                else if (Try(tried, double.PositiveInfinity) is { } met) (found, high) = (met, scale);
                else (missed, low) = (tried, scale);
            }
            return found;
        }

        (IReadOnlyList<int> Plan, FleetOutcome Outcome)? Try(int[] plan, double most)
        {
            cancellation.ThrowIfCancellationRequested();
            var outcome = FleetSimulator.RunWhile(
                scenario with { InitialReplicas = plan[0] }, new PlannedPolicy(plan), standing => standing.Goodput >= goodput && standing.GpuHours < most, cancellation);
            return outcome?.Goodput >= goodput ? (plan, outcome) : null;
        }
    }

    // Work that is there in each tick, in replicas: prompts when they come, outputs over the time they take.
    private static double[] Demand(FleetScenario scenario, int ticks)
    {
        var capacity = scenario.Capacity;
        var tick = FleetSimulator.TickInterval.TotalSeconds;
        var work = new double[ticks];
        foreach (var (sent, request) in scenario.Trace)
        {
            var prompt = capacity.WorkSeconds(request.PromptTokens, 0);
            var output = capacity.WorkSeconds(request.PromptTokens, request.OutputTokens) - prompt;
            var first = Math.Min(ticks - 1, (int)(sent.TotalSeconds / tick));
            work[first] += prompt / tick;
            var lasts = (int)Math.Ceiling(request.OutputTokens * 3 * capacity.StepSeconds / tick);
            for (var i = 0; i < lasts; i++) work[Math.Min(ticks - 1, first + i)] += output / lasts / tick;
        }
        // The last ticks have the work of those that end after the trace.
        return [.. work.Select((_, i) => work.Skip(Math.Max(0, i - 1)).Take(3).Average()).Select((mean, i) => i == ticks - 1 ? work[Math.Max(0, ticks - 2)] : mean)];
    }

    // What serves at a tick is asked for the start-up time earlier.
    private static int[] Ahead(FleetScenario scenario, int[] serving)
    {
        var lead = (int)Math.Ceiling(scenario.StartUp / FleetSimulator.TickInterval);
        return [.. serving.Select((_, i) => serving.Skip(i).Take(lead + 1).Max())];
    }

    private static int[]? Lowered(IReadOnlyList<int> plan, int from, int length, int least)
    {
        var lowered = plan.ToArray();
        var changed = false;
        for (var i = from; i < Math.Min(plan.Count, from + length); i++)
        {
            if (lowered[i] <= least) continue;
            lowered[i]--;
            changed = true;
        }
        return changed ? lowered : null;
    }

    private static (IReadOnlyList<int> Plan, FleetOutcome Outcome)? Cheaper((IReadOnlyList<int> Plan, FleetOutcome Outcome)? left, (IReadOnlyList<int> Plan, FleetOutcome Outcome)? right) =>
        left is null || (right is not null && right.Value.Outcome.GpuHours < left.Value.Outcome.GpuHours) ? right : left;
}
