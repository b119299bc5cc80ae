namespace Nemotron.Runtime.Bench;

/// <summary>500 NemotronDeployments: what one costs in writes, CPU time and memory, how fast changes are acted on, and that a settled fleet costs nothing.</summary>
internal static class SmallFleet
{
    private const int Models = 500;
    private const int Changes = 300;
    private const int Starts = 5;
    private const double Mebibyte = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(BenchOptions options)
    {
        var figures = new List<Figure>();
        await using var bed = await TestBed.StartAsync(options.Repository, $"{(2 * Models / 8) + 1}xH100:8");
        await using (var process = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time))
        {
            await bed.UntilSettledAsync(0, Patience, () => process.Output);
            figures.Add(Figure.Told("Resident, idle, no NemotronDeployment (MiB)", $"{process.ResidentBytes / Mebibyte:0}"));
            figures.AddRange(await SettleAsync(bed, process));
            figures.Add(await LatencyAsync(bed, process));
            figures.AddRange(await QuietAsync(bed, process));
            process.Terminate();
            await TestBed.UntilAsync(() => process.Ended, Patience, () => "the operator to end");
        }

        figures.Add(await FirstReconcileAsync(bed, options));
        return figures;
    }

    private static async Task<IEnumerable<Figure>> SettleAsync(TestBed bed, OperatorProcess process)
    {
        bed.Lab.Server.Log.Clear();
        var cpu = process.Cpu;
        var started = TimeProvider.System.GetTimestamp();
        bed.CreateModels(0, Models);
        await TestBed.UntilAsync(() => bed.ReadyModels == Models, Patience, () => $"{Models} to be ready. {process.Output}");
        var took = TimeProvider.System.GetElapsedTime(started);
        await bed.UntilSettledAsync(Models, Patience, () => process.Output);
        // What the pool and its nodes cost is not the deployments'.
        var writes = bed.OperatorWrites.Where(write => write.Path.Contains($"/namespaces/{TestBed.Namespace}/", StringComparison.Ordinal)).ToList();
        var events = writes.Count(write => write.Path.Contains("/events", StringComparison.Ordinal));
        var first = Figure.AtMost("CPU per NemotronDeployment from new to settled, the first 500 of a fresh process (ms)", (process.Cpu - cpu).TotalMilliseconds / Models, 6, "");
        var most = writes.Where(w => !w.Path.Contains("/events", StringComparison.Ordinal))
            .GroupBy(w => w.Path.Split('/').Last(part => part.StartsWith("n-", StringComparison.Ordinal)).Split('-')[1]).Max(g => g.Count());

        return
        [
            Figure.AtMost("API writes from new to settled, mean of 500, without Events", (writes.Count - events) / (double)Models, 7, "", "0.00"),
            Figure.Told("… the most of one of them", $"{most}"),
            Figure.Told("… Events on top, mean", $"{events / (double)Models:0.00}"),
            first,
            Figure.Told("… all 500 ready after (s)", $"{took.TotalSeconds:0.0}"),
            Figure.AtMost("Resident at 500 NemotronDeployments (MiB)", process.ResidentBytes / Mebibyte, 90, "", "0"),
            Figure.Told("… peak so far (MiB)", $"{process.PeakResidentBytes / Mebibyte:0}"),
        ];
    }

    private static async Task<Figure> LatencyAsync(TestBed bed, OperatorProcess process)
    {
        var latencies = new List<double>();
        for (var i = 0; i < Changes; i++)
        {
            bed.Lab.Server.Log.Clear();
            var at = bed.Lab.Time.GetUtcNow();
            bed.ChangeModel(i, 4096);
            await TestBed.UntilAsync(() => Write() is not null, Patience, () => $"n-{i} to be written. {process.Output}", TimeSpan.FromMilliseconds(2));
            latencies.Add((Write()!.Started - at).TotalMilliseconds);
            Nemotron.Lab.Api.LoggedRequest? Write() => bed.OperatorWrites.FirstOrDefault(w => w.Path.Contains($"n-{i}", StringComparison.Ordinal));
        }

        latencies.Sort();
        await bed.UntilSettledAsync(Models, Patience, () => process.Output);
        return Figure.AtMost(
            $"Change of a spec to the operator's first write, p99 of {Changes} (ms; p50 {latencies[Changes / 2]:0.0})", latencies[(int)(Changes * 0.99)], 50, "");
    }

    private static async Task<IEnumerable<Figure>> QuietAsync(TestBed bed, OperatorProcess process)
    {
        bed.Lab.Server.Log.Clear();
        var cpu = process.Cpu;
        await Task.Delay(Quiet, TimeProvider.System);
        var writes = bed.OperatorWrites;
        return
        [
            Figure.AtMost($"Writes of a settled fleet in {Quiet.TotalSeconds:0} s, the lease aside{(writes.Count > 0 ? ": " + writes[0].Path : "")}", writes.Count, 0, "", "0"),
            Figure.Told("… reads in that time (watches that begin anew)", $"{bed.OperatorRequests.Count() - writes.Count}"),
            Figure.Told("… CPU in that time (ms per s)", $"{(process.Cpu - cpu).TotalMilliseconds / Quiet.TotalSeconds:0.0}"),
            Figure.Told("Resident after that (MiB)", $"{process.ResidentBytes / Mebibyte:0}"),
        ];
    }

    /// <summary>A process that starts beside a settled fleet and one new NemotronDeployment.</summary>
    private static async Task<Figure> FirstReconcileAsync(TestBed bed, BenchOptions options)
    {
        var times = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            bed.CreateModels(Models + i, 1);
            bed.Lab.Server.Log.Clear();
            await using var process = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time);
            await TestBed.UntilAsync(() => bed.OperatorWrites.Count > 0, Patience, () => $"a first write. {process.Output}", TimeSpan.FromMilliseconds(5));
            times.Add((bed.OperatorWrites[0].Started - process.StartedAt).TotalMilliseconds);
            await bed.UntilSettledAsync(Models + i + 1, Patience, () => process.Output);
            process.Terminate();
            await TestBed.UntilAsync(() => process.Ended, Patience, () => "the operator to end");
        }

        times.Sort();
        return Figure.AtMost($"Start of the process to its first write beside 500 settled, median of {Starts} (ms; worst {times[^1]:0})", times[Starts / 2], 1000, "", "0");
    }
}
