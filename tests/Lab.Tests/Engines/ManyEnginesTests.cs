using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.Tests;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Engines.Tests;

public class ManyEnginesTests
{
    /// <summary>
    /// Many idle engines in one process: 20 by default. With LAB_ENGINES=500 that many, and for 20 s more to see what they cost while idle, each with a
    /// readiness probe every 10 s. Prints what it measured; only the memory has a bound.
    /// </summary>
    [Fact]
    public async Task Idle_engines_are_cheap()
    {
        var measured = int.TryParse(Environment.GetEnvironmentVariable("LAB_ENGINES"), NumberStyles.None, CultureInfo.InvariantCulture, out var given);
        var count = measured ? given : 20;
        var cancel = TestContext.Current.CancellationToken;
        await using var lab = await LabCluster.StartAsync(
            new() { Nodes = $"{(count + 7) / 8}xH100:8", LoadSpeed = 100, Engines = LabEngines.Simulated, KubeletEvents = false }, cancel);
        var before = Measure();
        var deployment = TestPlane.GpuDeployment("nano", count, 1, "nvcr.io/nvidia/tensorrt-llm/release:1.2.1");
        var container = (JsonObject)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!;
        container["command"] = new JsonArray("trtllm-serve", "nvidia/Llama-3.1-Nemotron-Nano-8B-v1", "--host", "0.0.0.0");
        container["readinessProbe"] = JsonNode.Parse("""{ "httpGet": { "port": 8000, "path": "/health" }, "periodSeconds": 10 }""");
        var watch = Stopwatch.StartNew();
        var (_, version) = lab.Api.List(BuiltIn.Deployments);
        lab.Api.Create(BuiltIn.Deployments, "default", deployment, "test");
        await foreach (var change in lab.Api.WatchAsync(BuiltIn.Deployments, null, version, cancel))
        {
            if (change.Object.Whole("status", "availableReplicas") == count) break;
        }

        var took = watch.Elapsed;
        var ready = Measure();
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count} engines ready in {took.TotalSeconds:0.0} s; {(ready.Bytes - before.Bytes) / 1024.0 / count:0} KiB each, working set {ready.Bytes >> 20} MiB"));
        if (measured)
        {
            var idle = TimeSpan.FromSeconds(20);
            await Task.Delay(idle, TimeProvider.System, cancel);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle: {(Measure().Cpu - ready.Cpu) / idle * 100:0.0} % of one processor"));
        }

        ((ready.Bytes - before.Bytes) / count).ShouldBeLessThan(4L << 20);
    }

    private static (long Bytes, TimeSpan Cpu) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var self = Process.GetCurrentProcess();
        return (self.WorkingSet64, self.TotalProcessorTime);
    }
}
