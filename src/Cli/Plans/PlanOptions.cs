using System.CommandLine;
using Nemotron.Planning;

namespace Nemotron.Cli.Plans;

/// <summary>The options of <c>plan</c>, and what they make of a request. An option that is given wins over a file.</summary>
internal sealed class PlanOptions
{
    private const string DefaultGpu = "H100-SXM";

    public ModelSource Source { get; } = new(
        "Plan the model of this Hugging Face config.json instead of MODEL.",
        "Plan every NemotronDeployment of this YAML file; - is standard input.");

    public Option<string?> Gpu { get; } = new("--gpu") { Description = $"GPU type or nvidia.com/gpu.product value; {DefaultGpu} if absent." };

    public Option<int?> MemoryMiB { get; } = NumberOption.Whole("--memory-mib", "Memory of each GPU in MiB, as the nodes' label nvidia.com/gpu.memory says; wins over the type's.");

    public Option<int?> TensorParallel { get; } = NumberOption.Whole("--tp", "Tensor-parallel degree; the smallest that fits if absent.");

    public Option<int?> PipelineParallel { get; } = NumberOption.Whole("--pp", "Pipeline stages; 1 if absent.");

    public Option<string?> Precision { get; } = new("--precision") { Description = "BF16, FP8 or NVFP4; BF16 if absent." };

    public Option<string?> KvPrecision { get; } = new("--kv-precision") { Description = "BF16, FP8 or NVFP4; BF16 beside BF16 weights and FP8 beside others if absent." };

    public Option<string?> StatePrecision { get; } = new("--ssm-state") { Description = "BF16 or FP32 for the SSM state; the model's own if absent." };

    public Option<int?> Context { get; } = NumberOption.Whole("--context", "Tokens of the longest sequence; the model's longest if absent, with -f whatever the memory holds.");

    public Option<int?> Concurrency { get; } = NumberOption.Whole("--concurrency", "Sequences of that length at once; 1 if absent.");

    public Option<string?> Engine { get; } = new("--engine") { Description = "TrtLlmServe, Triton, or Vllm and Sglang (planned only); TrtLlmServe if absent." };

    public Option<double?> MemoryFraction { get; } = NumberOption.Decimal("--memory-fraction", "The engine's memory fraction; 0.95 of what is free for TensorRT-LLM, 0.9 of the GPU for vLLM, what SGLang does not set aside if absent.");

    public Option<int?> MaxBatchedTokens { get; } = NumberOption.Whole("--max-batched-tokens", "Tokens that the engine puts into one forward pass; 8192 if absent.");

    public Option<int?> GpusPerNode { get; } = NumberOption.Whole("--gpus-per-node", "GPUs of a node; the type's if absent.");

    public Option<int?> NvLinkDomain { get; } = NumberOption.Whole("--nvlink-domain", "GPUs of an NVLink domain; the type's if absent.");

    public Option<bool> MultiNode { get; } = new("--multi-node") { Description = "Let a tensor-parallel group leave its NVLink domain." };

    public Option<DirectoryInfo?> GpuCatalogue { get; } = new("--gpu-catalogue") { Description = "Read GPU types from this directory instead of the built-in ones." };

    public IEnumerable<Option> All =>
    [
        Source.Config, Source.File, Gpu, MemoryMiB, TensorParallel, PipelineParallel, Precision, KvPrecision, StatePrecision, Context, Concurrency,
        Engine, MemoryFraction, MaxBatchedTokens, GpusPerNode, NvLinkDomain, MultiNode, GpuCatalogue,
    ];

    /// <summary>The plan; what a file leaves open is decided as the operator decides it.</summary>
    public MemoryPlan Plan(ParseResult given, ModelEntry model, DeploymentFields? file)
    {
        var request = Request(given, model, file);
        return file is null ? MemoryPlanner.Plan(request) : DeploymentPlan.Of(request, request.ContextTokens, given.GetValue(Concurrency) ?? file.Concurrency);
    }

    private PlanRequest Request(ParseResult given, ModelEntry model, DeploymentFields? file)
    {
        var gpus = given.GetValue(GpuCatalogue) is { } directory
            ? Planning.GpuCatalogue.FromDirectory(directory.FullName)
            : Planning.GpuCatalogue.Default;
        var request = new PlanRequest
        {
            Model = model,
            Gpu = WholeGpu(gpus, given.GetValue(Gpu) ?? DefaultGpu),
            GpuMemoryMiB = given.GetValue(MemoryMiB),
            TensorParallel = given.GetValue(TensorParallel) ?? file?.TensorParallel,
            PipelineParallel = given.GetValue(PipelineParallel) ?? file?.PipelineParallel ?? 1,
            Precision = Names.Parse<Precision>("precision", given.GetValue(Precision)) ?? file?.Precision ?? Planning.Precision.BF16,
            KvPrecision = Names.Parse<KvPrecision>("KV precision", given.GetValue(KvPrecision)) ?? file?.KvPrecision,
            SsmState = Names.Parse<StatePrecision>("state precision", given.GetValue(StatePrecision)),
            ContextTokens = given.GetValue(Context) ?? file?.ContextTokens,
            Concurrency = given.GetValue(Concurrency) ?? 1,
            Engine = Names.Parse<EngineKind>("engine", given.GetValue(Engine)) ?? file?.Engine ?? EngineKind.TrtLlmServe,
            MemoryFraction = given.GetValue(MemoryFraction) ?? file?.MemoryFraction,
            GpusPerNode = given.GetValue(GpusPerNode),
            DomainGpus = given.GetValue(NvLinkDomain),
            MultiNode = given.GetValue(MultiNode),
        };
        return given.GetValue(MaxBatchedTokens) is { } tokens ? request with { MaxBatchedTokens = tokens } : request;
    }

    internal static GpuType WholeGpu(GpuCatalogue gpus, string name)
    {
        var product = GpuProductName.Parse(name);
        if (product.MigProfile is { } profile)
            throw new BadInputException($"'{name}' is a MIG slice ({profile}): tensor parallelism needs whole GPUs");
        if (product.Shared)
            throw new BadInputException($"'{name}' is shared between containers: the memory that its label names is not one's own");
        return gpus.Find(name);
    }
}
