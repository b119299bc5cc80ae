using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Controllers.Tests;

namespace Nemotron.Lab.Nodes.Tests;

/// <summary>Tests that measure this process, and so run when no other does.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public class MeasuredAlone;

/// <summary>The short form of bench/Lab.Bench: what a pod costs must not depend on how many others there are.</summary>
[Collection(nameof(MeasuredAlone))]
public class LabScaleTests
{
    private const int ReplicasEach = 20;

    [Fact]
    public async Task A_pod_costs_the_same_in_a_fleet_four_times_as_large()
    {
        // What is made once in a process is no pod's.
        await RunAsync(1);
        var small = await RunAsync(6);
        var large = await RunAsync(24);
        foreach (var run in (Cost[])[small, large]) TestContext.Current.TestOutputHelper!.WriteLine(run.ToString());

        foreach (var run in (Cost[])[small, large])
        {
            // Created, bound, started, ready.
            run.PodChanges.ShouldBeInRange(4, 5);
            run.HeapBytes.ShouldBeLessThan(128 << 10);
        }

        // A scan of all pods for each of them would triple what is allocated.
        large.AllocatedBytes.ShouldBeLessThan(1.5 * small.AllocatedBytes);
        large.HeapBytes.ShouldBeLessThan(1.25 * small.HeapBytes);
    }

    private static async Task<Cost> RunAsync(int deployments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var pods = deployments * ReplicasEach;
        await using var lab = await LabCluster.StartAsync(new() { Nodes = $"{pods / 5}xH100:8", ClockSpeed = 10, LoadSpeed = 100, KubeletEvents = false }, cancel);
        var (heap, allocated) = (GC.GetTotalMemory(forceFullCollection: true), GC.GetTotalAllocatedBytes(precise: true));
        var (_, version) = lab.Api.List(BuiltIn.Pods);
        for (var i = 0; i < deployments; i++)
        {
            lab.Api.Create(BuiltIn.Services, "default", Service($"d{i}"), "test");
            lab.Api.Create(BuiltIn.PodDisruptionBudgets, "default", Budget($"d{i}"), "test");
            lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment($"d{i}", ReplicasEach, 1), "test");
        }

        var changes = 0;
        var ready = new HashSet<string>();
        await foreach (var change in lab.Api.WatchAsync(BuiltIn.Pods, null, version, cancel))
        {
            changes++;
            if (change.Object.ConditionIsTrue("Ready")) ready.Add(change.Object.Name());
            if (ready.Count == pods) break;
        }

        await UntilSettledAsync(lab, deployments, cancel);
        return new(
            pods,
            (double)changes / pods,
            (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / pods,
            (double)(GC.GetTotalMemory(forceFullCollection: true) - heap) / pods);
    }

    /// <summary>Waits until every Deployment counts its pods as available.</summary>
    private static async Task UntilSettledAsync(LabCluster lab, int deployments, CancellationToken cancel)
    {
        var settled = new HashSet<string>();
        var (items, version) = lab.Api.List(BuiltIn.Deployments);
        foreach (var item in items) See(item);
        if (settled.Count == deployments) return;
        await foreach (var change in lab.Api.WatchAsync(BuiltIn.Deployments, null, version, cancel))
        {
            See(change.Object);
            if (settled.Count == deployments) return;
        }

        void See(JsonObject deployment)
        {
            if (deployment.Whole("status", "availableReplicas") == ReplicasEach) settled.Add(deployment.Name());
        }
    }

    private static JsonObject Service(string name) => (JsonObject)JsonNode.Parse($$$"""
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}"},"spec":{"selector":{"app":"{{{name}}}"},"ports":[{"port":8000}]}}
        """)!;

    private static JsonObject Budget(string name) => (JsonObject)JsonNode.Parse($$$"""
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"{{{name}}}"},"spec":{"maxUnavailable":1,"selector":{"matchLabels":{"app":"{{{name}}}"} } } }
        """)!;

    /// <summary>What one pod cost.</summary>
    private sealed record Cost(int Pods, double PodChanges, double AllocatedBytes, double HeapBytes)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"measured: {Pods} pods: each {PodChanges:0.0} changes, {AllocatedBytes / 1024:0} KiB allocated on the way, {HeapBytes / 1024:0} KiB of heap kept");
    }
}
