using Nemotron.Planning;
using Nemotron.Planning.Serving;

namespace Nemotron.Cli.Predictions;

/// <summary>A prediction as <c>-o json</c> and <c>-o yaml</c> write it; null where the replica cannot be run. The names are an interface that scripts rely on.</summary>
internal sealed record PredictReport
{
    public required string Model { get; init; }
    public required string Gpu { get; init; }
    public required long GpuMemoryBytes { get; init; }
    public required EngineKind Engine { get; init; }
    public required string? EngineVersion { get; init; }
    public required int TensorParallel { get; init; }
    public required int PipelineParallel { get; init; }
    public required int Gpus { get; init; }
    public required Precision Precision { get; init; }
    public required KvPrecision KvPrecision { get; init; }
    public required int Isl { get; init; }
    public required int Osl { get; init; }
    public required int Concurrency { get; init; }
    public required bool Fits { get; init; }
    public required double? TtftMs { get; init; }
    public required double? TpotMs { get; init; }
    public required double? LatencyMs { get; init; }
    public required double? TokensPerSecond { get; init; }
    public required double? RequestsPerSecond { get; init; }
    public required double? RunningSequences { get; init; }
    public required CapacityBinding? Binding { get; init; }
    public required BusyShares? Busy { get; init; }
    public required long KvTokens { get; init; }
    public required int? MaxSequences { get; init; }
    public required int? MaxBatchedTokens { get; init; }
    public required long? Preemptions { get; init; }
    public required IReadOnlyList<PlanFinding> Findings { get; init; }

    public static PredictReport Of(PredictionRequest request, ReplicaPrediction prediction)
    {
        var result = prediction.Result;
        return new PredictReport
        {
            Model = request.Replica.Model.Name,
            Gpu = request.Replica.Gpu.Name,
            GpuMemoryBytes = prediction.Plan.GpuBytes,
            Engine = request.Replica.Engine,
            EngineVersion = request.Replica.EngineVersion,
            TensorParallel = request.Replica.TensorParallel,
            PipelineParallel = request.Replica.PipelineParallel,
            Gpus = request.Replica.TensorParallel * request.Replica.PipelineParallel,
            Precision = request.Replica.Precision,
            KvPrecision = prediction.Plan.KvPrecision,
            Isl = request.Load.PromptTokens,
            Osl = request.Load.OutputTokens,
            Concurrency = request.Load.Concurrency,
            Fits = result is not null,
            TtftMs = Rounded(result?.TimeToFirstToken.TotalMilliseconds),
            TpotMs = Rounded(result?.TimePerOutputToken.TotalMilliseconds),
            LatencyMs = Rounded(result?.Latency.TotalMilliseconds),
            TokensPerSecond = result is null ? null : Rounded(prediction.TokensPerSecond),
            RequestsPerSecond = result is null ? null : Rounded(prediction.RequestsPerSecond),
            RunningSequences = Rounded(result?.RunningSequences),
            Binding = result is null ? null : prediction.Binding,
            Busy = result is null ? null : BusyShares.Of(result),
            KvTokens = prediction.Limits?.KvTokens ?? prediction.Plan.KvTokens,
            MaxSequences = prediction.Limits?.MaxSequences,
            MaxBatchedTokens = prediction.Limits?.MaxBatchedTokens,
            Preemptions = result?.Preemptions,
            Findings = PredictFindings.Of(prediction),
        };
    }

    private static double? Rounded(double? value) => value is { } known ? Math.Round(known, 3) : null;
}

/// <summary>What the engine's busy time goes on, as shares that add up to 1.</summary>
internal sealed record BusyShares(double Compute, double Memory, double Communication, double Overhead)
{
    public static BusyShares Of(ClosedLoopResult result)
    {
        var busy = result.Busy;
        return new BusyShares(
            Share(busy.ComputeSeconds), Share(busy.MemorySeconds), Share(busy.CommunicationSeconds), Share(busy.LaunchSeconds + busy.HostSeconds));

        double Share(double seconds) => Math.Round(seconds / busy.TotalSeconds, 3);
    }
}

/// <summary>What there is to say about a prediction: why there is none, or the plan's warnings that bear on it.</summary>
internal static class PredictFindings
{
    // That not all requests fit at once is what the prediction itself is about: they queue.
    public static IReadOnlyList<PlanFinding> Of(ReplicaPrediction prediction) => prediction.Refusals.Count > 0
        ? prediction.Refusals
        : [.. prediction.Plan.Findings.Where(finding => !finding.Refuses && finding.Kind != PlanFindingKind.Activations)];
}
