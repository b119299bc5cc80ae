using Nemotron.Planning.Capacity;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>A replica as it is simulated: made from a memory plan.</summary>
/// <param name="Plan">The memory plan.</param>
/// <param name="Model">What its steps cost.</param>
/// <param name="Limits">What bounds its batches.</param>
/// <param name="StartUp">Time from creation until it serves.</param>
public sealed record ReplicaSetup(MemoryPlan Plan, StepModel Model, EngineLimits Limits, TimeSpan StartUp)
{
    // Assumed: a pod is placed and its container starts, the engine warms up and captures its CUDA graphs; weights come from disks near by.
    private static readonly TimeSpan BesidesWeights = TimeSpan.FromSeconds(45);
    private const double WeightBytesPerSecond = 1e9;

    /// <summary>Sets a replica up.</summary>
    /// <param name="request">What is asked of the memory plan; its GPU must be known.</param>
    /// <param name="startUp">Time from creation until it serves; null takes 45 s and a second for each GB of weights (assumed).</param>
    /// <param name="sequences">Sequences at once of a model with recurrent state, whose engine sets it aside for each when it starts; null for as many as the memory is good for. Other models have none to set aside.</param>
    /// <exception cref="ArgumentException">The plan does not fit; the message says why.</exception>
    /// <exception cref="UnknownRateException">The GPU's file lacks a rate that is needed.</exception>
    public static ReplicaSetup Of(PlanRequest request, TimeSpan? startUp = null, int? sequences = null)
    {
        var plan = request.Model.Architecture.HasMamba ? DeploymentPlan.Of(request, request.ContextTokens, sequences) : MemoryPlanner.Plan(request);
        if (plan.Findings.FirstOrDefault(finding => finding.Refuses) is { } refusal || !plan.HoldsOneSequence)
        {
            var first = plan.Findings.FirstOrDefault(finding => finding.Refuses);
            throw new ArgumentException(first is null ? "the replica holds no sequence of its context" : first.Fix is null ? first.Message : $"{first.Message} (would do: {first.Fix})", nameof(request));
        }
        var model = new StepModel(new ReplicaSpec
        {
            Model = request.Model,
            Gpu = request.Gpu ?? throw new ArgumentException("a simulation needs a GPU type", nameof(request)),
            GpuMemoryMiB = request.GpuMemoryMiB,
            TensorParallel = plan.TensorParallel,
            PipelineParallel = plan.PipelineParallel,
            Precision = request.Precision,
            KvPrecision = plan.KvPrecision,
            Engine = request.Engine,
            MultiNode = request.MultiNode,
        });
        var weights = (double)plan.WeightsBytesPerGpu * plan.Gpus;
        return new ReplicaSetup(
            plan, model, EngineLimits.Of(plan, model.Engine, maxBatchedTokens: request.MaxBatchedTokens),
            startUp ?? BesidesWeights + TimeSpan.FromSeconds(Math.Round(weights / WeightBytesPerSecond)));
    }

    /// <summary>A scenario on such replicas. It begins with the replicas that the first five minutes of the trace need, and a fifth more.</summary>
    /// <param name="spec">What policies are held to.</param>
    /// <param name="trace">The requests.</param>
    /// <param name="ttft">Longest time to first token of a good request.</param>
    /// <param name="itl">Longest mean time between tokens of a good request.</param>
    public FleetScenario Scenario(ScalingPolicySpec spec, IReadOnlyList<TracedRequest> trace, TimeSpan ttft, TimeSpan itl)
    {
        var capacity = ReplicaCapacity.Of(Model, Limits, StartUp);
        return new FleetScenario
        {
            Model = Model,
            Limits = Limits,
            Capacity = capacity,
            GpusPerReplica = Plan.Gpus,
            StartUp = StartUp,
            InitialReplicas = Math.Clamp(WarmStart(capacity, trace, itl), spec.MinReplicas, spec.MaxReplicas),
            Spec = spec,
            TtftObjective = ttft,
            ItlObjective = itl,
            Trace = trace,
        };
    }

    private static int WarmStart(ReplicaCapacity capacity, IReadOnlyList<TracedRequest> trace, TimeSpan itl)
    {
        var window = TimeSpan.FromMinutes(5);
        double work = 0, cache = 0;
        foreach (var (_, request) in trace.TakeWhile(item => item.Sent < window))
        {
            work += capacity.WorkSeconds(request.PromptTokens, request.OutputTokens) / window.TotalSeconds;
            cache += capacity.StepSeconds * request.OutputTokens * capacity.KvTokensHeld(request.PromptTokens, request.OutputTokens) / window.TotalSeconds;
        }
        var load = Math.Clamp(1 - 1.5 * capacity.StepSeconds / itl.TotalSeconds, 0.1, 0.9);
        var byCache = capacity.KvTokens > 0 ? work + cache / capacity.KvTokens : 0;
        return (int)Math.Ceiling(1.2 * Math.Max(work / load, byCache));
    }
}
