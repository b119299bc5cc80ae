using System.Numerics;

namespace Nemotron.Planning.Simulation.Policies;

/// <summary>A policy's best on a scenario.</summary>
/// <param name="Choice">The policy and the parameters that are best.</param>
/// <param name="Outcome">What they come to.</param>
/// <param name="Reaches">Whether the goodput is reached; where no parameters reach it, those are given that come nearest.</param>
public sealed record TunedPolicy(PolicyChoice Choice, FleetOutcome Outcome, bool Reaches);

/// <summary>Tunes policies by trying every point of a grid in the simulator.</summary>
public static class PolicyTuning
{
    /// <summary>Runs a scenario under each choice.</summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="choices">Policies with parameters.</param>
    /// <param name="threads">Runs at once, at least 1; the outcomes do not depend on it.</param>
    /// <param name="cancellation">Stops the runs.</param>
    /// <returns>The outcomes, in the order of the choices.</returns>
    public static IReadOnlyList<(PolicyChoice Choice, FleetOutcome Outcome)> RunAll(
        FleetScenario scenario, IEnumerable<PolicyChoice> choices, int threads = 1, CancellationToken cancellation = default)
    {
        var all = choices.ToArray();
        var outcomes = new FleetOutcome[all.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(0, all.Length, options, i => outcomes[i] = FleetSimulator.Run(scenario, all[i].Create(scenario), cancellation: cancellation));
        return [.. all.Zip(outcomes)];
    }

    /// <summary>
    /// Tunes for several goodputs at once: the same as <see cref="RunAll"/> and <see cref="Best"/> for each, but a run is given up as soon as it
    /// can be the best for none of them.
    /// </summary>
    /// <param name="scenario">The fleet and its load.</param>
    /// <param name="choices">Policies with parameters, at least one.</param>
    /// <param name="goodputs">The shares of requests that must be good, each in [0, 1].</param>
    /// <param name="threads">Runs at once, at least 1; what is found does not depend on it.</param>
    /// <param name="cancellation">Stops the runs.</param>
    /// <returns>The best for each goodput, in their order.</returns>
    public static IReadOnlyList<TunedPolicy> Tune(
        FleetScenario scenario, IEnumerable<PolicyChoice> choices, IReadOnlyList<double> goodputs, int threads = 1, CancellationToken cancellation = default)
    {
        var all = choices.ToArray();
        var outcomes = new FleetOutcome?[all.Length];
        var contest = new TuningContest(goodputs);
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        var order = CoarseToFine(all.Length);
        Parallel.For(0, all.Length, options, i =>
        {
            if (FleetSimulator.RunWhile(scenario, all[order[i]].Create(scenario), contest.CanWin, cancellation) is not { } outcome) return;
            outcomes[order[i]] = outcome;
            contest.Enter(outcome);
        });
        var runs = all.Zip(outcomes).Where(run => run.Second is not null).Select(run => (run.First, run.Second!)).ToArray();
        return [.. goodputs.Select(goodput => Best(runs, goodput))];
    }

    // A grid lists neighbours side by side; whoever sees all regions of it early soon has a good outcome to hold the others against.
    private static int[] CoarseToFine(int count)
    {
        var bits = BitOperations.Log2((uint)Math.Max(1, count - 1)) + 1;
        return [.. Enumerable.Range(0, 1 << bits).Select(Reversed).Where(place => place < count)];

        int Reversed(int value)
        {
            var reversed = 0;
            for (var bit = 0; bit < bits; bit++) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
            return reversed;
        }
    }

    /// <summary>The fewest GPU-hours at a goodput, or the best goodput where none reaches it.</summary>
    /// <param name="runs">Choices and their outcomes, at least one.</param>
    /// <param name="goodput">The share of requests that must be good, in [0, 1].</param>
    public static TunedPolicy Best(IEnumerable<(PolicyChoice Choice, FleetOutcome Outcome)> runs, double goodput)
    {
        var all = runs.ToArray();
        var reaching = all.Where(run => run.Outcome.Goodput >= goodput).ToArray();
        var (choice, outcome) = reaching.Length > 0 ? reaching.MinBy(run => run.Outcome.GpuHours) : all.MaxBy(run => run.Outcome.Goodput);
        return new TunedPolicy(choice, outcome, reaching.Length > 0);
    }
}
