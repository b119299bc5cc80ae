using k8s;
using k8s.Models;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
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
        await metrics.UntilTakenAsync();

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
        await metrics.UntilTakenAsync();
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

    [Theory]
    [InlineData(NemotronLabels.WorkerRole)]
    [InlineData(NemotronLabels.ServerRole)]
    public async Task A_group_over_two_nodes_comes_back_elsewhere_though_the_node_of_one_of_its_pods_never_does(string role)
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "3xH100:8", """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: ultra, namespace: models}
            spec: {model: Ultra, precision: BF16, tensorParallel: 16, replicas: 1, nodePool: h100, checkpoint: {trustRemoteCode: true}}
            """, with: LabAddOns.LeaderWorkerSets);
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("ultra");
        before.Count.ShouldBe(2);
        var struck = before.Single(pod => pod.Metadata.Labels[NemotronLabels.Role] == role);
        var lost = struck.Spec.NodeName;
        var at = cluster.Lab.Time.GetUtcNow();
        cluster.Lab.CutOff(lost).ShouldBeTrue();

        await Until.TrueAsync(() => cluster.Pods("ultra") is { Count: 2 } now && now.All(pod => before.All(old => old.Metadata.Uid != pod.Metadata.Uid) && pod.Spec.NodeName is { } node && node != lost), "both pods to be made anew elsewhere", Limit, () => Told(cluster));
        await cluster.UntilReadyAsync(1, limit: Limit);
        Console.WriteLine($"measured: node of the {role} of a group over two nodes lost for good: serves again {(cluster.Lab.Time.GetUtcNow() - at).TotalMinutes:0.0} minutes of the Lab's time after");
        cluster.Pods("ultra").Select(pod => pod.Spec.NodeName).Distinct().Count().ShouldBe(2);
        (await cluster.Client.ReadNodeAsync(lost)).Status.Conditions.Single(condition => condition.Type == "Ready").Status.ShouldBe("Unknown");
        // Neither the kubelet nor the cluster does it: the one is silent, and the node is still there.
        var told = (await cluster.Kubectl.RunAsync("get events -A --field-selector reason=LostPodRemoved -o custom-columns=MESSAGE:.message")).Succeeded();
        told.ShouldContain($"Pod models/{struck.Metadata.Name} is removed from the API: node {lost} is silent");
        // One after the other, since the workers go before their leader; each is told of once.
        told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_node_that_its_problem_detector_condemns_is_emptied_by_eviction()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartAsync(metrics, "2xH100:8", GrowingPools.Nano(1, "h100"));
        await cluster.UntilReadyAsync(1, limit: Limit);
        var before = cluster.Pods("nano").Single();
        var sick = before.Spec.NodeName;
        // GPUs and engine still work, so the disruption budget counts; of two budgets the API server takes neither.
        await cluster.ApplyAsync("""
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: another, namespace: models}
            spec: {maxUnavailable: 1, selector: {matchLabels: {serving.nemotron.dev/deployment: nano}}}
            """);
        await cluster.CondemnAsync(sick);
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Healthy, "h100") is { Status: "False", Reason: ConditionReasons.Repairing }, "the node to be closed", Limit, () => cluster.PoolTold("h100"));
        cluster.Pods("nano").Single().Metadata.Uid.ShouldBe(before.Metadata.Uid);
        (await cluster.Kubectl.RunAsync("-n models delete pdb another")).Succeeded();
        await Until.TrueAsync(() => cluster.Pods("nano") is [{ Metadata: { DeletionTimestamp: null } } pod] && pod.Metadata.Uid != before.Metadata.Uid && pod.Spec.NodeName is { Length: > 0 }, "the group to be moved", Limit, () => cluster.PoolTold("h100"));
        cluster.Pods("nano").Single().Spec.NodeName.ShouldNotBe(sick);
        Rights.Used(cluster.AuditFile).ShouldContain($"/pods/eviction {before.Metadata.Name} create");
        Rights.Used(cluster.AuditFile).ShouldNotContain($"/pods {before.Metadata.Name} delete");
    }

    [Fact]
    public async Task A_group_that_XID_79_moves_loses_no_request()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartUnderLoadAsync(metrics);
        await using var clients = await SteadyClients.BeginAsync(cluster, "nano");
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        var struck = cluster.Pods("nano")[0];
        // The engine of a GPU that has fallen off the bus would fail; this one goes on, so whatever is lost is the operator's doing.
        metrics.Set(struck.Spec.NodeName, 3, 79);
        await UntilMovedAsync(cluster, struck);
        Rights.Used(cluster.AuditFile).ShouldContain($"/pods {struck.Metadata.Name} delete");
        await clients.EndAsync();
        Console.WriteLine($"measured: XID 79: {clients.Answered} requests answered and {clients.Lost.Count} lost while one of two replicas was moved");
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAnywhereAsync();
    }

    [Fact]
    public async Task A_group_that_is_evicted_from_a_condemned_node_loses_no_request()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartUnderLoadAsync(metrics);
        await using var clients = await SteadyClients.BeginAsync(cluster, "nano");
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        var struck = cluster.Pods("nano")[0];
        await cluster.CondemnAsync(struck.Spec.NodeName);
        await UntilMovedAsync(cluster, struck);
        Rights.Used(cluster.AuditFile).ShouldContain($"/pods/eviction {struck.Metadata.Name} create");
        await clients.EndAsync();
        Console.WriteLine($"measured: eviction from a condemned node: {clients.Answered} requests answered and {clients.Lost.Count} lost while one of two replicas was moved");
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAnywhereAsync();
    }

    [Fact]
    public async Task Of_a_lost_node_only_the_requests_on_it_are_lost()
    {
        await using var metrics = new SimulatedGpuMetrics();
        await using var cluster = await StartUnderLoadAsync(metrics);
        // What hangs on the lost node is given up by its clients.
        await using var clients = await SteadyClients.BeginAsync(cluster, "nano", patience: TimeSpan.FromSeconds(10));
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        var struck = cluster.Pods("nano")[0];
        cluster.Lab.CutOff(struck.Spec.NodeName).ShouldBeTrue();
        await Until.TrueAsync(() => cluster.Pods("nano").Count(pod => pod.Spec.NodeName != struck.Spec.NodeName && IsReady(pod)) == 2, "two replicas elsewhere", Limit, () => cluster.PoolTold("h100"));
        await clients.EndAsync();
        await Until.TrueAsync(() => tally.ByPod[struck.Metadata.Name] is var last && last.Begun <= last.Ended, "what hung to be given up");
        var onIt = tally.ByPod[struck.Metadata.Name];
        Console.WriteLine($"measured: node lost: {clients.Answered} requests answered, {clients.Lost.Count} lost by clients; gateway on the lost node: {onIt}");
        clients.Lost.Count.ShouldBeGreaterThan(0);
        // Each client's loss is one that the gateway on the lost node had begun; what the operator asked to see the reasoning mode may hang there beside them.
        clients.Lost.Count.ShouldBeLessThanOrEqualTo((int)(onIt.Cut + onIt.Failed), string.Join("; ", clients.Lost));
        await tally.ShouldHaveLostNoneAnywhereAsync(except: struck.Metadata.Name);
    }

    private static string Told(TestCluster cluster) => $"{cluster.PoolTold("h100")}; " + string.Join("; ", cluster.Pods("ultra").Select(pod =>
        $"{pod.Metadata.Name} on {pod.Spec.NodeName} {pod.Status.Phase}, deleted {pod.Metadata.DeletionTimestamp:HH:mm:ss} of {pod.Metadata.DeletionGracePeriodSeconds} s, held by {string.Join(",", pod.Metadata.Finalizers ?? [])}")) + $"; now {cluster.Lab.Time.GetUtcNow():HH:mm:ss}";

    private static async Task UntilMovedAsync(TestCluster cluster, V1Pod from)
    {
        await Until.TrueAsync(() => cluster.Pods("nano").All(pod => pod.Metadata.Uid != from.Metadata.Uid), "the replica to be gone", Limit, () => cluster.PoolTold("h100"));
        await Until.TrueAsync(() => cluster.Pods("nano").Count(IsReady) == 2, "another to serve", Limit, () => cluster.PoolTold("h100"));
        cluster.Pods("nano").ShouldAllBe(pod => pod.Spec.NodeName != from.Spec.NodeName);
    }

    private static bool IsReady(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    /// <summary>Two replicas of a whole node each on three nodes, simulated engines behind real gateways, all well so far.</summary>
    private static async Task<TestCluster> StartUnderLoadAsync(SimulatedGpuMetrics metrics)
    {
        // Gateways keep the machine's time: the faster the Lab's, the less of a grace period is left to them.
        var cluster = await StartAsync(metrics, "3xH100:8", GrowingPools.Nano(2, "h100"), clockSpeed: 4, LabEngines.Simulated);
        foreach (var name in cluster.Nodes().Select(node => node.Metadata.Name))
            for (var gpu = 0; gpu < 8; gpu++) metrics.Set(name, gpu, 0);
        await Until.TrueAsync(() => cluster.Pods("nano").Count(IsReady) == 2, "two replicas to serve", Limit, () => cluster.PoolTold("h100"));
        await metrics.UntilTakenAsync();
        return cluster;
    }

    private static async Task<TestCluster> StartAsync(SimulatedGpuMetrics metrics, string nodes, string deployment, double clockSpeed = 30, LabEngines engines = LabEngines.None, LabAddOns with = LabAddOns.None)
    {
        var cluster = await TestCluster.StartAsync(nodes, clockSpeed, engines: engines, gateway: engines == LabEngines.Simulated, with: with);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Pool, deployment));
        await cluster.StartOperatorAsync(scaling: new ScalingSettings { Prometheus = new PrometheusSettings { Url = metrics.Url, Timeout = TimeSpan.FromMinutes(5) } });
        return cluster;
    }

    private const string Pool = Fleets.Pool + """

          health: {repair: Drain, unhealthyAfter: 1m, healthyAfter: 5m}
        """;
}
