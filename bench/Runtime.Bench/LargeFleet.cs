namespace Nemotron.Runtime.Bench;

/// <summary>Thousands of NemotronDeployments on 2,000 nodes with 20,000 pods.</summary>
/// <param name="Models">How many.</param>
/// <param name="InFleet">Whether one NemotronFleet has them all, and the pool plans what it would move.</param>
internal sealed record LargeFleet(int Models, bool InFleet)
{
    private const int Nodes = 2000;
    private const int Pods = 20_000;
    private const double Mebibyte = 1024 * 1024;
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private string What => $"{Models:N0} NemotronDeployments{(InFleet ? " of one fleet" : "")}";

    /// <summary>Measures.</summary>
    public async Task<IReadOnlyList<Figure>> MeasureAsync(BenchOptions options)
    {
        await using var bed = await TestBed.StartAsync(options.Repository, $"{Nodes}xH100:8");
        if (InFleet) bed.CreateFleet();
        bed.CreateOtherPods(Pods - Models);
        Console.Error.WriteLine($"{Pods - Models} pods of others …");
        await TestBed.UntilAsync(() => bed.RunningPods == Pods - Models, Patience, () => $"{Pods - Models} pods ({bed.RunningPods} run)", TimeSpan.FromSeconds(2));

        var figures = new List<Figure>();
        await using (var process = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time))
        {
            await bed.UntilSettledAsync(0, Patience, () => process.Output);
            Console.Error.WriteLine($"{Models} NemotronDeployments …");
            bed.Lab.Server.Log.Clear();
            var cpu = process.Cpu;
            var started = TimeProvider.System.GetTimestamp();
            for (var from = 0; from < Models; from += 500) bed.CreateModels(from, 500);
            await TestBed.UntilAsync(() => bed.ReadyModels == Models, Patience, () => $"{bed.ReadyModels} of {Models} to be ready. {process.Output}", TimeSpan.FromSeconds(1));
            figures.Add(Figure.Told($"{What}, all at once: ready after (s)", $"{TimeProvider.System.GetElapsedTime(started).TotalSeconds:0}"));
            await bed.UntilSettledAsync(Models, Patience, () => process.Output);
            figures.Add(Figure.AtMost($"CPU per NemotronDeployment from new to settled, {Models:N0} at once (ms)", (process.Cpu - cpu).TotalMilliseconds / Models, 6, ""));
            figures.Add(Figure.AtMost("Resident with them, 2,000 nodes and 20,000 pods, having made them (MiB)", process.ResidentBytes / Mebibyte, 350, "", "0"));
            figures.Add(Figure.Told("… peak so far (MiB)", $"{process.PeakResidentBytes / Mebibyte:0}"));
            process.Terminate();
            await TestBed.UntilAsync(() => process.Ended, Patience, () => "the operator to end");
        }

        bed.Lab.Server.Log.Clear();
        bed.CreateModels(Models, 1);
        await using (var process = OperatorProcess.Start(options.Operator, bed.Kubeconfig, bed.Lab.Time))
        {
            await TestBed.UntilAsync(() => bed.OperatorWrites.Count > 0, Patience, () => $"a first write. {process.Output}", TimeSpan.FromMilliseconds(5));
            figures.Add(Figure.Told("Start of the process to its first write beside that fleet (ms)", $"{(bed.OperatorWrites[0].Started - process.StartedAt).TotalMilliseconds:0}"));
            await bed.UntilSettledAsync(Models + 1, Patience, () => process.Output);
            figures.Add(Figure.Told("Resident after a start beside that fleet (MiB)", $"{process.ResidentBytes / Mebibyte:0}"));
            figures.Add(Figure.Told("… peak so far (MiB)", $"{process.PeakResidentBytes / Mebibyte:0}"));
            figures.Add(Figure.Told("… CPU since its start (s)", $"{process.Cpu.TotalSeconds:0.0}"));
            await Task.Delay(Settled, TimeProvider.System);
            figures.Add(Figure.AtMost("… resident a minute later (MiB)", process.ResidentBytes / Mebibyte, 350, "", "0"));
        }

        return figures;
    }
}
