using BenchmarkDotNet.Attributes;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Bench;

/// <summary>
/// One step's cost and one prediction, which simulates ten waves of requests from start to end. The budget is 1 µs a step and 5 ms a prediction.
/// Run with <c>dotnet run -c Release --project bench/Planning.Bench -- --filter '*Prediction*'</c>, and <c>--job short</c> where time is short.
/// </summary>
[MemoryDiagnoser]
public class PredictionBenchmarks
{
    private PredictionRequest _request = null!;
    private StepModel _model = null!;

    /// <summary>Few requests, many, more than the cache holds with and without eviction, and prompts first.</summary>
    [Params("8 requests", "128 requests", "cache full", "cache full, evicting", "prompts first")]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var (engine, isl, osl, concurrency) = Case switch
        {
            "8 requests" => (EngineKind.TrtLlmServe, 1024, 128, 8),
            "128 requests" => (EngineKind.TrtLlmServe, 1024, 512, 128),
            "cache full" => (EngineKind.TrtLlmServe, 4096, 1024, 128),
            "cache full, evicting" => (EngineKind.Vllm, 4096, 1024, 128),
            _ => (EngineKind.Sglang, 1024, 512, 128),
        };
        _request = new PredictionRequest
        {
            Replica = new ReplicaSpec
            {
                Model = ModelCatalogue.Default.Find("Super"),
                Gpu = GpuCatalogue.Default.Find("H100-SXM"),
                Precision = Precision.FP8,
                KvPrecision = KvPrecision.FP8,
                Engine = engine,
            },
            Load = new ClosedLoopLoad(isl, osl, concurrency),
        };
        _model = new StepModel(_request.Replica);
    }

    [Benchmark(Baseline = true)]
    public ReplicaPrediction Predict() => Predictor.Predict(_request);

    [Benchmark]
    public StepTime Step() => _model.Step(StepWork.Decode(64, 64 * 2000));
}
