using System.Globalization;
using Nemotron.Planning.Capacity;

namespace Nemotron.Planning.Serving;

/// <summary>
/// Predicts latency and throughput of a replica under a closed loop, by simulating the loop from its start to its end on the replica's
/// step model. Pure: same request, same answer.
/// </summary>
public static class Predictor
{
    /// <summary>The longest run simulated, in requests.</summary>
    public const int MostRequests = 1 << 20;

    // A request that waits this part of its time for a place is queueing for it, not merely arriving in a busy moment.
    private const double Queueing = 0.05;

    // Part of the busy time in which somebody waits for the same thing.
    private const double Blocking = 0.25;

    /// <summary>Predicts.</summary>
    /// <param name="request">The replica and its load.</param>
    /// <param name="parameters">Efficiencies and engines; null takes <see cref="CapacityParameters.Default"/>.</param>
    /// <exception cref="UnknownRateException">The GPU's file lacks a rate that is needed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The load is out of range.</exception>
    public static ReplicaPrediction Predict(PredictionRequest request, CapacityParameters? parameters = null)
    {
        var (replica, load) = (request.Replica, request.Load);
        ArgumentOutOfRangeException.ThrowIfLessThan(load.PromptTokens, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(load.OutputTokens, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(load.Concurrency, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)load.Concurrency * load.Waves, MostRequests, nameof(request));
        parameters ??= CapacityParameters.Default;
        var engine = parameters.Engine(replica.Engine, replica.EngineVersion);
        var plan = Plan(request, engine);
        var refusals = plan.Findings.Where(finding => finding.Refuses && finding.Kind != PlanFindingKind.Memory).ToList();
        if (!plan.HoldsOneSequence) refusals.AddRange(plan.Findings.Where(finding => finding.Kind == PlanFindingKind.Memory));
        if (refusals.Count > 0) return new ReplicaPrediction { Plan = plan, Refusals = refusals };

        // Slots for recurrent state are set aside for all sequences that the replica can hold.
        var limits = EngineLimits.Of(
            plan.StateBytesPerSequence > 0 ? Plan(request with { Load = load with { Concurrency = (int)Math.Min(load.Concurrency, plan.MaxSequences) } }, engine) : plan,
            engine, request.MaxSequences, request.MaxBatchedTokens ?? MeasuredBudget(engine, load));
        if (TooLarge(load, limits, engine) is { } refusal) return new ReplicaPrediction { Plan = plan, Refusals = [refusal], Limits = limits };
        var result = ClosedLoop.Run(new StepModel(replica, parameters), limits, load);
        var requestsPerSecond = load.Concurrency / result.Latency.TotalSeconds;
        return new ReplicaPrediction
        {
            Plan = plan,
            Refusals = [],
            Limits = limits,
            Result = result,
            Binding = Binding(result, load),
            RequestsPerSecond = requestsPerSecond,
            TokensPerSecond = requestsPerSecond * load.OutputTokens,
        };
    }

    /// <summary>The smallest tensor-parallel degree that holds all requests of the load at once; where none does, the largest that the model and its NVLink domain allow.</summary>
    /// <param name="request">The replica, whose degree is passed over, and its load.</param>
    /// <param name="parameters">Efficiencies and engines; null takes <see cref="CapacityParameters.Default"/>.</param>
    public static int SmallestDegree(PredictionRequest request, CapacityParameters? parameters = null)
    {
        var engine = (parameters ?? CapacityParameters.Default).Engine(request.Replica.Engine, request.Replica.EngineVersion);
        return MemoryPlanner.Plan(ToPlan(request, engine) with { TensorParallel = null }).TensorParallel;
    }

    private static MemoryPlan Plan(PredictionRequest request, EngineProfile engine) => MemoryPlanner.Plan(ToPlan(request, engine));

    private static PlanRequest ToPlan(PredictionRequest request, EngineProfile engine)
    {
        var (replica, load) = (request.Replica, request.Load);
        return new PlanRequest
        {
            Model = replica.Model,
            Gpu = replica.Gpu,
            GpuMemoryMiB = replica.GpuMemoryMiB,
            TensorParallel = replica.TensorParallel,
            PipelineParallel = replica.PipelineParallel,
            Precision = replica.Precision,
            KvPrecision = replica.EffectiveKv(engine),
            Engine = replica.Engine,
            ContextTokens = (int)Math.Min(MemoryPlanner.MaxContextTokens, (long)load.PromptTokens + load.OutputTokens),
            Concurrency = Math.Min(load.Concurrency, MemoryPlanner.MaxConcurrency),
            MemoryFraction = request.MemoryFraction ?? engine.Measured.MemoryFraction,
            MaxBatchedTokens = request.MaxBatchedTokens ?? engine.MaxBatchedTokens,
            MultiNode = replica.MultiNode,
        };
    }

    private static int MeasuredBudget(EngineProfile engine, ClosedLoopLoad load) => engine.Measured.OnePromptPerStep
        ? (int)Math.Min(int.MaxValue, (long)load.PromptTokens + load.Concurrency)
        : engine.MaxBatchedTokens;

    private static PlanFinding? TooLarge(ClosedLoopLoad load, EngineLimits limits, EngineProfile engine)
    {
        if (!engine.ChunkedPrefill && load.PromptTokens > limits.MaxBatchedTokens)
            return new PlanFinding(
                PlanFindingKind.PromptBeyondStep, true,
                string.Create(CultureInfo.InvariantCulture, $"a prompt of {load.PromptTokens} tokens does not go through a step of {limits.MaxBatchedTokens}, and {engine.Name} does not split it"),
                string.Create(CultureInfo.InvariantCulture, $"max batched tokens {load.PromptTokens}"));
        var blocks = ((long)load.PromptTokens + load.OutputTokens + limits.BlockTokens - 1) / limits.BlockTokens;
        return blocks <= limits.KvBlocks
            ? null
            : new PlanFinding(PlanFindingKind.Memory, true, string.Create(CultureInfo.InvariantCulture, $"a request takes {blocks} blocks of cache, of which there are {limits.KvBlocks}"));
    }

    private static CapacityBinding Binding(ClosedLoopResult result, ClosedLoopLoad load)
    {
        if (load.Concurrency - result.RunningSequences > Queueing * load.Concurrency)
        {
            // Who waits for the token budget waits for prefills before it: what those take says what binds.
            if (result.BlockedSeconds[AdmissionBlock.KvBlocks] > Blocking * result.Busy.TotalSeconds) return CapacityBinding.KvCapacity;
            if (result.BlockedSeconds[AdmissionBlock.Sequences] > Blocking * result.Busy.TotalSeconds) return CapacityBinding.BatchSize;
        }
        var busy = result.Busy;
        (CapacityBinding Binding, double Seconds)[] parts =
        [
            (CapacityBinding.Compute, busy.ComputeSeconds),
            (CapacityBinding.MemoryBandwidth, busy.MemorySeconds),
            (CapacityBinding.Communication, busy.CommunicationSeconds),
            (CapacityBinding.Overhead, busy.LaunchSeconds + busy.HostSeconds),
        ];
        return parts.MaxBy(part => part.Seconds).Binding;
    }
}
