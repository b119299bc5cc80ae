using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>A pool of type Karpenter over a simulated Karpenter and cloud. All times are the Lab's.</summary>
public class KarpenterPoolTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_slow_Karpenter_is_told_of_and_pods_are_shielded_only_while_they_load()
    {
        await using var cluster = await StartAsync("joinSeconds: 400");
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: not "True" } condition && condition.Message.Contains("is not registered after", StringComparison.Ordinal), "the wait to be told", Limit, () => cluster.PoolTold());
        cluster.PoolCondition(ConditionTypes.Provisioned)!.Message.ShouldContain("NodeNotFound: Node not registered with cluster.");
        cluster.Pods("nano").Single().Metadata.Annotations["karpenter.sh/do-not-disrupt"].ShouldBe("true");
        var pool = (await cluster.Kubectl.RunAsync("get nodepools.karpenter.sh grown -o jsonpath={.spec.limits}{.spec.weight}{.spec.template.spec.expireAfter}{.spec.disruption.consolidationPolicy}{.spec.template.metadata.labels}{.metadata.ownerReferences[0].kind}")).Succeeded();
        pool.ShouldContain("\"nvidia.com/gpu\":\"16\"");
        pool.ShouldContain("10NeverWhenEmpty");
        pool.ShouldContain("\"serving.nemotron.dev/node-pool\":\"grown\"");
        pool.ShouldEndWith("GpuNodePool");
        await cluster.UntilReadyAsync(1, limit: Limit);
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "True" }, "the pool to be as it should", Limit, () => cluster.PoolTold());
        await Until.TrueAsync(() => cluster.Pods("nano").Single().Metadata is var metadata && !metadata.Annotations.ContainsKey("karpenter.sh/do-not-disrupt") && !metadata.Labels.ContainsKey(NemotronLabels.Loading), "the shield to come off", Limit);

        // A settled pool is not written to.
        await cluster.PassAsync(TimeSpan.FromMinutes(1));
        cluster.Lab.Server.Log.Clear();
        await cluster.PassAsync(TimeSpan.FromMinutes(3));
        cluster.Lab.Server.Log.Requests.Where(request => request.IsWrite).Select(request => $"{request.Method} {request.Path}").ShouldBeEmpty();

        (await cluster.Kubectl.RunAsync("-n models delete nemotrondeployment nano")).Succeeded();
        await Until.TrueAsync(() => cluster.Nodes().Count == 0, "the empty node to go", Limit, () => cluster.PoolTold());
    }

    [Fact]
    public async Task A_cloud_without_machines_is_told_of_and_waited_for()
    {
        await using var cluster = await StartAsync("joinSeconds: 30, available: 0");
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "False", Reason: ConditionReasons.InsufficientCapacity }, "that to be told", Limit, () => cluster.PoolTold());
        cluster.PoolCondition(ConditionTypes.Provisioned)!.Message.ShouldContain("the simulated cloud has no H100:8 left");
        cluster.Deployment("nano")!.Condition(ConditionTypes.CapacityAvailable)!.Reason.ShouldBe(ConditionReasons.WaitingForNodes);
        (await cluster.Kubectl.RunAsync("patch labnodeclass h100 --type merge -p {\"spec\":{\"available\":1}}")).Succeeded();
        await cluster.UntilReadyAsync(1, limit: Limit);
    }

    [Fact]
    public async Task A_node_that_joins_without_its_GPUs_is_told_of_with_where_to_look()
    {
        await using var cluster = await StartAsync("joinSeconds: 30, withGpus: false");
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "False", Reason: ConditionReasons.GpusNotOffered }, "that to be told", Limit, () => cluster.PoolTold());
        var message = cluster.PoolCondition(ConditionTypes.Provisioned)!.Message;
        message.ShouldContain("does not offer its GPUs: ResourceNotRegistered: Resource \"nvidia.com/gpu\" was requested but not registered.");
        message.ShouldContain($"spec.nodeName={cluster.Nodes().Single().Metadata.Name}");
        cluster.Pods("nano").Single().Spec.NodeName.ShouldBeNull();
    }

    [Fact]
    public async Task Sick_nodes_are_deleted_by_their_NodeClaims_one_at_a_time_and_others_join()
    {
        var pool = GrowingPools.Karpenter.Replace("maxNodes: 2", "maxNodes: 4", StringComparison.Ordinal) + """

              health: {repair: Replace, unhealthyAfter: 1m, doubtAbovePercent: 100}
            """;
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.Karpenter, GrowingPools.NodeClass("joinSeconds: 30"), pool, GrowingPools.Nano(2));
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status?.ReadyReplicas == 2, "both to serve", Limit, () => cluster.PoolTold());
        var sick = cluster.Nodes().Select(node => node.Metadata.Name).ToList();
        sick.Count.ShouldBe(2);
        foreach (var node in sick) await cluster.CondemnAsync(node);

        var closed = 0;
        await Until.TrueAsync(
            () =>
            {
                var nodes = cluster.Nodes();
                closed = Math.Max(closed, nodes.Count(node => node.Spec.Taints?.Any(taint => taint.Key == NemotronTaints.UnhealthyGpu) == true));
                return nodes.Count == 2 && nodes.All(node => !sick.Contains(node.Metadata.Name));
            },
            "both nodes to be replaced", TimeSpan.FromMinutes(3), () => cluster.PoolTold());
        closed.ShouldBe(1);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status?.ReadyReplicas == 2, "both to serve again", Limit, () => cluster.PoolTold());
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Healthy) is { Status: "True" }, "the pool to be well", Limit, () => cluster.PoolTold());
        // The operator deletes the claims, Karpenter the nodes.
        foreach (var node in sick) Rights.Used(cluster.AuditFile).ShouldContain($"karpenter.sh/nodeclaims {node} delete");
        Rights.Used(cluster.AuditFile).ShouldNotContain(right => right.StartsWith("/nodes ", StringComparison.Ordinal) && right.EndsWith(" delete", StringComparison.Ordinal));
        var told = (await cluster.Kubectl.RunAsync("get events -A --field-selector reason=NodeReplaced -o custom-columns=MESSAGE:.message")).Succeeded();
        foreach (var node in sick) told.ShouldContain($"Node {node} is sick and empty: its NodeClaim is deleted");
    }

    [Fact]
    public async Task Without_Karpenter_the_pool_says_what_is_missing()
    {
        await using var cluster = await GrowingPools.StartAsync("", LabAddOns.None, GrowingPools.Karpenter, GrowingPools.Nano(1));
        await Until.TrueAsync(() => cluster.PoolCondition(ConditionTypes.Provisioned) is { Status: "False", Reason: ConditionReasons.CrdMissing }, "that to be told", Limit, () => cluster.PoolTold());
        cluster.PoolCondition(ConditionTypes.Provisioned)!.Message.ShouldContain("nodepools.karpenter.sh and nodeclaims.karpenter.sh are not installed");
    }

    private static Task<TestCluster> StartAsync(string nodeClass) =>
        GrowingPools.StartAsync("", LabAddOns.Karpenter, GrowingPools.NodeClass(nodeClass), GrowingPools.Karpenter, GrowingPools.Nano(1));
}
