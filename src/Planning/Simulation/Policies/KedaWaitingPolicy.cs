namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// A KEDA ScaledObject on the requests that wait: polled every 30 s, ceil(waiting / threshold) as an average value, through an HPA.
/// </summary>
/// <param name="threshold">Waiting requests per replica.</param>
/// <param name="downWindow">The HPA's stabilisation downwards; its default is 300 s.</param>
public sealed class KedaWaitingPolicy(double threshold, TimeSpan downWindow) : IScalingPolicy
{
    private const double Tolerance = 0.1;
    private static readonly TimeSpan Polling = TimeSpan.FromSeconds(30);
    private readonly HorizontalPodAutoscaler _hpa = new(downWindow);
    private TimeSpan _polled = TimeSpan.MinValue;
    private double _waiting;

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        if (PeerSignals.Waiting(view.Signals) is not { } waiting) return view.Signals.Replicas;
        if (_polled == TimeSpan.MinValue || view.Now - _polled >= Polling) (_polled, _waiting) = (view.Now, waiting);
        var current = view.Signals.Replicas;
        var ratio = _waiting / (threshold * Math.Max(1, current));
        var recommended = Math.Abs(ratio - 1) <= Tolerance ? current : Math.Max(1, (int)Math.Ceiling(_waiting / threshold));
        return _hpa.Apply(view.Now, current, recommended);
    }
}
