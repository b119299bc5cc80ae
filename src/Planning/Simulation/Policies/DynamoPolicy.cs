using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Simulation.Policies;

/// <summary>
/// Dynamo's planner for engines that prefill and decode: every interval the request rate and the mean lengths of both modes together are forecast, and replicas
/// are demand / the rate that one does within TTFT and ITL; in between, one more where the estimates exceed the objectives, one fewer where they are
/// below 80 % of them and N / (N − 1) of the load still is. Its profile of an engine is our capacity model.
/// </summary>
/// <param name="scenario">The fleet, for objectives and capacity.</param>
/// <param name="interval">Time between two throughput decisions; Dynamo's default is 180 s.</param>
/// <param name="strictness">Share of the objectives that is planned for, in (0, 1]; 1 by default.</param>
/// <param name="predictor">How rates and lengths are forecast.</param>
public sealed class DynamoPolicy(FleetScenario scenario, TimeSpan interval, double strictness, DynamoPredictor predictor) : IScalingPolicy
{
    private const double DownShare = 0.8;

    // The Kalman predictor's defaults: process noise of the level, measurement noise.
    private const double LevelNoise = 1.0;
    private const double MeasurementNoise = 10;

    private readonly double _ttft = strictness * scenario.TtftObjective.TotalSeconds;
    private readonly double _itl = strictness * scenario.ItlObjective.TotalSeconds;
    private readonly List<(double Rate, double Prompt, double Output)> _seen = [];
    private TimeSpan _planned = TimeSpan.Zero;
    private double _level = double.NaN;
    private double _variance = MeasurementNoise;
    private int _floor;

    /// <inheritdoc />
    public int Decide(FleetView view)
    {
        var signals = view.Signals;
        if (PeerSignals.Arrivals(signals) is not { } rate || PeerSignals.MeanLengths(signals) is not { } lengths) return signals.Replicas;
        _seen.Add((rate, lengths.Prompt, lengths.Output));
        if (view.Now - _planned >= interval)
        {
            _planned = view.Now;
            var prompt = _seen.Average(item => item.Prompt);
            var output = _seen.Average(item => item.Output);
            _floor = Throughput(Predict(_seen.Average(item => item.Rate)), prompt, output);
            _seen.Clear();
            return Math.Max(1, _floor);
        }
        // Nothing more while a scaling is in progress.
        if (signals.Pending > 0 || _floor == 0) return signals.Replicas;
        return Math.Max(Math.Max(1, _floor), Load(signals, lengths.Prompt));
    }

    private double Predict(double measured)
    {
        if (predictor == DynamoPredictor.Constant) return measured;
        if (double.IsNaN(_level)) return _level = measured;
        _variance += LevelNoise;
        var gain = _variance / (_variance + MeasurementNoise);
        _level += gain * (measured - _level);
        _variance *= 1 - gain;
        return _level;
    }

    private int Throughput(double rate, double prompt, double output)
    {
        var capacity = scenario.Capacity;
        var prefill = capacity.PromptSeconds + capacity.PromptTokenSeconds * prompt;
        var work = capacity.WorkSeconds(prompt, output);
        var held = capacity.KvTokensHeld(prompt, output);
        var most = capacity.KvTokens > 0 ? Math.Min(capacity.MaxSequences, capacity.KvTokens / held) : capacity.MaxSequences;
        // A prompt waits 1 / (1 - u) prefills by the mean, and a step takes as much longer.
        var byTtft = Math.Max(0.05, 1 - prefill / _ttft);
        var byItl = Math.Max(0.05, 1 - capacity.StepSeconds / _itl);
        var load = Math.Min(Math.Min(byTtft, byItl), capacity.LoadAt(most, work, output));
        return (int)Math.Ceiling(rate * work / load);
    }

    private int Load(ScalingSignals signals, double prompt)
    {
        var capacity = scenario.Capacity;
        bool above = true, below = true;
        var consolidated = true;
        var any = false;
        var serving = PeerSignals.Serving(signals);
        foreach (var replica in signals.PerReplica)
        {
            if (replica.Draining || replica is not { Running: { } running, KvTokensUsed: { } used, Queued: { } queued }) continue;
            any = true;
            var itl = Itl(running.Value, used.Value);
            var ttft = (queued.Value + 1) * (capacity.PromptSeconds + capacity.PromptTokenSeconds * prompt) + itl;
            above &= itl > _itl || ttft > _ttft;
            below &= itl < DownShare * _itl && ttft < DownShare * _ttft;
            var more = serving > 1 ? serving / (serving - 1.0) : double.PositiveInfinity;
            consolidated &= Itl(more * running.Value, more * used.Value) < _itl;
        }
        if (!any) return signals.Replicas;
        return above ? signals.Replicas + 1 : below && consolidated ? signals.Replicas - 1 : signals.Replicas;

        double Itl(double running, double kv) => capacity.StepSeconds + running * capacity.SequenceSeconds + kv * capacity.ContextTokenSeconds;
    }
}

/// <summary>How Dynamo's planner forecasts.</summary>
public enum DynamoPredictor
{
    /// <summary>The next interval is as the last.</summary>
    Constant,

    /// <summary>A Kalman filter of the level, with Dynamo's noise figures.</summary>
    Kalman,
}
