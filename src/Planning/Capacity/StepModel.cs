namespace Nemotron.Planning.Capacity;

/// <summary>
/// How long a step of one replica takes: a roofline over weights, cache, arithmetic and links, and the engine's own work
/// (<c>docs/capacity-model.md</c> has the formulas and their sources). Immutable; a call costs well under a microsecond.
/// </summary>
public sealed class StepModel
{
    // Batches up to this size are worked out once each.
    private const int KeptBatches = 1024;

    private readonly StageCost[] _stages;
    private readonly int _blocks;

    // Filled as batches come up, by whoever comes first: two threads that make the same entry make equal ones.
    private readonly DecodeCost?[] _decodes = new DecodeCost?[KeptBatches];

    /// <summary>Works out what a replica's steps cost.</summary>
    /// <param name="spec">The replica. Whether it fits its GPUs is the memory plan's business.</param>
    /// <param name="parameters">Efficiencies and engines; null takes <see cref="CapacityParameters.Default"/>.</param>
    /// <exception cref="UnknownRateException">The GPU's file lacks a rate that is needed.</exception>
    public StepModel(ReplicaSpec spec, CapacityParameters? parameters = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.TensorParallel, 1, nameof(spec));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spec.TensorParallel, TensorParallelRules.Largest, nameof(spec));
        ArgumentOutOfRangeException.ThrowIfLessThan(spec.PipelineParallel, 1, nameof(spec));
        parameters ??= CapacityParameters.Default;
        Spec = spec;
        Engine = parameters.Engine(spec.Engine, spec.EngineVersion);
        KvPrecision = spec.EffectiveKv(Engine);
        var rates = new GpuRates(spec, Engine, parameters.Hardware);
        var layers = spec.Model.Architecture.LayerCount;
        var stages = Math.Min(spec.PipelineParallel, layers);
        _stages = new StageCost[stages];
        for (var stage = 0; stage < stages; stage++)
        {
            var (from, to) = StageSplit.Of(layers, stages, stage, spec.Engine);
            _stages[stage] = new StageCost(spec, KvPrecision, rates, parameters.Hardware, from, to, stage == stages - 1);
            _blocks += _stages[stage].Blocks;
        }
    }

    /// <summary>The replica.</summary>
    public ReplicaSpec Spec { get; }

    /// <summary>The engine's profile, at the replica's version.</summary>
    public EngineProfile Engine { get; }

    /// <summary>Precision of the KV cache.</summary>
    public KvPrecision KvPrecision { get; }

    /// <summary>The time of one step.</summary>
    /// <param name="work">What the step computes; an empty one takes the host's time only.</param>
    public StepTime Step(in StepWork work)
    {
        var host = Engine.Overheads.StepSeconds + Engine.Overheads.SequenceSeconds * work.Sampled;
        if (work.Tokens == 0) return new StepTime { HostSeconds = host, TotalSeconds = host };
        var gpu = _stages.Length == 1 ? _stages[0].Seconds(work, 1) : Pipeline(work);
        var launch = work.PrefillTokens > 0 ? _blocks * Engine.Overheads.LaunchSeconds : 0;
        // Outside a CUDA graph, the GPU waits for launches where they take longer than the work.
        if (launch > gpu.GpuSeconds) gpu = gpu with { LaunchSeconds = gpu.LaunchSeconds + launch - gpu.GpuSeconds };
        return gpu with
        {
            HostSeconds = host,
            TotalSeconds = Engine.OverlappedHost ? Math.Max(gpu.GpuSeconds, host) : gpu.GpuSeconds + host,
        };
    }

    /// <summary>The time of a run of decode steps, in which every context grows by one token a step.</summary>
    /// <param name="first">The first step; it must not prefill.</param>
    /// <param name="steps">Steps, at least 1.</param>
    public double RunSeconds(in StepWork first, int steps)
    {
        var begin = StepSeconds(first);
        return steps == 1 ? begin : Run(first, steps, begin, StepSeconds(After(first, steps - 1)));
    }

    /// <summary>The time of one step as <see cref="Step"/> has it, start to start; in less time where it only decodes.</summary>
    /// <param name="work">What the step computes.</param>
    internal double StepSeconds(in StepWork work)
    {
        var sequences = work.DecodeSequences;
        if (work.PrefillTokens > 0 || _stages.Length > 1 || sequences <= 0 || sequences >= KeptBatches) return Step(work).TotalSeconds;
        var gpu = (_decodes[sequences] ??= _stages[0].Decode(sequences)).GpuSeconds(work.DecodeContextTokens);
        var host = Engine.Overheads.StepSeconds + Engine.Overheads.SequenceSeconds * sequences;
        return Engine.OverlappedHost ? Math.Max(gpu, host) : gpu + host;
    }

    // A step's time is linear in the context but where host and GPU, or window and context, change places.
    private double Run(in StepWork first, int steps, double begin, double end)
    {
        if (steps <= 2) return steps == 1 ? begin : begin + end;
        var middle = (steps - 1) / 2;
        var at = StepSeconds(After(first, middle));
        var linear = begin + (end - begin) * middle / (steps - 1);
        if (Math.Abs(at - linear) <= 1e-4 * at) return steps * 0.5 * (begin + end);
        var right = After(first, middle + 1);
        return Run(first, middle + 1, begin, at) + Run(right, steps - middle - 1, StepSeconds(right), end);
    }

    private static StepWork After(StepWork work, int steps)
    {
        work.DecodeContextTokens += (long)work.DecodeSequences * steps;
        return work;
    }

    // As many micro-batches as stages are in flight: a step is over when each has been through all stages, and no sooner than the
    // slowest stage has had all of them.
    private StepTime Pipeline(in StepWork work)
    {
        var batches = Math.Min(_stages.Length, Math.Max(1, work.DecodeSequences + work.PrefillChunks));
        var share = 1.0 / batches;
        StepTime sum = default;
        double slowest = 0, total = 0;
        for (var stage = 0; stage < _stages.Length; stage++)
        {
            var time = _stages[stage].Seconds(work, share);
            if (stage < _stages.Length - 1) time = time with { CommunicationSeconds = time.CommunicationSeconds + _stages[stage].HandOverSeconds(work, share) };
            slowest = Math.Max(slowest, time.GpuSeconds);
            total += time.GpuSeconds;
            sum = new StepTime
            {
                ComputeSeconds = sum.ComputeSeconds + time.ComputeSeconds,
                MemorySeconds = sum.MemorySeconds + time.MemorySeconds,
                CommunicationSeconds = sum.CommunicationSeconds + time.CommunicationSeconds,
                LaunchSeconds = sum.LaunchSeconds + time.LaunchSeconds,
            };
        }
        // The parts keep their proportions.
        var stretch = Math.Max(1, batches * slowest / total);
        return new StepTime
        {
            ComputeSeconds = sum.ComputeSeconds * stretch,
            MemorySeconds = sum.MemorySeconds * stretch,
            CommunicationSeconds = sum.CommunicationSeconds * stretch,
            LaunchSeconds = sum.LaunchSeconds * stretch,
        };
    }
}
