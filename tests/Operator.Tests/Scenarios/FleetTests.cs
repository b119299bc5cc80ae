using k8s;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>NemotronFleets in the Lab: who gets GPUs, who gives them back and how, who stands in.</summary>
public class FleetTests
{
    private const string Fleet = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronFleet
        metadata: {name: prod}
        spec:
          selector: {}
          budgets: [{nodePool: h100}]
          members:
          - {name: batch, selector: {matchLabels: {tier: bronze}}, floorReplicas: 2}
          tierFallback: {enabled: true, after: 2s, backAfter: 2s}
        """;

    [Fact]
    public async Task Of_three_priorities_the_lower_give_back_what_is_scarce_and_no_request_is_lost()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleet, Nano("bronze", 2, 4, 0)));
        await Until.TrueAsync(() => Ready(cluster, "bronze") == 4, "bronze to serve", TimeSpan.FromMinutes(3), () => Told(cluster));
        cluster.Deployment("bronze")!.Is(ConditionTypes.FleetGranted).ShouldBeTrue();

        await using var clients = await SteadyClients.BeginAsync(cluster, "bronze");
        await using var tally = await GatewayTally.BeginAsync(cluster, "bronze");
        var all = cluster.Pods("bronze").Select(pod => pod.Metadata.Name).ToArray();
        await cluster.ApplyAsync(Fleets.All(Nano("silver", 2, 2, 50), Nano("gold", 2, 1, 100)));
        await Until.TrueAsync(() => (Ready(cluster, "gold"), Ready(cluster, "silver"), Ready(cluster, "bronze")) == (1, 1, 2), "the GPUs to change hands", TimeSpan.FromMinutes(3), () => Told(cluster));
        await clients.EndAsync();
        Console.WriteLine($"measured: {clients.Answered} requests answered and {clients.Lost.Count} lost while two of four replicas went");
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAsync(all);

        var told = cluster.Deployment("bronze")!.Condition(ConditionTypes.FleetGranted)!;
        (told.Status, told.Reason).ShouldBe(("False", ConditionReasons.LowerPriority));
        told.Message.ShouldContain("grants 2 of 4 replicas");
        told.Message.ShouldContain("models/gold 2 (priority 100)");
        await Until.TrueAsync(() => Read(cluster).Status?.Gpus is { Budget: 8, Allocated: 8, Wanted: 14 }, "the fleet to count");
        var table = (await cluster.Kubectl.RunAsync("get nfleet prod")).Succeeded();
        table.ShouldContain("Arbitrated");
        Read(cluster).Status!.Short!.Select(row => row.Name).ShouldBe(["silver", "bronze"]);

        (await cluster.Kubectl.RunAsync("delete nfleet prod")).Succeeded();
        await Until.TrueAsync(() => cluster.Deployment("bronze")!.Status!.DesiredReplicas == 4, "bronze to have its way without a fleet", null, () => Told(cluster));
    }

    [Fact]
    public async Task Fragments_that_block_a_whole_node_are_reported()
    {
        await using var cluster = await TestCluster.StartAsync("2xH100:8");
        await cluster.StartOperatorAsync();
        var nodes = (await cluster.Client.ListNodeAsync(cancellationToken: TestContext.Current.CancellationToken)).Items.Select(node => node.Metadata.Name).ToList();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleet, Nano("left", 1, 1, 0, nodes[0]), Nano("right", 1, 1, 0, nodes[1])));
        await cluster.UntilReadyAsync(2);
        await cluster.ApplyAsync(Nano("wide", 8, 1, 0));
        await Until.TrueAsync(() => cluster.Deployment("wide")?.Condition(ConditionTypes.FleetGranted) is { Status: "False", Reason: ConditionReasons.Fragmented }, "the fragments to be named", null, () => Told(cluster));
        var wide = cluster.Deployment("wide")!;
        wide.Condition(ConditionTypes.FleetGranted)!.Message.ShouldContain("enough GPUs are free, but not 8 together on one node");
        wide.Condition(ConditionTypes.Ready)!.Reason.ShouldBe(ConditionReasons.NotGranted);
        wide.Status!.DesiredReplicas.ShouldBe(0);

        await cluster.ApplyAsync(Nano("right", 1, 0, 0, nodes[1]));
        await cluster.UntilReadyAsync(3);
        cluster.Deployment("wide")!.Status!.ReadyReplicas.ShouldBe(1);
    }

    [Fact]
    public async Task A_node_drained_for_maintenance_loses_no_request()
    {
        await using var cluster = await TestCluster.StartAsync("2xH100:8", engines: LabEngines.Simulated, gateway: true);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleet, Nano("nano", 8, 2, 0)));
        await Until.TrueAsync(() => Ready(cluster, "nano") == 2, "both to serve", TimeSpan.FromMinutes(3), () => Told(cluster));
        await using var clients = await SteadyClients.BeginAsync(cluster, "nano");
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        var before = cluster.Pods("nano").Select(pod => pod.Metadata.Name).ToArray();
        var node = cluster.Pods("nano")[0].Spec.NodeName;
        (await cluster.Kubectl.RunAsync($"drain {node} --ignore-daemonsets --delete-emptydir-data --timeout=120s")).Succeeded();
        cluster.Pods("nano").ShouldAllBe(pod => pod.Spec.NodeName != node);
        // One is left, and no other node can take the second: the fleet says so.
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Condition(ConditionTypes.FleetGranted)?.Status == "False", "the fleet to count one node", TimeSpan.FromMinutes(2), () => Told(cluster));
        (await cluster.Kubectl.RunAsync($"uncordon {node}")).Succeeded();
        await Until.TrueAsync(() => Ready(cluster, "nano") == 2, "both to serve again", TimeSpan.FromMinutes(3), () => Told(cluster));
        await clients.EndAsync();
        Console.WriteLine($"measured: {clients.Answered} requests answered and {clients.Lost.Count} lost while a node was drained and came back");
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAsync(before);
        await tally.ShouldHaveLostNoneAnywhereAsync();
    }

    [Fact]
    public async Task A_smaller_tier_stands_in_while_a_larger_one_has_no_replica_and_steps_back()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        await cluster.StartOperatorAsync();
        // Both are of one priority: the one that is there first keeps its GPU, and the other then lacks one.
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleet, Nano("small", 1, 1, 0)));
        await Until.TrueAsync(() => Ready(cluster, "small") == 1, "the small one to serve", TimeSpan.FromMinutes(3), () => Told(cluster));
        var small = cluster.Pods("small").Single();
        await cluster.ApplyAsync(Super(8));
        await Until.TrueAsync(() => Fallback(cluster) == "small", "the small one to stand in", TimeSpan.FromMinutes(3), () => Told(cluster));
        await Until.TrueAsync(() => Selector(cluster) == "small", "the Service to point to it");
        await Until.TrueAsync(() => cluster.Deployment("super")!.Condition(ConditionTypes.OwnTierServes) is { Status: "False", Reason: ConditionReasons.FallbackServes }, "the condition");
        await using var clients = await SteadyClients.BeginAsync(cluster, "super", clients: 2);
        clients.Models.ShouldHaveSingleItem().ShouldContain("Nano");
        // The gateways are told while they run; the replica's own clients are told nothing.
        await Until.TrueAsync(() => clients.StandIns.Count > 0, "the answers to say who stands in", null, () => Told(cluster));
        clients.StandIns.ShouldBe(["small (Nano)"]);
        await using (var own = await SteadyClients.BeginAsync(cluster, "small", clients: 1)) own.StandIns.ShouldBeEmpty();
        cluster.Pods("small").Single().Metadata.Uid.ShouldBe(small.Metadata.Uid);
        (await cluster.EventsAsync(ConditionReasons.FallbackServes)).ShouldContain("answered by the replicas of NemotronDeployment small");

        // Two GPUs fit beside the other.
        await cluster.ApplyAsync(Super(2));
        await Until.TrueAsync(() => Selector(cluster) == "super", "the Service to point back", TimeSpan.FromMinutes(3), () => Told(cluster));
        await Until.TrueAsync(() => cluster.Deployment("super")!.Is(ConditionTypes.OwnTierServes), "the condition");
        clients.ForgetModels();
        await Until.TrueAsync(() => clients.Models.Any(model => model.Contains("Super", StringComparison.Ordinal)), "the large one to answer");
        clients.ForgetModels();
        await Until.TrueAsync(() => clients.Models.Count > 0, "more answers");
        clients.StandIns.ShouldBeEmpty();
        await clients.EndAsync();
        clients.Lost.ShouldBeEmpty();
        Read(cluster).Status!.Fallbacks!.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_group_over_two_nodes_of_a_fleet_comes_back_as_a_whole_when_a_worker_dies()
    {
        await using var cluster = await TestCluster.StartAsync("2xH100:8", with: LabAddOns.LeaderWorkerSets);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleet, """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: ultra, namespace: models}
            spec: {model: Ultra, precision: BF16, tensorParallel: 16, replicas: 1, checkpoint: {trustRemoteCode: true}}
            """));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
        var before = cluster.Pods("ultra");
        before.Count.ShouldBe(2);
        cluster.Deployment("ultra")!.Is(ConditionTypes.FleetGranted).ShouldBeTrue();
        var worker = before.Single(pod => pod.Metadata.Labels[NemotronLabels.Role] == NemotronLabels.WorkerRole);
        (await cluster.Kubectl.RunAsync($"-n models delete pod {worker.Metadata.Name} --wait=false")).Succeeded();
        await Until.TrueAsync(() => cluster.Pods("ultra") is { Count: 2 } now && now.All(pod => before.All(old => old.Metadata.Uid != pod.Metadata.Uid)), "both pods to be new", TimeSpan.FromMinutes(3), () => Told(cluster));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
        cluster.Pods("ultra").Select(pod => pod.Spec.NodeName).Distinct().Count().ShouldBe(2);
        Read(cluster).Status!.Gpus.ShouldBe(new FleetGpuCounts { Budget = 16, Allocated = 16, Wanted = 16 });
    }

    private static string Nano(string name, int gpus, int replicas, int priority, string? node = null) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {"{"}name: {name}, namespace: models, labels: {"{"}tier: {name}{"}"}{"}"}
        spec:
          model: Nano
          nodePool: h100
          tensorParallel: {gpus}
          maxContextTokens: 8192
          replicas: {replicas}
          priority: {priority}
          drain: {"{"}timeout: 60s{"}"}
          rollout: {"{"}strategy: Drain{"}"}
        {(node is null ? "" : $"  podTemplate: {"{"}nodeSelector: {"{"}kubernetes.io/hostname: {node}{"}"}{"}"}")}
        """;

    private static string Super(int gpus) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {"{"}name: super, namespace: models{"}"}
        spec:
          model: Super
          nodePool: h100
          tensorParallel: {gpus}
          maxContextTokens: 8192
          replicas: 1
          checkpoint: {"{"}trustRemoteCode: true{"}"}
          drain: {"{"}timeout: 60s{"}"}
        """;

    private static int Ready(TestCluster cluster, string name) => cluster.Deployment(name)?.Status?.ReadyReplicas ?? -1;

    private static string? Selector(TestCluster cluster) =>
        cluster.Client.ReadNamespacedService("super", "models").Spec.Selector[NemotronLabels.Deployment];

    private static string? Fallback(TestCluster cluster) => Read(cluster).Status?.Fallbacks?.FirstOrDefault(row => row.Name == "super")?.ServedBy;

    private static NemotronFleet Read(TestCluster cluster) =>
        KubernetesJson.Deserialize<NemotronFleet>(KubernetesJson.Serialize(cluster.Client.CustomObjects.GetClusterCustomObject(NemotronApi.Group, NemotronApi.Version, NemotronFleet.Plural, "prod")));

    private static string Told(TestCluster cluster) => string.Join("; ", cluster.Deployments().Select(deployment =>
        $"{deployment.Metadata.Name} {deployment.Status?.ReadyReplicas}/{deployment.Status?.DesiredReplicas}: {deployment.Condition(ConditionTypes.FleetGranted)?.Message} {deployment.Condition(ConditionTypes.Ready)?.Message}"));
}
