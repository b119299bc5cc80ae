using k8s.Models;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>What the reconciler writes while replicas become several pods, and one again.</summary>
public class GroupReconcileTests
{
    private readonly ReconcilerHarness _cluster = new();

    private readonly NemotronDeployment _ultra = ADeployment("ultra", new() { Model = ModelTier.Ultra, Precision = Precision.FP8, TensorParallel = 8, Checkpoint = Trusted });

    public GroupReconcileTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.AddRange([ANode("a"), ANode("b")]);
    }

    [Fact]
    public async Task It_is_looked_at_again_until_LeaderWorkerSets_are_there()
    {
        _cluster.Groups.Served = false;
        Grow();
        var result = await _cluster.ReconcileAsync(_ultra);
        result.RequeueAfter.ShouldBe(TimeSpan.FromSeconds(15));
        _cluster.Applied.ShouldBeEmpty();
        Condition(ConditionTypes.CapacityAvailable).Reason.ShouldBe(ConditionReasons.CrdMissing);

        _cluster.Groups.Served = true;
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Body(LeaderWorkerSet.KindName).ShouldNotBeNull();
        _cluster.Body("Deployment").ShouldBeNull();
        Condition(ConditionTypes.CapacityAvailable).Status.ShouldBe("True");
    }

    [Fact]
    public async Task Replicas_that_grow_beyond_a_node_serve_from_the_old_one_until_the_new_group_does()
    {
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Pods.Objects.Add(APod("ultra-1", ready: true, node: "a").Of("ultra"));
        Grow();
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Body(LeaderWorkerSet.KindName).ShouldNotBeNull();
        _cluster.Deleted.ShouldBeEmpty();
        Condition(ConditionTypes.Ready).Status.ShouldBe("True");

        _cluster.Pods.Objects.Add(APod("ultra-group-0", ready: true, node: "b").InGroup("ultra-group", 0).Of("ultra"));
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Deleted.ShouldBe(["Deployment ultra"]);
    }

    [Fact]
    public async Task With_Auto_the_old_ones_go_when_the_group_finds_no_nodes()
    {
        await _cluster.ReconcileAsync(_ultra);
        Grow();
        _cluster.Pods.Objects.AddRange([
            APod("ultra-1", ready: true, node: "a").Of("ultra"),
            APod("ultra-group-0", unschedulable: "0/2 nodes").InGroup("ultra-group", 0).Of("ultra"),
        ]);
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Deleted.ShouldBe(["Deployment ultra"]);
    }

    [Fact]
    public async Task And_back_to_one_node()
    {
        Grow();
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Pods.Objects.Add(APod("ultra-group-0", ready: true, node: "a").InGroup("ultra-group", 0).Of("ultra"));
        _ultra.Spec = _ultra.Spec with { TensorParallel = 8, Precision = Precision.FP8 };
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Body("Deployment").ShouldNotBeNull();
        _cluster.Deleted.ShouldBeEmpty();

        _cluster.Pods.Objects.Add(APod("ultra-1", ready: true, node: "b").Of("ultra"));
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Deleted.ShouldBe(["LeaderWorkerSet ultra-group"]);
    }

    [Fact]
    public async Task A_Service_that_has_the_name_of_the_pods_subdomain_is_left_alone()
    {
        _cluster.Services.Objects.Add(new V1Service { Metadata = new V1ObjectMeta { Name = "ultra-group", NamespaceProperty = "models" } });
        Grow();
        await _cluster.ReconcileAsync(_ultra);
        _cluster.Body(LeaderWorkerSet.KindName).ShouldBeNull();
        var accepted = Condition(ConditionTypes.Accepted);
        accepted.Reason.ShouldBe(ConditionReasons.NameTaken);
        accepted.Message.ShouldContain("Service models/ultra-group");
    }

    [Fact]
    public async Task A_group_that_starts_is_looked_at_again_when_its_time_is_up()
    {
        _ultra.Spec = _ultra.Spec with { Engine = new EngineSpec { StartupTimeout = new Duration(TimeSpan.FromMinutes(20)) } };
        Grow();
        (await _cluster.ReconcileAsync(_ultra)).RequeueAfter.ShouldBeNull();
        _cluster.Groups.Objects[0].Status = new LeaderWorkerSetStatus
        {
            Conditions = [new V1Condition { Type = "Progressing", Status = "True", LastTransitionTime = Now.UtcDateTime }],
        };
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));
        var live = _cluster.Groups.Objects[0].Status;
        (await _cluster.ReconcileAsync(_ultra)).RequeueAfter.ShouldBe(TimeSpan.FromMinutes(20) + TimeSpan.FromSeconds(1));
        _cluster.Groups.Objects[0].Status = live;
        _cluster.Time.Advance(TimeSpan.FromMinutes(20) + TimeSpan.FromSeconds(1));
        await _cluster.ReconcileAsync(_ultra);
        Condition(ConditionTypes.Progressing).Reason.ShouldBe(ConditionReasons.ProgressDeadlineExceeded);
    }

    [Fact]
    public void A_pool_that_waits_for_a_group_waits_for_one_replica()
    {
        _cluster.Pods.Objects.AddRange([
            APod("ultra-group-0", unschedulable: "0/2 nodes").InGroup("ultra-group", 0).Of("ultra"),
            APod("ultra-group-0-1", unschedulable: "0/2 nodes").InGroup("ultra-group", 0, worker: true).Of("ultra"),
            APod("nano-1", unschedulable: "0/2 nodes").Of("nano"),
        ]);
        _cluster.Fleet.WaitingGroups("h100").Count.ShouldBe(2);
    }

    private void Grow() => _ultra.Spec = _ultra.Spec with { TensorParallel = 16, Precision = Precision.BF16 };

    private V1Condition Condition(string type) => _cluster.Status.Conditions!.Single(condition => condition.Type == type);
}
