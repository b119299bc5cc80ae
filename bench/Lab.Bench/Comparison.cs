using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Nemotron.Lab.Bench;

/// <summary>Runs several sizes and says how each figure grows: the exponent to which the number of pods must be raised. 1 is linear, 2 quadratic.</summary>
internal static class Comparison
{
    private static readonly (string Name, string Unit, Func<Figures, double> Of)[] Rows =
    [
        ("nodes", "", f => f.Nodes),
        ("pods", "", f => f.Pods),
        ("register nodes", "s", f => f.NodesSeconds),
        ("submit deployments", "s", f => f.SubmitSeconds),
        ("all pods created", "s", f => f.CreatedSeconds),
        ("all pods scheduled", "s", f => f.ScheduledSeconds),
        ("all pods ready", "s", f => f.ReadySeconds),
        ("CPU until ready", "s", f => f.CpuSeconds),
        ("CPU per pod", "ms", f => 1000 * f.CpuSeconds / f.Pods),
        ("list all pods", "s", f => f.ListSeconds),
        ("list in pages of 500", "s", f => f.PagedListSeconds),
        ("list", "MiB", f => f.ListBytes / 1048576.0),
        ("events to 5 watchers", "", f => f.Events),
        ("events", "MiB", f => f.EventBytes / 1048576.0),
        ("heap after nodes", "MiB", f => f.HeapBytesBefore / 1048576.0),
        ("heap when ready", "MiB", f => f.HeapBytes / 1048576.0),
        ("heap per pod", "KiB", f => (f.HeapBytes - f.HeapBytesBefore) / 1024.0 / f.Pods),
        ("peak working set", "MiB", f => f.PeakBytes / 1048576.0),
    ];

    /// <summary>Runs each share and prints a table.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<double> shares, TextWriter output, CancellationToken cancel)
    {
        var runs = new List<Figures>();
        foreach (var share in shares)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(Comparison).Assembly.Location);
            start.ArgumentList.Add("--one");
            start.ArgumentList.Add(share.ToString(CultureInfo.InvariantCulture));
            using var process = Process.Start(start)!;
            var line = await process.StandardOutput.ReadLineAsync(cancel);
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0 || line is null) return 1;
            runs.Add(JsonSerializer.Deserialize<Figures>(line)!);
        }

        foreach (var (name, unit, of) in Rows)
        {
            await output.WriteAsync($"{$"{name}{(unit.Length > 0 ? $", {unit}" : "")}",-24}".AsMemory(), cancel);
            foreach (var run in runs) await output.WriteAsync(of(run).ToString("n2", CultureInfo.InvariantCulture).PadLeft(12).AsMemory(), cancel);
            if (runs.Count > 1) await output.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"   grows as pods^{Exponent(runs[0], runs[^1], of):0.00}").AsMemory(), cancel);
            await output.WriteLineAsync(ReadOnlyMemory<char>.Empty, cancel);
        }

        return 0;
    }

    private static double Exponent(Figures small, Figures large, Func<Figures, double> of) =>
        of(small) > 0 && of(large) > 0 ? Math.Log(of(large) / of(small)) / Math.Log((double)large.Pods / small.Pods) : 0;
}
