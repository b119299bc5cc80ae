using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Planning;
using Nemotron.Planning.Placement;
using EngineApi = Nemotron.Engines.Launch.EngineApi;

namespace Nemotron.Controllers.Deployments;

/// <summary>The launch request that follows from a spec and its memory plan.</summary>
internal static class EngineRequest
{
    // An engine's batch is sized for usual requests, not for ones that fill the context: this many tokens each.
    private const long UsualSequenceTokens = 2048;

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
        MaxContextTokens = spec.MaxContextTokens ?? Math.Max(1, Math.Min(choice.MaxContextTokens, plan.KvTokens)),
        MaxBatchSize = DeploymentPlan.BatchSize(Sequences(spec, plan), choice.Engine, plan.PipelineParallel),
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

    /// <summary>The most sequences at once over a whole replica. The engine sets the state of each aside when it starts, and the plan has said for how many there is room.</summary>
    public static int Sequences(NemotronDeploymentSpec spec, MemoryPlan plan) => spec.MaxConcurrentRequests
        ?? (plan.StateBytesPerSequence > 0 ? plan.Request.Concurrency : (int)Math.Clamp(plan.KvTokens / UsualSequenceTokens, 1, DeploymentPlan.MostUnaskedSequences));

    /// <summary>Host memory for evicted KV blocks of one replica, in bytes; 0 for none. Of a spec that <see cref="SpecRules"/> let pass.</summary>
    public static long HostOffloadBytes(NemotronDeploymentSpec spec) => spec.KvCache?.HostOffload is { } offload ? (long)offload.ToDecimal() : 0;
}
