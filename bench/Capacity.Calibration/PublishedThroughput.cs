using System.Globalization;
using Nemotron.Planning;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Capacity.Calibration;

/// <summary>
/// TensorRT-LLM's published throughput at full load (performance overview of its version 1.0, <c>published-throughput.csv</c>), which no figure
/// is fitted to: an independent check. The tool drives the engine without an HTTP server, and sends all requests at once; here as many are kept
/// in flight as the cache holds, at most 2048.
/// </summary>
public static class PublishedThroughput
{
    private const int MostSequences = 2048;
    private const double MemoryFraction = 0.95;

    // Enough for the first wave, which prefills and does not decode, to weigh little.
    private const int Waves = 5;

    public static IReadOnlyList<double> Write(TextWriter to, string csv, CapacityParameters parameters)
    {
        parameters = WithoutFrontEnd(parameters);
        var ratios = new List<(string Gpu, double Ratio)>();
        foreach (var line in csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var cells = line.Trim().Split(',');
            var replica = new ReplicaSpec
            {
                Model = ModelCatalogue.Default.Find(cells[0]),
                Gpu = GpuCatalogue.Default.Find(cells[1]),
                TensorParallel = Whole(cells[2]),
                Precision = Enum.Parse<Precision>(cells[3]),
            };
            var predicted = TokensPerSecond(replica, Whole(cells[4]), Whole(cells[5]), parameters);
            var published = double.Parse(cells[6], CultureInfo.InvariantCulture);
            ratios.Add((cells[1] + " " + cells[3], predicted / published));
            to.WriteLine(FormattableString.Invariant(
                $"{cells[0],-15} {cells[1],-9} tp{cells[2]} {cells[3],-6} {cells[4] + "/" + cells[5],-11} published {published,6:0} predicted {predicted,6:0} ratio {predicted / published:0.00}"));
        }
        foreach (var group in ratios.GroupBy(pair => pair.Gpu).OrderBy(group => group.Key, StringComparer.Ordinal))
            to.WriteLine(FormattableString.Invariant($"{group.Key,-20} median ratio {Median(group.Select(pair => pair.Ratio)):0.00}"));
        to.WriteLine(FormattableString.Invariant(
            $"{"all",-20} median ratio {Median(ratios.Select(pair => pair.Ratio)):0.00}, {ratios.Min(pair => pair.Ratio):0.00} to {ratios.Max(pair => pair.Ratio):0.00}, median error {Median(ratios.Select(pair => Math.Abs(pair.Ratio - 1))):P0}"));
        return [.. ratios.Select(pair => pair.Ratio)];
    }

    private static CapacityParameters WithoutFrontEnd(CapacityParameters parameters) => parameters with
    {
        Engines = [.. parameters.Engines.Select(engine => engine with
        {
            Overheads = engine.Overheads with { RequestSeconds = 0, PromptTokenSeconds = 0, OutputTokenSeconds = 0, LatencySeconds = 0 },
        })],
    };

    private static double TokensPerSecond(ReplicaSpec replica, int isl, int osl, CapacityParameters parameters)
    {
        var request = new PredictionRequest { Replica = replica, Load = new ClosedLoopLoad(isl, osl, 1, 1), MemoryFraction = MemoryFraction, MaxSequences = MostSequences };
        var holds = Predictor.Predict(request, parameters).Plan.KvTokens / (isl + osl);
        var concurrency = (int)Math.Clamp(holds, 1, MostSequences);
        // The engine's own budget, or a prompt where that is longer.
        var budget = Math.Max(parameters.Engine(replica.Engine).MaxBatchedTokens, isl + concurrency);
        return Predictor.Predict(request with { Load = new ClosedLoopLoad(isl, osl, concurrency, Waves), MaxBatchedTokens = budget }, parameters).TokensPerSecond;
    }

    private static double Median(IEnumerable<double> values) => PredictedRow.Median(values) ?? double.NaN;

    private static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
