using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>A pool of type Scale over a simulated Cluster API MachineDeployment. All times are the Lab's.</summary>
public class ScalePoolTests
{
    [Fact]
    public async Task A_waiting_TP_group_makes_a_node_and_gives_it_back_after_the_delay()
    {
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.ClusterApi, GrowingPools.MachineDeployment, GrowingPools.Scale);
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Ready) is { Status: "True", Reason: ConditionReasons.AsManyAsNeeded }, "an empty pool to be as it should", details: () => cluster.PoolTold());
        await cluster.ApplyAsync(GrowingPools.Nano(1));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "False", Reason: ConditionReasons.WaitingForNodes }, "a node to be asked for", details: () => cluster.PoolTold());
        cluster.PoolCondition(ConditionTypes.Provisioned)!.Message.ShouldStartWith("MachineDeployment machines/h100: 1 node asked for");
        cluster.Pool("grown")!.Status!.DesiredNodes.ShouldBe(1);
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(2));
        cluster.Nodes().ShouldHaveSingleItem().Metadata.Labels[NemotronLabels.NodePool].ShouldBe("grown");
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned)?.Reason == ConditionReasons.AsManyAsNeeded, "that to be told", details: () => cluster.PoolTold());

        (await cluster.Kubectl.RunAsync("-n models delete nemotrondeployment nano")).Succeeded();
        var emptied = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.Nodes().Count == 0, "the node to be given back", TimeSpan.FromMinutes(2), () => cluster.PoolTold());
        var kept = cluster.Lab.Time.GetUtcNow() - emptied;
        Console.WriteLine($"measured: given back {kept.TotalMinutes:0.0} minutes of the Lab's time after its deployment was deleted");
        kept.ShouldBeGreaterThan(TimeSpan.FromMinutes(9));
        (await ReplicasAsync(cluster)).ShouldBe("0");
    }

    [Fact]
    public async Task A_fleets_replicas_make_nodes_of_a_pool_that_has_none_up_to_its_most()
    {
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.ClusterApi, GrowingPools.MachineDeployment, GrowingPools.Scale, """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronFleet
            metadata: {name: production}
            spec: {selector: {}, budgets: [{nodePool: grown}]}
            """);
        await cluster.ApplyAsync(GrowingPools.Nano(3));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status?.ReadyReplicas == 2, "two replicas to serve", TimeSpan.FromMinutes(2), () => cluster.PoolTold());
        cluster.Deployment("nano")!.Condition(ConditionTypes.FleetGranted).ShouldNotBeNull().ShouldSatisfyAllConditions(told => told.Status.ShouldBe("False"), told => told.Message.ShouldStartWith("NemotronFleet production grants 2 of 3 replicas of 8 GPUs in pool grown:"));
        cluster.Nodes().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_nodes_the_empty_one_goes_and_not_the_youngest()
    {
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.ClusterApi, GrowingPools.MachineDeployment, GrowingPools.Scale, GrowingPools.Nano(1));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(2));
        await cluster.ApplyAsync(GrowingPools.Nano(2));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status?.ReadyReplicas == 2, "the second replica", TimeSpan.FromMinutes(2), () => cluster.PoolTold());
        var older = cluster.Nodes().MinBy(node => node.Metadata.CreationTimestamp)!.Metadata.Name;
        // Only the older node is left empty.
        var onOlder = cluster.Pods("nano").Single(pod => pod.Spec.NodeName == older);
        (await cluster.Kubectl.RunAsync($"-n models annotate pod {onOlder.Metadata.Name} controller.kubernetes.io/pod-deletion-cost=-100")).Succeeded();
        await cluster.ApplyAsync(GrowingPools.Nano(1));
        await Until.TrueAsync(() => cluster.Pods("nano").Count == 1, "one replica to go");
        var kept = cluster.Pods("nano").Single();
        await Until.TrueAsync(() => cluster.Nodes().Count == 1, "one node to be given back", TimeSpan.FromMinutes(2), () => cluster.PoolTold());
        cluster.Nodes().Single().Metadata.Name.ShouldBe(kept.Spec.NodeName);
        cluster.Pods("nano").Single().Metadata.Uid.ShouldBe(kept.Metadata.Uid);
        (await ReplicasAsync(cluster)).ShouldBe("1");
    }

    [Fact]
    public async Task A_replica_that_is_scaled_away_and_its_node_lose_no_request()
    {
        // Gateways keep the machine's time: the faster the Lab's, the less of a grace period is left to them.
        await using var cluster = await TestCluster.StartAsync("", clockSpeed: 4, engines: LabEngines.Simulated, gateway: true, with: LabAddOns.ClusterApi);
        var soon = GrowingPools.MachineDeployment.Replace("join-seconds: \"120\"", "join-seconds: \"20\"", StringComparison.Ordinal);
        var pool = GrowingPools.Scale.Replace("scaleDownDelay: 10m", "scaleDownDelay: 30s", StringComparison.Ordinal);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, soon, pool, GrowingPools.Nano(2)));
        await cluster.StartOperatorAsync();
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status?.ReadyReplicas == 2, "both to serve", TimeSpan.FromMinutes(3), () => cluster.PoolTold());
        await using var clients = await SteadyClients.BeginAsync(cluster, "nano");
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        var before = cluster.Pods("nano").Select(pod => pod.Metadata.Name).ToArray();

        await cluster.ApplyAsync(GrowingPools.Nano(1));
        await Until.TrueAsync(() => cluster.Nodes().Count == 1, "the replica and then its node to go", TimeSpan.FromMinutes(3), () => cluster.PoolTold());
        await clients.EndAsync();
        Console.WriteLine($"measured: {clients.Answered} requests answered and {clients.Lost.Count} lost while a replica and its node went");
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAsync(before);
    }

    [Fact]
    public async Task Without_Cluster_API_the_pool_says_what_is_missing()
    {
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.None, GrowingPools.Scale, GrowingPools.Nano(1));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "False", Reason: ConditionReasons.CrdMissing }, "that to be told", details: () => cluster.PoolTold());
        cluster.PoolCondition(ConditionTypes.Provisioned)!.Message.ShouldContain("no kind MachineDeployment in cluster.x-k8s.io/v1beta1");
    }

    private static async Task<string> ReplicasAsync(TestCluster cluster) =>
        (await cluster.Kubectl.RunAsync("-n machines get machinedeployments h100 -o jsonpath={.spec.replicas}")).Succeeded().Trim();
}
