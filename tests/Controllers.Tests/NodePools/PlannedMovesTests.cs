using k8s.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.NodePools.SmallPool;

namespace Nemotron.Controllers.Tests.NodePools;

/// <summary>What consolidation would move, from what is seen of a pool.</summary>
public class PlannedMovesTests
{
    [Fact]
    public void Fragments_are_joined_in_status_and_nothing_is_done()
    {
        var snapshot = Seen(Asking(ConsolidationMode.DryRun), Runs("left", "a", 1), Runs("right", "b", 2));
        var plan = Decide(snapshot);
        PoolStatus.Of(snapshot, plan.Report, plan.Repair, plan.Consolidation).PlannedMoves.ShouldBe([new PlannedMove { Namespace = "models", Pod = "left", From = "a", To = "b" }]);
        plan.Marks.ShouldBeEmpty();
        plan.Repair.Drain.ShouldBeEmpty();
    }

    [Fact]
    public void A_pool_that_does_not_ask_has_no_plan() =>
        Decide(Seen(Asking(ConsolidationMode.WhenEmpty), Runs("left", "a", 1), Runs("right", "b", 2))).Consolidation.Moves.ShouldBeNull();

    [Fact]
    public void What_the_mode_leaves_without_effect_is_said()
    {
        PoolFieldsNotInEffect.Of(Asking(ConsolidationMode.WhenFragmented).Spec).ShouldBeEmpty();
        PoolFieldsNotInEffect.Of(Asking(ConsolidationMode.DryRun).Spec).ShouldBeEmpty();
        GpuNodePoolSpec After(ConsolidationMode mode) => Asking(mode).Spec with { Consolidation = new ConsolidationPolicy { Mode = mode, After = TimeSpan.FromHours(1) } };
        PoolFieldsNotInEffect.Of(After(ConsolidationMode.DryRun)).ShouldHaveSingleItem().ShouldStartWith("spec.consolidation.after");
        PoolFieldsNotInEffect.Of(After(ConsolidationMode.WhenFragmented)).ShouldBeEmpty();
    }

    [Fact]
    public void One_that_loads_stays()
    {
        var loading = Runs("left", "a", 1);
        loading.Status!.Conditions = [new ViewCondition("Ready", "False")];
        Moved(loading).ShouldBeEmpty();
        var shielded = Runs("left", "a", 1);
        shielded.Metadata.Annotations = new Dictionary<string, string> { [KarpenterNodePool.DoNotDisrupt] = "true" };
        Moved(shielded).ShouldBeEmpty();
        shielded.Metadata.Annotations = new Dictionary<string, string> { ["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "false" };
        Moved(shielded).ShouldBeEmpty();
        shielded.Metadata.Annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "true";
        Moved(shielded).ShouldBe(["left"]);
    }

    [Fact]
    public void One_of_several_pods_and_one_that_says_itself_where_it_must_be_stay()
    {
        Moved(Runs("left", "a", 1).InGroup("left", 0).Of("left")).ShouldBeEmpty();
        var drawn = Runs("left", "a", 1);
        drawn.Spec!.Affinity = new AffinityView();
        Moved(drawn).ShouldBeEmpty();
        var spread = Runs("left", "a", 1);
        spread.Spec!.TopologySpreadConstraints = [new SpreadView { WhenUnsatisfiable = "DoNotSchedule" }];
        Moved(spread).ShouldBeEmpty();
        spread.Spec.TopologySpreadConstraints[0].WhenUnsatisfiable = "ScheduleAnyway";
        Moved(spread).ShouldBe(["left"]);
    }

    [Fact]
    public void Labels_and_taints_of_nodes_are_heeded()
    {
        var pinned = Runs("left", "a", 1);
        pinned.Spec!.NodeSelector = new Dictionary<string, string> { ["kubernetes.io/hostname"] = "a" };
        Moved(pinned).ShouldBeEmpty();
        var snapshot = Seen(Asking(ConsolidationMode.DryRun), Runs("left", "a", 1), Runs("right", "b", 2));
        snapshot.Members.Nodes.Single(node => node.Metadata.Name == "b").Spec = new NodeViewSpec { Taints = [new V1Taint { Key = "for", Value = "somebody", Effect = "NoSchedule" }] };
        // From the node with the taint to one without is another matter.
        Decide(snapshot).Consolidation.Moves!.Select(move => move.Pod).ShouldBe(["right"]);
    }

    [Fact]
    public void GPUs_of_pods_that_are_not_ours_keep_a_node_in_use()
    {
        var snapshot = Seen(Asking(ConsolidationMode.DryRun), Runs("left", "a", 1), Runs("right", "b", 2));
        var foreign = snapshot with { GpusByNode = new Dictionary<string, int> { ["a"] = 3, ["b"] = 4 } };
        Decide(foreign).Consolidation.Moves.ShouldBeEmpty();
    }

    [Fact]
    public void The_budget_for_consolidation_holds_and_nodes_under_repair_count()
    {
        var none = Asking(ConsolidationMode.DryRun).With(spec => spec with { Budgets = [new DisruptionBudget { Nodes = "0", Reasons = [DisruptionReason.Consolidation] }] });
        Decide(Seen(none, Runs("left", "a", 1), Runs("right", "b", 2))).Consolidation.Moves.ShouldBeEmpty();

        var repairing = Asking(ConsolidationMode.DryRun).With(spec => spec with { Health = new HealthPolicy { Repair = RepairAction.Drain } });
        var snapshot = Seen(repairing, Runs("left", "a", 1), Runs("right", "b", 2));
        var plan = PoolPlan.Decide(snapshot, null, null, node => node.Metadata.Name == "c" ? new GpuEvidence(true, [new GpuError("3", 79, Now)], [79], []) : Well);
        plan.Marks.Keys.ShouldBe(["c"]);
        plan.Consolidation.Moves.ShouldBeEmpty();
    }

    private static readonly GpuEvidence Well = new(true, [], [], []);

    private static IEnumerable<string?> Moved(PodView left) =>
        Decide(Seen(Asking(ConsolidationMode.DryRun), left, Fixed(Runs("right", "b", 2)))).Consolidation.Moves!.Select(move => move.Pod);

    // It stays, so that only the other could go.
    private static PodView Fixed(PodView pod)
    {
        pod.Spec!.Affinity = new AffinityView();
        return pod;
    }

    private static PoolPlan Decide(PoolSnapshot snapshot) => PoolPlan.Decide(snapshot, null, null, _ => Well);

    private static GpuNodePool Asking(ConsolidationMode mode) => APool("h100").With(spec => spec with { Consolidation = new ConsolidationPolicy { Mode = mode } });

    private static PoolSnapshot Seen(GpuNodePool pool, params PodView[] pods) => SmallPool.Seen(pool, ["a", "b", "c"], pods);
}
