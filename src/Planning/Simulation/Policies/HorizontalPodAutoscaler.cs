namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// What Kubernetes' HorizontalPodAutoscaler does with a recommendation: at most twice as many or four more per 15 s upwards, at once; downwards the
/// highest recommendation of the window (its defaults: 300 s).
/// </summary>
internal sealed class HorizontalPodAutoscaler(TimeSpan downWindow)
{
    private readonly List<(TimeSpan At, int Replicas)> _recommended = [];

    public int Apply(TimeSpan now, int current, int recommended)
    {
        _recommended.RemoveAll(item => item.At <= now - downWindow);
        _recommended.Add((now, recommended));
        var highest = _recommended.Max(item => item.Replicas);
        if (recommended > current) return Math.Min(recommended, Math.Max(2 * current, current + 4));
        return Math.Min(current, highest);
    }
}
