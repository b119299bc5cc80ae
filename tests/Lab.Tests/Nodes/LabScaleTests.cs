using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.Tests;

namespace Nemotron.Lab.Nodes.Tests;

public class LabScaleTests
{
    /// <summary>
    /// Many nodes and pods in one process. By default a fiftieth of the size that is asked for; the whole 2,000 nodes and 20,000 pods with
    /// LAB_SCALE=1. Prints what it measured; only the memory has a bound, which is the whole size's.
    /// </summary>
    [Fact]
    public async Task A_large_fleet_becomes_ready_in_one_process()
    {
        var scale = double.TryParse(Environment.GetEnvironmentVariable("LAB_SCALE"), CultureInfo.InvariantCulture, out var given) ? given : 0.02;
        var nodes = (int)(2000 * scale);
        var deployments = (int)(500 * scale);
        const int Replicas = 40;
        var cancel = TestContext.Current.CancellationToken;
        var watch = Stopwatch.StartNew();
        await using var lab = await LabCluster.StartAsync(
            new() { Nodes = $"{nodes}xH100:16", ClockSpeed = 20, LoadSpeed = 5, KubeletEvents = false }, cancel);
        var registered = watch.Elapsed;
        for (var i = 0; i < deployments; i++)
        {
            var deployment = TestPlane.GpuDeployment($"d{i}", Replicas, 1);
            deployment["spec"]!["strategy"]!["rollingUpdate"]!["maxSurge"] = 1;
            lab.Api.Create(BuiltIn.Deployments, "default", deployment, "test");
        }

        var complete = 0;
        var done = new HashSet<string>();
        var (items, version) = lab.Api.List(BuiltIn.Deployments);
        foreach (var item in items) Count(item);
        if (complete < deployments)
        {
            await foreach (var change in lab.Api.WatchAsync(BuiltIn.Deployments, null, version, cancel))
            {
                Count(change.Object);
                if (complete == deployments) break;
            }
        }

        var took = watch.Elapsed;
        var memory = Environment.WorkingSet;
        var bound = new Dictionary<string, int>();
        foreach (var pod in lab.Api.List(BuiltIn.Pods).Items)
        {
            var node = pod.Text("spec", "nodeName")!;
            bound[node] = bound.GetValueOrDefault(node) + 1;
        }

        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{nodes} nodes registered in {registered.TotalSeconds:0.0} s; {deployments * Replicas} pods ready in {(took - registered).TotalSeconds:0.0} s; working set {memory >> 20} MiB; CPU {Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds:0} s"));
        bound.Values.Sum().ShouldBe(deployments * Replicas);
        bound.Values.Max().ShouldBeLessThanOrEqualTo(16);
        memory.ShouldBeLessThan(4L << 30);

        void Count(JsonObject deployment)
        {
            if (deployment.Whole("status", "availableReplicas") == Replicas && done.Add(deployment.Name())) complete++;
        }
    }
}
