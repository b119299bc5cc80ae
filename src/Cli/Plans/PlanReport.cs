using System.Text.Json.Serialization;
using Nemotron.Planning;
using YamlDotNet.Serialization;

namespace Nemotron.Cli.Plans;

/// <summary>A plan as <c>-o json</c> and <c>-o yaml</c> write it. The names are an interface that scripts rely on.</summary>
internal sealed record PlanReport
{
    /// <summary>The deployment's name; left out for a plan that is not from a file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [YamlMember(DefaultValuesHandling = DefaultValuesHandling.OmitNull)]
    public string? Name { get; init; }

    public required string Model { get; init; }
    public required string? Gpu { get; init; }
    public required long GpuMemoryBytes { get; init; }
    public required EngineKind Engine { get; init; }
    public required int TensorParallel { get; init; }
    public required int PipelineParallel { get; init; }
    public required int Gpus { get; init; }
    public required int Nodes { get; init; }
    public required Precision Precision { get; init; }
    public required KvPrecision KvPrecision { get; init; }
    public required StatePrecision? SsmStatePrecision { get; init; }
    public required int ContextTokens { get; init; }
    public required int Concurrency { get; init; }
    public required long Parameters { get; init; }
    public required long WeightsBytesPerGpu { get; init; }
    public required long ActivationBytesPerGpu { get; init; }
    public required long NcclBytesPerGpu { get; init; }
    public required long HeldBackBytesPerGpu { get; init; }
    public required double MemoryFraction { get; init; }
    public required long CacheBudgetBytesPerGpu { get; init; }
    public required long KvBytesPerToken { get; init; }
    public required long KvBytesPerTokenPerGpu { get; init; }
    public required long StateBytesPerSequence { get; init; }
    public required long StateBytesPerSequencePerGpu { get; init; }
    public required int BlockTokens { get; init; }
    public required long KvTokens { get; init; }
    public required long MaxSequences { get; init; }
    public required long BytesPerSequenceAtContext { get; init; }
    public required long BytesPerSequenceAtContextPerGpu { get; init; }
    public required long HeadroomBytesPerGpu { get; init; }
    public required int LargestContextTokens { get; init; }
    public required bool Fits { get; init; }
    public required bool Servable { get; init; }
    public required int? MinTensorParallel { get; init; }
    public required int? MinNodes { get; init; }
    public required PlanBinding Binding { get; init; }
    public required IReadOnlyList<StageReport> Stages { get; init; }
    public required IReadOnlyList<PlanFinding> Findings { get; init; }
    public required IReadOnlyList<FigureProvenance> Provenance { get; init; }
    public required IReadOnlyList<string> Lines { get; init; }

    public static PlanReport Of(MemoryPlan plan, string? name = null) => new()
    {
        Name = name,
        Model = plan.Model.Name,
        Gpu = plan.Request.Gpu?.Name,
        GpuMemoryBytes = plan.GpuBytes,
        Engine = plan.Request.Engine,
        TensorParallel = plan.TensorParallel,
        PipelineParallel = plan.PipelineParallel,
        Gpus = plan.Gpus,
        Nodes = plan.Nodes,
        Precision = plan.Request.Precision,
        KvPrecision = plan.KvPrecision,
        SsmStatePrecision = plan.StateBytesPerSequence > 0 ? plan.SsmState : null,
        ContextTokens = plan.ContextTokens,
        Concurrency = plan.Request.Concurrency,
        Parameters = plan.Parameters,
        WeightsBytesPerGpu = plan.WeightsBytesPerGpu,
        ActivationBytesPerGpu = plan.ActivationBytes,
        NcclBytesPerGpu = plan.NcclBytes,
        HeldBackBytesPerGpu = plan.HeldBackBytes,
        MemoryFraction = plan.MemoryFraction,
        CacheBudgetBytesPerGpu = plan.CacheBudgetBytes,
        KvBytesPerToken = plan.KvBytesPerToken,
        KvBytesPerTokenPerGpu = plan.KvBytesPerTokenPerGpu,
        StateBytesPerSequence = plan.StateBytesPerSequence,
        StateBytesPerSequencePerGpu = plan.StateBytesPerSequencePerGpu,
        BlockTokens = plan.Fullest.BlockTokens,
        KvTokens = plan.KvTokens,
        MaxSequences = plan.MaxSequences,
        BytesPerSequenceAtContext = plan.BytesPerSequenceAtContext,
        BytesPerSequenceAtContextPerGpu = plan.Fullest.BytesPerSequence,
        HeadroomBytesPerGpu = plan.HeadroomBytes,
        LargestContextTokens = plan.LargestContextTokens,
        Fits = plan.Fits,
        Servable = plan.Servable,
        MinTensorParallel = plan.MinTensorParallel,
        MinNodes = plan.MinNodes,
        Binding = plan.Binding,
        Stages = [.. plan.Stages.Select(StageReport.Of)],
        Findings = plan.Findings,
        Provenance = [.. plan.Model.Provenance, .. plan.Request.Gpu?.Provenance ?? []],
        Lines = [.. plan.Lines.Select(line => line.Text)],
    };
}

/// <summary>One pipeline stage of a <see cref="PlanReport"/>; all bytes are per GPU.</summary>
internal sealed record StageReport(
    int FirstLayer, int LastLayer, long WeightsBytes, long KvBytesPerToken, long StateBytesPerSequence, long CacheBudgetBytes)
{
    public static StageReport Of(StageFigures stage) => new(
        stage.FromLayer, stage.ToLayer - 1, stage.WeightBytes, stage.KvBytesPerToken, stage.StateBytesPerSequence, stage.BudgetBytes);
}
