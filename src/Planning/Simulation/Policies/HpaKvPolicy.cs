namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// A HorizontalPodAutoscaler on the mean KV cache use of the pods: ceil(N × use / target) unless the ratio is within 10 % of 1. Pods
/// that are not ready count as unused when that goes up, as the HPA's documents have it.
/// </summary>
/// <param name="target">Mean share of the cache in use.</param>
/// <param name="downWindow">Stabilisation downwards; the HPA's default is 300 s.</param>
public sealed class HpaKvPolicy(double target, TimeSpan downWindow) : IScalingPolicy
{
    private const double Tolerance = 0.1;
    private readonly HorizontalPodAutoscaler _hpa = new(downWindow);

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        var signals = view.Signals;
        if (PeerSignals.KvUse(signals) is not { } use) return signals.Replicas;
        var pods = PeerSignals.Serving(signals);
        var ratio = use / target;
        if (ratio > 1 && signals.Replicas > pods)
        {
            ratio = use * pods / signals.Replicas / target;
            if (ratio < 1) ratio = 1;
        }
        var all = ratio > 1 ? Math.Max(pods, signals.Replicas) : pods;
        var recommended = Math.Abs(ratio - 1) <= Tolerance ? signals.Replicas : Math.Max(1, (int)Math.Ceiling(all * ratio));
        return _hpa.Apply(view.Now, signals.Replicas, recommended);
    }
}
