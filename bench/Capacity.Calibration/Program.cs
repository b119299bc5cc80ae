using System.Diagnostics;
using Nemotron.Capacity.Calibration;
using Nemotron.Planning;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

var rows = MeasuredRows.Read(args[0], File.ReadAllText(args[0]), ModelCatalogue.Default, GpuCatalogue.Default);
var parameters = CapacityParameters.Default;
var watch = Stopwatch.StartNew();
var errors = RowError.Of(rows, parameters);
Console.WriteLine($"{watch.ElapsedMilliseconds} ms for {rows.Count} predictions");
static double Median(IEnumerable<double> values) { var sorted = values.Order().ToArray(); return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2]; }
void Show(RowError[] errors)
{
    foreach (var group in errors.GroupBy(e => e.Row.Group))
        Console.WriteLine($"{group.Key,-50} n{group.Count(),4}  TTFT med {Median(group.Select(e => Math.Abs(e.TtftRatio!.Value - 1))):P0} ratio {Median(group.Select(e => e.TtftRatio!.Value)):0.00}   TPOT med {Median(group.Select(e => Math.Abs(e.TpotRatio!.Value - 1))):P0} ratio {Median(group.Select(e => e.TpotRatio!.Value)):0.00}");
}
Show(errors);
if (args.Contains("show"))
    foreach (var e in errors.Where(e => args.Skip(2).All(a => e.Row.Sweep.Contains(a))).OrderBy(e => e.Row.Sweep).ThenBy(e => e.Row.Load.Concurrency))
        Console.WriteLine($"{e.Row.Sweep} c{e.Row.Load.Concurrency}: ttft {e.Row.TtftMs:0} -> {e.TtftMs:0} ({e.TtftRatio:0.00})  tpot {e.Row.TpotMs:0.00} -> {e.TpotMs:0.00} ({e.TpotRatio:0.00}) run {e.Prediction.Result!.RunningSequences:0.0} {e.Prediction.Binding} pre {e.Prediction.Result.Preemptions}");
if (args.Contains("fit"))
{
    watch.Restart();
    var fit = Fit.To(rows, parameters, Console.WriteLine);
    Console.WriteLine($"{watch.Elapsed} loss {fit.Loss}");
    Console.Write(CapacityYaml.Write(fit.Parameters));
    Show(RowError.Of(rows, fit.Parameters));
}
