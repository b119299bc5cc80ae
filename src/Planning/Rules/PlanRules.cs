using System.Globalization;

namespace Nemotron.Planning;

/// <summary>The rules that a request is held against before memory is looked at, each with its reason and the smallest change that heeds it.</summary>
internal static class PlanRules
{
    // A domain larger than a node is the rack's; any other ends with the node, which may have fewer GPUs than is usual.
    public static int DomainGpus(PlanRequest request) => request switch
    {
        { DomainGpus: { } given } => given,
        { Gpu: { } gpu } when gpu.DomainGpus > gpu.GpusPerNode => gpu.DomainGpus,
        { Gpu: null, GpusPerNode: null } => TensorParallelRules.Largest,
        _ => GpusPerNode(request),
    };

    public static int GpusPerNode(PlanRequest request) => request.GpusPerNode ?? request.Gpu?.GpusPerNode ?? 8;

    /// <summary>The request with every number brought into range; each one that was not is refused by name.</summary>
    public static PlanRequest InRange(PlanRequest request, List<PlanFinding> findings)
    {
        var checkedRequest = request with
        {
            PipelineParallel = Clamp(request.PipelineParallel, MemoryPlanner.MaxPipelineParallel, "pipelineParallel", findings),
            Concurrency = Clamp(request.Concurrency, MemoryPlanner.MaxConcurrency, "concurrency", findings),
            MaxBatchedTokens = Clamp(request.MaxBatchedTokens, MemoryPlanner.MaxConcurrency, "maxBatchedTokens", findings),
            ContextTokens = request.ContextTokens is { } context
                ? Clamp(context, MemoryPlanner.MaxContextTokens, "context", findings)
                : null,
            GpuMemoryMiB = request.GpuMemoryMiB is { } memory
                ? Clamp(memory, MemoryPlanner.MaxGpuMemoryMiB, "memoryMiB", findings)
                : null,
            TensorParallel = request.TensorParallel is { } tp
                ? Clamp(tp, TensorParallelRules.Largest, "tensorParallel", findings)
                : null,
            GpusPerNode = request.GpusPerNode is { } perNode ? Clamp(perNode, 1024, "gpusPerNode", findings) : null,
            DomainGpus = request.DomainGpus is { } domain ? Clamp(domain, 4096, "domainGpus", findings) : null,
        };
        if (request.MemoryFraction is { } fraction && !(fraction > 0 && fraction <= 1))
        {
            findings.Add(new PlanFinding(
                PlanFindingKind.OutOfRange, true, $"memoryFraction {fraction.ToString(CultureInfo.InvariantCulture)} is not in (0, 1]"));
            checkedRequest = checkedRequest with { MemoryFraction = null };
        }
        var layers = request.Model.Architecture.LayerCount;
        if (checkedRequest.PipelineParallel > layers)
        {
            findings.Add(new PlanFinding(
                PlanFindingKind.PipelineParallel, true,
                $"{checkedRequest.PipelineParallel} pipeline stages are more than the {layers} layers", $"pipelineParallel {layers}"));
            checkedRequest = checkedRequest with { PipelineParallel = layers };
        }
        return checkedRequest;
    }

    public static void Check(PlanRequest request, List<PlanFinding> findings)
    {
        CheckDegree(request, findings);
        if (request.Gpu is { } gpu) CheckPrecision(request, gpu, findings);
        var longest = request.CheckpointContextTokens ?? request.Model.Architecture.MaxContextTokens;
        if (request.ContextTokens > longest)
            findings.Add(new PlanFinding(
                PlanFindingKind.ContextBeyondModel, false,
                $"{request.Model.Name} was made for {longest} tokens, less than the {request.ContextTokens} asked for",
                $"context {longest}"));
        if (!request.Model.ServedBy(request.Engine))
            findings.Add(new PlanFinding(
                PlanFindingKind.EngineCannotServe, false, $"{request.Engine} is not known to serve {request.Model.Name}; the plan is for sizing only"));
        if (request.Precision != Precision.BF16 && request.Model.CheckpointFor(request.Precision) is null)
            findings.Add(new PlanFinding(
                PlanFindingKind.NoCheckpoint, false,
                $"no published {request.Precision} checkpoint of {request.Model.Name} is known; name one of your own"));
    }

    private static void CheckDegree(PlanRequest request, List<PlanFinding> findings)
    {
        if (request.TensorParallel is not { } tp) return;
        var verdict = TensorParallelRules.Check(request.Model, request.Precision, tp, request.Engine);
        if (!verdict.Allowed)
            findings.Add(new PlanFinding(PlanFindingKind.TensorParallelDegree, true, verdict.Reason!, verdict.Fix));
        var domain = DomainGpus(request);
        if (tp > domain && !request.MultiNode)
            findings.Add(new PlanFinding(
                PlanFindingKind.NvLinkDomain, true,
                $"a tensor-parallel group of {tp} leaves its NVLink domain of {domain} GPUs",
                $"at most tensorParallel {domain}, with pipelineParallel for the rest, or ask for a multi-node group"));
    }

    private static void CheckPrecision(PlanRequest request, GpuType gpu, List<PlanFinding> findings)
    {
        if (!gpu.Supports(request.Precision))
            findings.Add(new PlanFinding(
                PlanFindingKind.Precision, true,
                Unsupported(gpu, $"{request.Precision} weights", PrecisionRules.Needs(request.Precision)),
                gpu.Supports(Precision.FP8) ? "precision FP8 or BF16" : "precision BF16"));
        var kv = request.KvPrecision ?? PrecisionRules.DefaultKv(request.Precision);
        if (!gpu.Supports(kv))
            findings.Add(new PlanFinding(
                PlanFindingKind.KvPrecision, true,
                Unsupported(gpu, $"an {kv} KV cache", PrecisionRules.Needs(kv)),
                gpu.Supports(KvPrecision.FP8) ? "KV precision FP8 or BF16" : "KV precision BF16"));
    }

    private static string Unsupported(GpuType gpu, string what, int needs) =>
        $"{what} need{(what[0] == 'a' ? "s" : "")} compute capability {Capability(needs)}; {gpu.Name} has {Capability(gpu.ComputeCapability)}";

    private static string Capability(int tenfold) => (tenfold / 10.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static int Clamp(int value, int max, string name, List<PlanFinding> findings)
    {
        if (value >= 1 && value <= max) return value;
        findings.Add(new PlanFinding(PlanFindingKind.OutOfRange, true, $"{name} must be between 1 and {max}, not {value}"));
        return Math.Clamp(value, 1, max);
    }
}
