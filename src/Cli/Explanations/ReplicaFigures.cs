using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using Nemotron.Planning;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Simulation;

namespace Nemotron.Cli.Explanations;

/// <summary>What one replica can do, as the autoscaler reckons with it: from the status' memory plan by the same capacity model.</summary>
internal sealed record ReplicaFigures
{
    /// <summary>Tokens that the KV cache holds.</summary>
    public required long? KvTokens { get; init; }

    /// <summary>Most sequences at once.</summary>
    public required long? MaxSequences { get; init; }

    /// <summary>Output tokens per second that it is trusted with by the spec; null where the model decides.</summary>
    public required long? TrustedTokensPerSecond { get; init; }

    /// <summary>Requests per second of the mean length seen, without thinking, that fill it; null where the model does not know the GPU or model.</summary>
    public required double? RequestsPerSecond { get; init; }

    /// <summary>The same of thinking requests.</summary>
    public required double? ThinkingRequestsPerSecond { get; init; }

    /// <summary>Seconds from created to serving: measured, else reckoned.</summary>
    public required double? LeadSeconds { get; init; }

    /// <summary>Whether that was measured.</summary>
    public required bool LeadMeasured { get; init; }

    /// <summary>Works it out. Pure.</summary>
    /// <param name="entity">The deployment.</param>
    /// <param name="state">What the autoscaler has learnt.</param>
    public static ReplicaFigures Of(NemotronDeployment entity, ScalingState state)
    {
        var capacity = Capacity(entity);
        var lengths = capacity is null ? default : Learning.Lengths(state, capacity);
        var spread = state.Spread ?? Learning.PriorSpread;
        return new ReplicaFigures
        {
            KvTokens = entity.Status?.Plan?.KvTokens,
            MaxSequences = entity.Status?.Plan?.MaxSequences,
            TrustedTokensPerSecond = entity.Spec.Autoscaling?.Targets?.TokensPerSecondPerReplica,
            RequestsPerSecond = capacity is null ? null : Rate(lengths.Off),
            ThinkingRequestsPerSecond = capacity is null ? null : Rate(lengths.On),
            LeadSeconds = (state.LeadTime ?? capacity?.LeadTime)?.TotalSeconds,
            LeadMeasured = state.LeadTime is not null,
        };

        double Rate(LengthEstimate length) => 1 / ((state.WorkFactor ?? 1) * capacity!.WorkSeconds(length.PromptTokens, length.OutputTokens, spread));
    }

    private static ReplicaCapacity? Capacity(NemotronDeployment entity)
    {
        if (entity.Status is not { Model: { } model, Plan: { Gpu: { } gpu, TensorParallel: { } degree } plan }) return null;
        try
        {
            var setup = ReplicaSetup.Of(new PlanRequest
            {
                Model = ModelCatalogue.Default.Find(model),
                Gpu = GpuCatalogue.Default.Find(gpu),
                TensorParallel = degree,
                PipelineParallel = plan.PipelineParallel ?? 1,
                Precision = plan.Precision?.ToPlanner() ?? Planning.Precision.BF16,
                KvPrecision = plan.KvPrecision?.ToPlanner(),
                ContextTokens = plan.ContextTokens is { } context ? (int)Math.Min(int.MaxValue, context) : null,
                Concurrency = 1,
                Engine = (entity.Spec.Engine?.Type ?? Crds.EngineKind.TrtLlmServe).ToPlanner(),
            });
            return ReplicaCapacity.Of(setup.Model, setup.Limits, setup.StartUp);
        }
        catch (Exception e) when (e is UnknownNameException or Planning.Capacity.UnknownRateException or ArgumentException)
        {
            // A NemotronModel of the cluster, or a GPU without rates: the rest is said all the same.
            return null;
        }
    }
}
