using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;

namespace Nemotron.Controllers.Deployments;

/// <summary>The launch request that follows from a spec and its memory plan.</summary>
internal static class EngineRequest
{
    // An engine's batch is sized for usual requests, not for ones that fill the context: this many tokens each, and no more than the engine handles well.
    private const long UsualSequenceTokens = 2048;
    private const int LargestDefaultBatch = 512;

    public static LaunchRequest From(NemotronDeploymentSpec spec, ModelChoice choice, MemoryPlan plan) => new()
    {
        Engine = choice.Engine,
        Model = choice.Location,
        Revision = choice.Revision,
        TensorParallel = plan.TensorParallel,
        PipelineParallel = plan.PipelineParallel,
        KvPrecision = plan.KvPrecision,
        MaxContextTokens = spec.MaxContextTokens ?? Math.Max(1, Math.Min(choice.Entry.Architecture.MaxContextTokens, plan.KvTokens)),
        MaxBatchSize = spec.MaxConcurrentRequests ?? (int)Math.Clamp(plan.KvTokens / UsualSequenceTokens, 1, LargestDefaultBatch),
        KvFreeMemoryFraction = spec.KvCache?.FreeGpuMemoryFraction ?? plan.MemoryFraction,
        KvMaxTokens = plan.KvTokens,
        // State of Mamba layers cannot be rolled back to a shared beginning.
        BlockReuse = spec.KvCache?.BlockReuse ?? plan.StateBytesPerSequence == 0,
        HostCacheBytes = spec.KvCache?.HostOffload is { } offload ? (long)offload.ToDecimal() : 0,
        TrustRemoteCode = spec.Checkpoint?.TrustRemoteCode ?? false,
        ExtraArgs = spec.Engine?.ExtraArgs ?? [],
        ExtraConfig = spec.Engine?.ExtraConfig,
        Image = spec.Engine?.Image,
        Version = spec.Engine?.Version,
        WeightsBytes = plan.Stages.Sum(stage => stage.WeightBytes) * plan.TensorParallel,
    };
}
