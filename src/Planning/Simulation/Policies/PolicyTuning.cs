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
