using k8s;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Sick GPUs and nodes: whole groups moved, nodes closed with the reason, and opened again. All times are the Lab's.</summary>
public class NodeHealthTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task XID_79_on_one_GPU_of_eight_moves_the_group_and_closes_the_node_until_it_is_well()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "2xH100:8", GrowingPools.Nano(1, "h100"));
        foreach (var name in cluster.Nodes().Select(node => node.Metadata.Name))
            for (var gpu = 0; gpu < 8; gpu++) metrics.Set(name, gpu, 0);
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("nano").Single();
        var sick = before.Spec.NodeName;
        await cluster.PassAsync(TimeSpan.FromMinutes(1));

        // A code that is the application's own fault moves nothing.
        metrics.Set(sick, 2, 31);
        await cluster.PassAsync(TimeSpan.FromMinutes(1));
        cluster.Pods("nano").Single().Metadata.Uid.ShouldBe(before.Metadata.Uid);

        metrics.Set(sick, 3, 79);
        var struck = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Healthy, "h100") is { Status: "False", Reason: ConditionReasons.Repairing }, "the node to be closed", Limit, () => cluster.PoolTold("h100"));
        cluster.PoolCondition(ConditionTypes.Healthy, "h100")!.Message.ShouldStartWith($"Node {sick} is closed. Xid79: GPU 3 reported XID 79, GPU has fallen off the bus: it comes back with a reboot at best.");
        await Until.TrueAsync(() => cluster.Pods("nano") is [{ Metadata: { DeletionTimestamp: null } } pod] && pod.Metadata.Uid != before.Metadata.Uid && pod.Spec.NodeName is { Length: > 0 }, "the group to be moved", Limit, () => cluster.PoolTold("h100"));
        await cluster.UntilReadyAsync(1, limit: Limit);
        Console.WriteLine($"measured: XID 79: serves again {(cluster.Lab.Time.GetUtcNow() - struck).TotalMinutes:0.0} minutes of the Lab's time after the error");
        cluster.Pods("nano").Single().Spec.NodeName.ShouldNotBe(sick);
        var node = await cluster.Client.ReadNodeAsync(sick);
        (node.Spec.Unschedulable, node.Spec.Taints.Single(taint => taint.Key == NemotronTaints.UnhealthyGpu).Value).ShouldBe((true, "Xid79"));
        (await cluster.Kubectl.RunAsync("get events -A --field-selector reason=GroupDrained -o custom-columns=MESSAGE:.message")).Succeeded().ShouldContain($"from node {sick}");

        // The error is long ago, the gauge still has it: the node stays closed.
        await cluster.PassAsync(TimeSpan.FromMinutes(12));
        (await cluster.Client.ReadNodeAsync(sick)).Spec.Unschedulable.ShouldBe(true);
        metrics.Set(sick, 3, 0);
        metrics.Set(sick, 2, 0);
        await Until.TrueAsync(() => cluster.Client.ReadNode(sick).Spec is { Unschedulable: not true } spec && spec.Taints?.Any(taint => taint.Key == NemotronTaints.UnhealthyGpu) != true, "the node to be opened again", Limit, () => cluster.PoolTold("h100"));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Healthy, "h100") is { Status: "True" }, "the pool to be well", Limit, () => cluster.PoolTold("h100"));
    }

    [Fact]
    public async Task When_most_of_the_pool_looks_sick_the_signal_is_doubted()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "3xH100:8", GrowingPools.Nano(1, "h100"));
        var names = cluster.Nodes().Select(node => node.Metadata.Name).ToList();
        foreach (var name in names) metrics.Set(name, 0, 0);
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("nano").Single();
        await cluster.PassAsync(TimeSpan.FromMinutes(1));
        foreach (var name in names) metrics.Set(name, 0, 79);
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Healthy, "h100") is { Status: "False", Reason: ConditionReasons.SignalDoubted }, "the signal to be doubted", Limit, () => cluster.PoolTold("h100"));
        await cluster.PassAsync(TimeSpan.FromMinutes(5));
        cluster.Pods("nano").Single().Metadata.Uid.ShouldBe(before.Metadata.Uid);
        cluster.Nodes().ShouldAllBe(node => node.Spec.Unschedulable != true);
    }

    [Fact]
    public async Task A_node_that_is_lost_under_Ultra_TP8_is_closed_and_the_group_served_elsewhere()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "2xH100:8", """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: ultra, namespace: models}
            spec:
              model: Ultra
              precision: FP8
              tensorParallel: 8
              maxContextTokens: 8192
              replicas: 1
              checkpoint: {trustRemoteCode: true}
            """);
        await cluster.UntilReadyAsync(1, limit: Limit);
        var lost = cluster.Pods("ultra").Single().Spec.NodeName;
        var struck = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.CutOff(lost).ShouldBeTrue();
        await Until.TrueAsync(() => cluster.Pods("ultra").Any(pod => pod.Spec.NodeName is { Length: > 0 } node && node != lost), "the group to be elsewhere", Limit, () => cluster.PoolTold("h100"));
        await Until.TrueAsync(() => cluster.Deployment("ultra")!.Is(ConditionTypes.Ready) && cluster.Pods("ultra").Any(pod => pod.Spec.NodeName != lost && pod.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" })), "it to serve", Limit, () => cluster.PoolTold("h100"));
        var took = cluster.Lab.Time.GetUtcNow() - struck;
        Console.WriteLine($"measured: node lost under Ultra TP8: serves again {took.TotalMinutes:0.0} minutes of the Lab's time after");
        // Not by Kubernetes, which evicts after 40 s of silence and 300 s of patience.
        (await cluster.Kubectl.RunAsync("get events -A --field-selector reason=GroupDrained -o custom-columns=MESSAGE:.message")).Succeeded().ShouldContain($"from node {lost}");
        var node = await cluster.Client.ReadNodeAsync(lost);
        node.Metadata.Annotations[NemotronAnnotations.CordonReason].ShouldStartWith("NodeNotReady:");

        cluster.Lab.Reconnect(lost).ShouldBeTrue();
        await Until.TrueAsync(() => cluster.Client.ReadNode(lost).Spec.Unschedulable != true, "the node to be opened again", Limit, () => cluster.PoolTold("h100"));
    }

    [Fact]
    public async Task A_node_that_its_problem_detector_condemns_is_emptied_by_eviction()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "2xH100:8", GrowingPools.Nano(1, "h100"));
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("nano").Single();
        var sick = before.Spec.NodeName;
        // As node-problem-detector writes it; GPUs and engine still work, so the disruption budget counts.
        (await cluster.Kubectl.RunAsync(["patch", "node", sick, "--subresource=status", "-p", """{"status":{"conditions":[{"type":"KernelDeadlock","status":"True","reason":"DockerHung","message":"task blocked"}]}}"""])).Succeeded();
        await Until.TrueAsync(() => cluster.Pods("nano") is [{ Metadata: { DeletionTimestamp: null } } pod] && pod.Metadata.Uid != before.Metadata.Uid && pod.Spec.NodeName is { Length: > 0 }, "the group to be moved", Limit, () => cluster.PoolTold("h100"));
        cluster.Pods("nano").Single().Spec.NodeName.ShouldNotBe(sick);
        Rights.Used(cluster.AuditFile).ShouldContain($"/pods/eviction {before.Metadata.Name} create");
        Rights.Used(cluster.AuditFile).ShouldNotContain($"/pods {before.Metadata.Name} delete");
    }

    private static async Task<TestCluster> StartAsync(SimulatedGpuMetrics metrics, string nodes, string deployment)
    {
        var cluster = await TestCluster.StartAsync(nodes, clockSpeed: 30);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Pool, deployment));
        await cluster.StartOperatorAsync(scaling: new ScalingSettings { Prometheus = new PrometheusSettings { Url = metrics.Url, Timeout = TimeSpan.FromMinutes(5) } });
        return cluster;
    }

    private const string Pool = Fleets.Pool + """

          health: {repair: Drain, unhealthyAfter: 1m, healthyAfter: 5m}
        """;
}
