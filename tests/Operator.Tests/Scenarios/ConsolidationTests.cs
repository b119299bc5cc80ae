using k8s.Models;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Replicas that are moved so that whole nodes become free, under load.</summary>
public class ConsolidationTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Fragments_that_block_TP8_are_joined_and_no_request_is_lost()
    {
        await using var cluster = await FragmentedAsync();
        await using var clients = await SteadyClients.BeginAsync(cluster, "right");
        await using var tally = await GatewayTally.BeginAsync(cluster, "left", "right");
        var before = cluster.Pods("right").Single();
        var stays = cluster.Pods("left").Single();

        // Eight together on one node there are not: 13 are free in pieces.
        await cluster.ApplyAsync(Nano("wide", 8));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.CapacityAvailable, "h100") is { Status: "False", Reason: ConditionReasons.InsufficientGpus }, "the group of eight to wait", Limit, () => Told(cluster));
        await cluster.ApplyAsync(Pool("{mode: DryRun}"));
        await Until.TrueAsync(() => cluster.Pool("h100")!.Status!.PlannedMoves is [{ } move] && move.Pod == before.Metadata.Name && move.To == stays.Spec.NodeName, "the plan", Limit, () => Told(cluster));
        cluster.PoolCondition(ConditionTypes.Consolidated, "h100")!.Reason.ShouldBe(ConditionReasons.MovesPlanned);

        await cluster.ApplyAsync(Pool("{mode: WhenFragmented, after: 3s}"));
        await Until.TrueAsync(() => cluster.Deployment("wide")!.Is(ConditionTypes.Ready), "the group of eight to serve", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Consolidated, "h100") is { Status: "True" }, "nothing to be left to move", Limit, () => Told(cluster));
        await clients.EndAsync();
        Console.WriteLine($"measured: {clients.Answered} requests answered and {clients.Lost.Count} lost while a replica was moved");

        cluster.Pods("wide").Single().Spec.NodeName.ShouldBe(before.Spec.NodeName);
        var after = cluster.Pods("right").Single();
        (after.Spec.NodeName, after.Metadata.Name == before.Metadata.Name).ShouldBe((stays.Spec.NodeName, false));
        cluster.Pods("left").Single().Metadata.Uid.ShouldBe(stays.Metadata.Uid);
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAsync(before.Metadata.Name, after.Metadata.Name);

        // Nothing is left of it: no taint, no replica too many, and each step was told once.
        cluster.Nodes().SelectMany(node => node.Spec.Taints ?? []).ShouldNotContain(taint => taint.Key == NemotronTaints.Consolidating);
        cluster.Client.ReadNamespacedDeployment("right").Spec.Replicas.ShouldBe(1);
        cluster.Pool("h100")!.Status!.Consolidation.ShouldBeNull();
        cluster.PoolCondition(ConditionTypes.AllFieldsInEffect, "h100")!.Status.ShouldBe("True");
        var told = (await cluster.Kubectl.RunAsync("get events -A --field-selector involvedObject.kind=GpuNodePool -o custom-columns=REASON:.reason,MESSAGE:.message")).Succeeded();
        told.Split('\n').Count(line => line.StartsWith(ConditionReasons.MoveStarted, StringComparison.Ordinal)).ShouldBe(1, told);
        told.ShouldContain($"Replica models/{before.Metadata.Name} was moved from node {before.Spec.NodeName} to node {stays.Spec.NodeName}");
    }

    [Fact]
    public async Task An_operator_that_is_restarted_in_mid_move_goes_on_where_the_other_stopped()
    {
        await using var cluster = await FragmentedAsync();
        await using var clients = await SteadyClients.BeginAsync(cluster, "right");
        await using var tally = await GatewayTally.BeginAsync(cluster, "right");
        var before = cluster.Pods("right").Single();
        var stays = cluster.Pods("left").Single().Spec.NodeName;
        await cluster.ApplyAsync(Nano("wide", 8));
        await cluster.ApplyAsync(Pool("{mode: WhenFragmented, after: 3s}"));

        await StopAtAsync(cluster, MovePhase.Surging);
        var begun = cluster.Pool("h100")!.Status!.Consolidation!.Move!;
        begun.Pod.ShouldBe(before.Metadata.Name);
        // Without an operator the cluster goes on with what it was told: one replica more.
        await Until.TrueAsync(() => cluster.Pods("right").Count(IsReady) == 2, "the replacement to serve", Limit, () => Told(cluster));
        cluster.Pods("right").ShouldContain(pod => pod.Metadata.Name == before.Metadata.Name);
        await cluster.StartOperatorAsync();

        await StopAtAsync(cluster, MovePhase.Leaving);
        var leaving = cluster.Pool("h100")!.Status!.Consolidation!.Move!;
        (leaving.Pod, leaving.From, leaving.To).ShouldBe((begun.Pod, begun.From, stays));
        await cluster.StartOperatorAsync();

        await Until.TrueAsync(() => cluster.Deployment("wide")!.Is(ConditionTypes.Ready), "the group of eight to serve", Limit, () => Told(cluster));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Consolidated, "h100") is { Status: "True" }, "nothing to be left to move", Limit, () => Told(cluster));
        await clients.EndAsync();
        Console.WriteLine($"measured: {clients.Answered} requests answered and {clients.Lost.Count} lost while a replica was moved by three operators in turn");
        var after = cluster.Pods("right").Single();
        (after.Metadata.Name, after.Spec.NodeName).ShouldBe((leaving.Replacement, stays));
        clients.Lost.ShouldBeEmpty();
        await tally.ShouldHaveLostNoneAsync(before.Metadata.Name, after.Metadata.Name);

        // One move, begun once and ended once, and nothing is left of it.
        var told = (await cluster.Kubectl.RunAsync("get events -A --field-selector involvedObject.kind=GpuNodePool -o custom-columns=COUNT:.count,REASON:.reason")).Succeeded().Split('\n').Select(line => line.Trim()).ToList();
        foreach (var reason in (string[])[ConditionReasons.MoveStarted, ConditionReasons.ReplicaMoved]) told.Count(line => line.EndsWith(reason, StringComparison.Ordinal)).ShouldBe(1, string.Join("; ", told));
        told.ShouldNotContain(line => line.EndsWith(ConditionReasons.MoveGivenUp, StringComparison.Ordinal));
        cluster.Nodes().SelectMany(node => node.Spec.Taints ?? []).ShouldNotContain(taint => taint.Key == NemotronTaints.Consolidating);
        cluster.Client.ReadNamespacedDeployment("right").Spec.Replicas.ShouldBe(1);
        cluster.Pool("h100")!.Status!.Consolidation.ShouldBeNull();
    }

    private static async Task StopAtAsync(TestCluster cluster, MovePhase phase)
    {
        await Until.TrueAsync(() => cluster.Pool("h100")!.Status?.Consolidation?.Move?.Phase == phase, $"the move to be {phase}", Limit, () => Told(cluster));
        await cluster.StopOperatorsAsync();
        cluster.Pool("h100")!.Status!.Consolidation!.Move!.Phase.ShouldBe(phase);
    }

    private static bool IsReady(V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    /// <summary>13 of 16 GPUs are free, and no eight of them on one node.</summary>
    private static async Task<TestCluster> FragmentedAsync()
    {
        var cluster = await TestCluster.StartAsync("2xH100:8", engines: LabEngines.Simulated, gateway: true);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Pool("{mode: WhenEmpty}")));
        // As when others that stood between them have gone: each on a node of its own, and neither bound to it.
        var names = cluster.Nodes().Select(node => node.Metadata.Name).ToList();
        foreach (var (name, gpus, node) in new[] { ("left", 2, names[0]), ("right", 1, names[1]) })
        {
            foreach (var other in names.Where(other => other != node)) (await cluster.Kubectl.RunAsync($"cordon {other}")).Succeeded();
            await cluster.ApplyAsync(Nano(name, gpus));
            await Until.TrueAsync(() => cluster.Deployment(name)?.Is(ConditionTypes.Ready) == true, $"{name} to serve", Limit, () => Told(cluster));
            foreach (var other in names.Where(other => other != node)) (await cluster.Kubectl.RunAsync($"uncordon {other}")).Succeeded();
            cluster.Pods(name).Single().Spec.NodeName.ShouldBe(node);
        }

        return cluster;
    }

    private static string Pool(string consolidation) => Fleets.Pool + $"\n  consolidation: {consolidation}\n";

    private static string Nano(string name, int gpus) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {"{"}name: {name}, namespace: models{"}"}
        spec:
          model: Nano
          nodePool: h100
          tensorParallel: {gpus}
          maxContextTokens: 8192
          replicas: 1
          drain: {"{"}timeout: 60s{"}"}
          rollout: {"{"}gates: {"{"}readyFor: 1s{"}"}{"}"}
        """;

    private static string Told(TestCluster cluster) => $"{cluster.PoolTold("h100")}; " + string.Join("; ", cluster.Deployments().Select(deployment =>
        $"{deployment.Metadata.Name} {deployment.Status?.ReadyReplicas}/{deployment.Status?.DesiredReplicas}: {deployment.Condition(ConditionTypes.Ready)?.Message}"));
}
