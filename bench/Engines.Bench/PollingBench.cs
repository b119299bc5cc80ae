using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Nemotron.Engines.Bench;

/// <summary>Runs the engines in one process and each scenario's polling in a fresh one, and prints a table.</summary>
internal static class PollingBench
{
    public static async Task<int> RunAsync(int engines, int seconds)
    {
        using var serving = Start("serve", Text(engines));
        if (await serving.StandardOutput.ReadLineAsync() != "ready") throw new InvalidOperationException("The simulated engines did not start.");
        Console.WriteLine($"{engines} simulated engines in another process, each polled every 5 s; {seconds} s measured after 20 s of warm-up; {Environment.ProcessorCount} cores, .NET {Environment.Version}");
        Console.WriteLine("| engines are | polls/s | CPU, % of one core | resident, MiB | managed heap, MiB | allocated, KiB a poll | as expected |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            using var polling = Start("poll", scenario.ToString(), Text(engines), Text(seconds));
            var row = JsonSerializer.Deserialize<Row>(await polling.StandardOutput.ReadToEndAsync())!;
            await polling.WaitForExitAsync();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {row.Scenario} | {row.PollsPerSecond:0} | {row.CpuPercentOfOneCore:0.0} | {row.ResidentMiB:0} | {row.ManagedMiB:0} | {row.KilobytesPerPoll:0.0} | {row.InExpectedState} of {row.Engines} |"));
        }

        serving.StandardInput.Close();
        await serving.WaitForExitAsync();
        return 0;
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
