using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>One replica more than wanted, while a pool moves one: kept by the Deployment, wanted by nobody.</summary>
public class ExtraReplicaTests
{
    [Fact]
    public async Task The_Deployment_keeps_one_more_and_status_wants_none_more()
    {
        var cluster = ACluster(out var entity);
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((2, null));

        Move(cluster, MovePhase.Surging);
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((3, "1"));
        cluster.Status.DesiredReplicas.ShouldBe(2);
        cluster.FleetBoard.TryDemand(new("models", "nano"), entity.Metadata.Uid, out var demand).ShouldBeTrue();
        demand!.Wanted.ShouldBe(2);
        cluster.Patches.Sent.ShouldBeEmpty();

        Move(cluster, MovePhase.Leaving);
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((2, null));
        // Marked before the number is lowered: a ReplicaSet chooses by it.
        cluster.Patches.Sent.Single().ShouldBe(("models/old", """{"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"-1000"}}}"""));
    }

    [Fact]
    public async Task A_move_that_is_undone_takes_the_replacement_away()
    {
        var cluster = ACluster(out var entity);
        Move(cluster, MovePhase.Surging);
        await cluster.ReconcileAsync(entity);
        cluster.Pods.Objects.Add(APod("new", ready: true, node: "b").Of("nano"));
        Move(cluster, MovePhase.Undoing);
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((2, null));
        cluster.Patches.Sent.Single().Key.ShouldBe("models/new");
    }

    [Fact]
    public async Task Of_an_autoscaled_deployment_nobody_takes_it_for_the_number_that_there_is()
    {
        var cluster = ACluster(out var entity);
        entity.Spec = entity.Spec with { Replicas = null, Autoscaling = new AutoscalingSpec { MinReplicas = 2, MaxReplicas = 8 } };
        // The autoscaler has not decided yet, as after a restart of the operator: what there is counts, and is not raised time and again.
        Move(cluster, MovePhase.Surging);
        for (var time = 0; time < 3; time++) await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((3, "1"));
        cluster.Pools.Objects[0].Status = null;
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((2, null));
    }

    [Fact]
    public async Task A_pool_that_is_being_deleted_asks_for_none()
    {
        var cluster = ACluster(out var entity);
        Move(cluster, MovePhase.Surging);
        cluster.Pools.Objects[0].Metadata.DeletionTimestamp = Now.UtcDateTime;
        cluster.Pools.Objects.Add(APool("other"));
        await cluster.ReconcileAsync(entity);
        Kept(cluster).ShouldBe((2, null));
    }

    private static ReconcilerHarness ACluster(out NemotronDeployment entity)
    {
        var cluster = new ReconcilerHarness();
        cluster.Pools.Objects.Add(APool("h100"));
        cluster.Nodes.Objects.AddRange([ANode("a").Label(NemotronLabels.NodePool, "h100"), ANode("b").Label(NemotronLabels.NodePool, "h100")]);
        cluster.Pods.Objects.AddRange([APod("old", ready: true, node: "a").Of("nano"), APod("stays", ready: true, node: "b").Of("nano")]);
        entity = ADeployment("nano", new NemotronDeploymentSpec { Model = ModelTier.Nano, Replicas = 2, TensorParallel = 1, MaxContextTokens = 8192 });
        return cluster;
    }

    private static void Move(ReconcilerHarness cluster, MovePhase phase) => cluster.Pools.Objects[0].Status = new GpuNodePoolStatus
    {
        Consolidation = new ConsolidationStatus
        {
            Move = new ActiveMove { Namespace = "models", Deployment = "nano", Pod = "old", From = "a", To = "b", Replacement = "new", Pods = 2, Phase = phase, Since = Now.UtcDateTime },
        },
    };

    private static (int?, string?) Kept(ReconcilerHarness cluster)
    {
        V1Deployment live = cluster.Deployments.Objects.Single();
        return (live.Spec.Replicas, live.Metadata.Annotations.TryGetValue(ChildLabels.ExtraReplicas, out var extra) ? extra : null);
    }
}
