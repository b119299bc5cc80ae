namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// llm-d's WVA with its token analyser (V2): a replica holds min(KV tokens × threshold, the tokens in use that were seen when its queue was saturated, a
/// mean of ten); demand is tokens in use and queued prompts; up where demand / 0.85 exceeds the supply, pending included, down where the
/// supply exceeds demand / 0.70.
/// </summary>
/// <param name="threshold">Share of the KV cache that counts; WVA's default is 0.80.</param>
/// <param name="downTarget">The use below which replicas go; WVA's default is 0.70.</param>
public sealed class WvaPolicy(double threshold, double downTarget) : IScalingPolicy
{
    private const double UpTarget = 0.85;
    private const double SaturatedQueue = 5;
    private const int Observations = 10;
    private readonly Queue<double> _saturated = [];

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        var signals = view.Signals;
        double used = 0, queued = 0, total = 0;
        foreach (var replica in signals.PerReplica)
        {
            if (replica.Draining || replica is not { KvTokensUsed: { } tokens, KvTokensTotal: { } all, Queued: { } waiting }) continue;
            used += tokens.Value;
            queued += waiting.Value;
            total = Math.Max(total, all.Value);
            if (waiting.Value < SaturatedQueue) continue;
            _saturated.Enqueue(tokens.Value);
            if (_saturated.Count > Observations) _saturated.Dequeue();
        }
        if (total <= 0) return signals.Replicas;
        var capacity = total * threshold;
        if (_saturated.Count > 0) capacity = Math.Min(capacity, Math.Max(1, _saturated.Average()));
        var demand = used + (queued + (signals.Held?.Value ?? 0)) * (PeerSignals.MeanLengths(signals)?.Prompt ?? 0);
        var supply = capacity * signals.Replicas;
        var required = Math.Max(0, demand / UpTarget - supply);
        if (required > 0) return signals.Replicas + (int)Math.Ceiling(required / capacity);
        var spare = Math.Max(0, supply - demand / downTarget);
        return signals.Pending > 0 ? signals.Replicas : Math.Max(1, signals.Replicas - (int)Math.Floor(spare / capacity));
    }
}
