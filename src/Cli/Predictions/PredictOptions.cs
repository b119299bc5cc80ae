using System.CommandLine;
using System.Globalization;
using Nemotron.Cli.Plans;
using Nemotron.Planning;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Cli.Predictions;

/// <summary>The options of <c>predict</c>, and what they make of a request.</summary>
internal sealed class PredictOptions
{
    private const string DefaultGpu = "H100-SXM";

    public ModelSource Source { get; } = new(
        "Predict for the model of this Hugging Face config.json instead of MODEL.",
        "Predict for every row of this CSV file, and compare where it has ttft_ms and tpot_ms; - is standard input. Needs the columns model, system, backend, isl, osl, concurrency and tp; takes backend_version, precision and pp.");

    public Option<string?> Gpu { get; } = new("--gpu") { Description = $"GPU type or nvidia.com/gpu.product value; {DefaultGpu} if absent." };

    public Option<int?> MemoryMiB { get; } = NumberOption.Whole("--memory-mib", "Memory of each GPU in MiB, as the nodes' label nvidia.com/gpu.memory says; wins over the type's.");

    public Option<int?> TensorParallel { get; } = NumberOption.Whole("--tp", "Tensor-parallel degree; the smallest that holds all requests at once if absent.");

    public Option<int?> PipelineParallel { get; } = NumberOption.Whole("--pp", "Pipeline stages; 1 if absent.");

    public Option<string?> Precision { get; } = new("--precision") { Description = "BF16, FP8 or NVFP4; BF16 if absent." };

    public Option<string?> KvPrecision { get; } = new("--kv-precision") { Description = "BF16, FP8 or NVFP4; BF16 beside BF16 weights if absent, and beside others FP8 with TensorRT-LLM and BF16 with the other engines." };

    public Option<string?> Engine { get; } = new("--engine") { Description = "TrtLlmServe (or trtllm), Triton, Vllm or Sglang; TrtLlmServe if absent." };

    public Option<string?> EngineVersion { get; } = new("--engine-version") { Description = "The engine's version, where that makes a difference; see docs/capacity-model.md." };

    public Option<int?> InputTokens { get; } = NumberOption.Whole("--isl", "Tokens of each prompt.");

    public Option<int?> OutputTokens { get; } = NumberOption.Whole("--osl", "Tokens of each output.");

    public Option<int?> Concurrency { get; } = NumberOption.Whole("--concurrency", "Requests kept in flight; 1 if absent.");

    public Option<double?> MemoryFraction { get; } = NumberOption.Decimal("--memory-fraction", "The engine's memory fraction; that of the measured servers if absent.");

    public Option<int?> MaxBatchedTokens { get; } = NumberOption.Whole("--max-batched-tokens", "Tokens of one step; if absent what the measured servers had: one prompt and a token for each request, and 8192 with SGLang.");

    public Option<int?> MaxSequences { get; } = NumberOption.Whole("--max-sequences", "Sequences that run at once; the engine's default if absent.");

    public Option<bool> MultiNode { get; } = new("--multi-node") { Description = "Let a tensor-parallel group leave its NVLink domain." };

    public Option<DirectoryInfo?> GpuCatalogue { get; } = new("--gpu-catalogue") { Description = "Read GPU types from this directory instead of the built-in ones." };

    public IEnumerable<Option> All =>
    [
        Source.Config, Source.File, Gpu, MemoryMiB, TensorParallel, PipelineParallel, Precision, KvPrecision, Engine, EngineVersion, InputTokens, OutputTokens, Concurrency,
        MemoryFraction, MaxBatchedTokens, MaxSequences, MultiNode, GpuCatalogue,
    ];

    public GpuCatalogue Gpus(ParseResult given) => given.GetValue(GpuCatalogue) is { } directory
        ? Planning.GpuCatalogue.FromDirectory(directory.FullName)
        : Planning.GpuCatalogue.Default;

    public PredictionRequest Request(ParseResult given, ModelEntry model)
    {
        var load = new ClosedLoopLoad(
            InRange(given, InputTokens, MemoryPlanner.MaxContextTokens) ?? throw new BadInputException("--isl is required: tokens of each prompt"),
            InRange(given, OutputTokens, MemoryPlanner.MaxContextTokens) ?? throw new BadInputException("--osl is required: tokens of each output"),
            InRange(given, Concurrency, Predictor.MostRequests / 10) ?? 1);
        var request = new PredictionRequest
        {
            Replica = new ReplicaSpec
            {
                Model = model,
                Gpu = PlanOptions.WholeGpu(Gpus(given), given.GetValue(Gpu) ?? DefaultGpu),
                GpuMemoryMiB = given.GetValue(MemoryMiB),
                TensorParallel = given.GetValue(TensorParallel) ?? 1,
                PipelineParallel = given.GetValue(PipelineParallel) ?? 1,
                Precision = PrecisionOf(given.GetValue(Precision)),
                KvPrecision = Names.Parse<KvPrecision>("KV precision", given.GetValue(KvPrecision)),
                Engine = given.GetValue(Engine) is { } engine ? EngineNames.Parse(engine) : EngineKind.TrtLlmServe,
                EngineVersion = given.GetValue(EngineVersion),
                MultiNode = given.GetValue(MultiNode),
            },
            Load = load,
            MemoryFraction = given.GetValue(MemoryFraction),
            MaxBatchedTokens = InRange(given, MaxBatchedTokens, MemoryPlanner.MaxConcurrency),
            MaxSequences = InRange(given, MaxSequences, MemoryPlanner.MaxConcurrency),
        };
        return given.GetValue(TensorParallel) is null ? request with { Replica = request.Replica with { TensorParallel = Predictor.SmallestDegree(request) } } : request;
    }

    private static Precision PrecisionOf(string? text) =>
        string.Equals(text, "FP4", StringComparison.OrdinalIgnoreCase) ? Planning.Precision.NVFP4 : Names.Parse<Precision>("precision", text) ?? Planning.Precision.BF16;

    private static int? InRange(ParseResult given, Option<int?> option, int most) => given.GetValue(option) switch
    {
        null => null,
        { } value when value >= 1 && value <= most => value,
        { } value => throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be between 1 and {most}, not {value}")),
    };
}
