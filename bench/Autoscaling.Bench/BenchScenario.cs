using Nemotron.Planning;
using Nemotron.Planning.Scaling;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Simulation;

namespace Nemotron.Autoscaling.Bench;

/// <summary>One cell of the matrix: a model under a load.</summary>
internal sealed record BenchScenario(string Model, string Load, double RateScale, double Share, double? ShareLater)
{
    public static readonly TimeSpan Ttft = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Itl = TimeSpan.FromMilliseconds(60);

    public string ShareText => ShareLater is { } later ? $"{Share:0.#}→{later:0.#}" : $"{Share:0.#}";

    public static IEnumerable<BenchScenario> Matrix(string load, IEnumerable<string> models, IEnumerable<double> scales) =>
        from model in models
        from scale in scales
        from share in ((double, double?)[])[(0, null), (0.3, null), (1, null), (0, 0.6)]
        select new BenchScenario(model, load, scale, share.Item1, share.Item2);

    /// <summary>The scenario, held to an objective's percentile.</summary>
    public FleetScenario Build(IReadOnlyList<TracedRequest> recorded, double percentile)
    {
        var setup = Setup(Model);
        var trace = new TraceShape { RateScale = RateScale, ReasoningShare = Share, ReasoningShareLater = ShareLater, MostPromptTokens = 8192 }.Apply(recorded);
        var objective = new LatencyObjective(Ttft, Itl, percentile);
        var spec = new ScalingPolicySpec { MinReplicas = 1, MaxReplicas = 400, Latency = new ByMode<LatencyObjective?>(objective, objective) };
        return setup.Scenario(spec, trace, Ttft, Itl);
    }

    // As fleets are run: the smallest group of H100s that serves the model well, weights and cache in FP8 but for Nano.
    private static ReplicaSetup Setup(string model) => ReplicaSetup.Of(new PlanRequest
    {
        Model = ModelCatalogue.Default.Find(model),
        Gpu = GpuCatalogue.Default.Find("H100-SXM"),
        TensorParallel = model switch { "Nano" => 1, "Super" => 2, _ => 8 },
        Precision = model == "Nano" ? Precision.BF16 : Precision.FP8,
        ContextTokens = 32_768,
        MaxBatchedTokens = 16_384,
    });
}
