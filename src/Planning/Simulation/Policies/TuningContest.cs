namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// The best that a tuning has seen so far at each goodput, for several runs at once. It gives up only what is worse than that: equals run to their end, so that
/// the one that is chosen does not depend on the order of the runs.
/// </summary>
/// <param name="goodputs">The shares of requests that must be good, each in [0, 1].</param>
internal sealed class TuningContest(IReadOnlyList<double> goodputs)
{
    private readonly Lock _lock = new();
    private readonly double[] _hours = [.. goodputs.Select(_ => double.PositiveInfinity)];
    private double _most = double.NegativeInfinity;

    /// <summary>Whether a run that stands so may yet be the best at one of the goodputs.</summary>
    public bool CanWin(FleetStanding standing)
    {
        lock (_lock)
        {
            for (var i = 0; i < _hours.Length; i++)
            {
                if (standing.Goodput >= goodputs[i])
                {
                    if (standing.GpuHours <= _hours[i]) return true;
                }
                else if (double.IsPositiveInfinity(_hours[i]) && standing.Goodput >= _most)
                {
                    // Where none reaches a goodput, the one that comes nearest is told.
                    return true;
                }
            }
            return false;
        }
    }

    /// <summary>Takes in a run that has come to its end.</summary>
    public void Enter(FleetOutcome outcome)
    {
        lock (_lock)
        {
            _most = Math.Max(_most, outcome.Goodput);
            for (var i = 0; i < _hours.Length; i++)
            {
                if (outcome.Goodput >= goodputs[i]) _hours[i] = Math.Min(_hours[i], outcome.GpuHours);
            }
        }
    }
}
