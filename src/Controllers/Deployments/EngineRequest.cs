using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using Nemotron.Planning.Placement;
using EngineApi = Nemotron.Engines.Launch.EngineApi;

namespace Nemotron.Controllers.Deployments;

/// <summary>The launch request that follows from a spec and its memory plan.</summary>
internal static class EngineRequest
{
    // An engine's batch is sized for usual requests, not for ones that fill the context: this many tokens each, and no more than the engine handles well.
    private const long UsualSequenceTokens = 2048;
    private const int LargestDefaultBatch = 512;

    public static readonly TimeSpan DefaultDrain = TimeSpan.FromMinutes(5);

    public static LaunchRequest From(NemotronDeploymentSpec spec, ModelChoice choice, MemoryPlan plan, GroupShape shape) => new()
    {
        Engine = choice.Engine,
        ModelName = choice.Entry.Name,
        Model = choice.Location,
        Revision = choice.Revision,
        Api = spec.Engine?.Api == Crds.EngineApi.Grpc ? EngineApi.TokenGrpc : EngineApi.Http,
        BehindGateway = Gateways.GatewayPlan.Wanted(spec),
        TensorParallel = plan.TensorParallel,
        PipelineParallel = plan.PipelineParallel,
        Shape = shape,
        Precision = choice.Precision,
        KvPrecision = plan.KvPrecision,
        MambaState = plan.StateBytesPerSequence > 0 ? plan.SsmState : null,
        MaxContextTokens = spec.MaxContextTokens ?? Math.Max(1, Math.Min(choice.Entry.Architecture.MaxContextTokens, plan.KvTokens)),
        MaxBatchSize = spec.MaxConcurrentRequests ?? (int)Math.Clamp(plan.KvTokens / UsualSequenceTokens, 1, LargestDefaultBatch),
        MaxBatchedTokens = plan.Request.MaxBatchedTokens,
        KvFreeMemoryFraction = spec.KvCache?.FreeGpuMemoryFraction ?? plan.MemoryFraction,
        KvMaxTokens = plan.KvTokens,
        BlockReuse = spec.KvCache?.BlockReuse,
        HostCacheBytes = HostOffloadBytes(spec),
        NeedsRemoteCode = choice.Entry.RemoteCode,
        TrustRemoteCode = spec.Checkpoint?.TrustRemoteCode ?? false,
        Facts = choice.Entry.Launch,
        ReasoningParser = spec.Engine?.ReasoningParser,
        ToolParser = spec.Engine?.ToolParser,
        ChatTemplate = spec.Engine?.ChatTemplate,
        ExtraArgs = spec.Engine?.ExtraArgs ?? [],
        ExtraConfig = spec.Engine?.ExtraConfig,
        Image = spec.Engine?.Image,
        Version = spec.Engine?.Version,
        WeightsBytes = plan.Stages.Sum(stage => stage.WeightBytes) * plan.TensorParallel,
        StartupTimeout = spec.Engine?.StartupTimeout?.Value,
        DrainTimeout = spec.Drain?.Timeout?.Value ?? DefaultDrain,
    };

    /// <summary>Host memory for evicted KV blocks of one replica, in bytes; 0 for none.</summary>
    public static long HostOffloadBytes(NemotronDeploymentSpec spec) => spec.KvCache?.HostOffload is { } offload ? (long)offload.ToDecimal() : 0;
}
