using System.Globalization;
using System.Text;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.Exposition;

namespace Nemotron.Engines.Bench;

/// <summary>One scrape of trtllm-serve 1.3's size: read with nothing wanted, and read into the normal form.</summary>
internal static class ScrapeBench
{
    private const int Rounds = 5000;

    public static void Run()
    {
        var text = Encoding.UTF8.GetBytes(ExampleMetrics.Text());
        var nothing = new NameSet([]);
        Console.WriteLine($"one scrape: {text.Length / 1024} KiB, {text.Count(b => b == '\n')} lines");
        Console.WriteLine("| work | CPU µs a scrape | MB/s | allocated, KiB a scrape |");
        Console.WriteLine("|---|---:|---:|---:|");
        Measure("lines only", () => ExpositionReader.Read(text, nothing));
        Measure("normal form", () => EngineMetrics.Read(text, default));

        void Measure(string work, Func<object> once)
        {
            for (var i = 0; i < Rounds; i++) GC.KeepAlive(once());
            // Processor time: what else the machine does is no matter.
            var (allocated, cpu) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < Rounds; i++) GC.KeepAlive(once());
            var each = (Environment.CpuUsage.TotalTime - cpu) / Rounds;
            var bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Rounds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {work} | {each.TotalMicroseconds:0} | {text.Length / each.TotalSeconds / 1e6:0} | {bytes / 1024.0:0.0} |"));
        }
    }
}
