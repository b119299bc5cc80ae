using k8s.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning.Placement;
using Nemotron.Planning.Pools;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.NodePools.SmallPool;

namespace Nemotron.Controllers.Tests.NodePools;

/// <summary>Replicas that are moved so that whole nodes become free: when a move begins, each of its steps, and each reason to leave it.</summary>
public class ConsolidationTests
{
    private static readonly GpuEvidence Well = new(true, [], [], []);
    private static readonly NamespacedName Left = new("models", "left");

    [Fact]
    public void A_move_begins_once_the_plan_has_been_the_same_for_long_enough()
    {
        var pool = Asking();
        var first = Decide(Fragmented(pool));
        (first.Status!.Move, first.Status.PlannedSince, first.LookAgain).ShouldBe((null, Now.UtcDateTime, Now.AddMinutes(15)));
        (first.Condition!.Value.Answer, first.Condition.Value.Reason).ShouldBe((false, ConditionReasons.MovesPlanned));
        first.Condition.Value.Message.ShouldContain("2026-11-23T12:15:00Z");
        first.Closed.ShouldBeEmpty();

        Remember(pool, first);
        var early = Decide(Fragmented(pool) with { Now = Now.AddMinutes(14) });
        (early.Status!.Move, early.Status.PlannedSince).ShouldBe((null, Now.UtcDateTime));
        var due = Decide(Fragmented(pool) with { Now = Now.AddMinutes(15) });
        due.Status!.Move.ShouldBe(new ActiveMove { Namespace = "models", Deployment = "left", Pod = "left", From = "a", To = "b", Pods = 1, Phase = MovePhase.Closing, Since = Now.AddMinutes(15).UtcDateTime });
        // The one that is to be emptied, and the empty one, where the replacement would free none.
        due.Closed.ShouldBe(new Dictionary<string, string> { ["a"] = ConsolidationDecision.Emptying, ["c"] = ConsolidationDecision.KeptEmpty }, ignoreOrder: true);
        due.Events.Select(told => told.Reason).ShouldBe([ConditionReasons.MoveStarted]);
    }

    [Fact]
    public void Another_plan_is_waited_for_anew_and_what_is_left_of_one_is_not()
    {
        var pool = Asking();
        pool.Status = new GpuNodePoolStatus { PlannedMoves = [Move("left", "a"), Move("left-2", "a")], Consolidation = new ConsolidationStatus { PlannedSince = Now.AddMinutes(-10).UtcDateTime } };
        Decide(Fragmented(pool)).Status!.PlannedSince.ShouldBe(Now.AddMinutes(-10).UtcDateTime);
        pool.Status = pool.Status with { PlannedMoves = [Move("another", "a")] };
        Decide(Fragmented(pool)).Status!.PlannedSince.ShouldBe(Now.UtcDateTime);
    }

    [Fact]
    public void A_dry_run_moves_nothing_however_long_it_plans()
    {
        var pool = Asking(ConsolidationMode.DryRun);
        pool.Status = new GpuNodePoolStatus { PlannedMoves = [Move("left", "a")], Consolidation = new ConsolidationStatus { PlannedSince = Now.AddDays(-1).UtcDateTime } };
        var decision = Decide(Fragmented(pool));
        (decision.Status!.Move, decision.Closed.Count, decision.Events.Count).ShouldBe((null, 0, 0));
        decision.Condition!.Value.Message.ShouldEndWith("spec.consolidation.mode is DryRun: nothing is moved.");
    }

    [Fact]
    public void Closed_first_then_one_replica_more_and_only_when_that_serves_does_the_old_one_go()
    {
        var pool = Moving(MovePhase.Closing);
        var open = Fragmented(pool);
        Decide(open).Status!.Move!.Phase.ShouldBe(MovePhase.Closing);
        var surging = Decide(Close(open)).Status!.Move!;
        surging.Phase.ShouldBe(MovePhase.Surging);

        // One replica more, that loads.
        pool = Moving(MovePhase.Surging);
        var loading = Decide(Surged(pool, ready: false));
        (loading.Status!.Move!.Replacement, loading.Status.Move.To, loading.Ask, loading.Status.Move.Phase).ShouldBe(("left-new", "b", null, MovePhase.Surging));
        // Once the scheduler has chosen, empty nodes are anybody's again.
        loading.Closed.Keys.ShouldBe(["a"]);
        loading.Condition!.Value.Message.ShouldContain("left-new loads on node b");

        // It serves: budgets of pods are asked.
        Decide(Surged(pool, ready: true)).Ask!.Metadata.Name.ShouldBe("left");
        var refused = Decide(Surged(pool, ready: true) with { MayGo = false });
        (refused.Status!.Move!.Phase, refused.Ask).ShouldBe((MovePhase.Surging, null));
        refused.Condition!.Value.Message.ShouldContain("PodDisruptionBudget");
        Decide(Surged(pool, ready: true) with { MayGo = true }).Status!.Move!.Phase.ShouldBe(MovePhase.Leaving);

        // Not before it has been ready for as long as the gates ask.
        Decide(With(Surged(pool, ready: true), owner => owner with { Live = Told(1, extra: 1, available: 1) }) with { MayGo = true }).Status!.Move!.Phase.ShouldBe(MovePhase.Surging);

        // It leaves, and is gone.
        pool = Moving(MovePhase.Leaving, "left-new");
        var leaving = Fragmented(pool, Runs("left", "a", 1, "left"), Runs("left-new", "b", 1, "left"));
        leaving.Owners[Left].Pods[0].Metadata.DeletionTimestamp = Now.UtcDateTime;
        Decide(With(leaving, owner => owner with { Live = Told(1) })).Status!.Move!.Phase.ShouldBe(MovePhase.Leaving);
        var done = Decide(Fragmented(pool, Runs("left-new", "b", 1, "left")));
        (done.Status, done.Closed.Count).ShouldBe((null, 0));
        done.Events.Single().ShouldBe((ConditionReasons.ReplicaMoved, "Replica models/left was moved from node a to node b, where left-new serves in its place."));
        (done.Condition!.Value.Answer, done.Condition.Value.Reason).ShouldBe((true, ConditionReasons.NothingToMove));
    }

    [Fact]
    public void The_next_replica_of_a_node_that_is_being_emptied_follows_at_once_and_the_node_stays_closed()
    {
        var pool = Moving(MovePhase.Leaving, "left-new");
        pool.Status = pool.Status! with { PlannedMoves = [Move("left", "a"), Move("second", "a")] };
        // Another node has as few replicas and comes first by name, were it not for the one that is half empty.
        var decision = Decide(Seen(pool, ["0", "a", "b"], Runs("zero", "0", 1), Runs("second", "a", 1), Runs("left-new", "b", 1, "left"), Runs("right", "b", 2)));
        (decision.Status!.Move!.Pod, decision.Status.Move.From, decision.Closed["a"]).ShouldBe(("second", "a", ConsolidationDecision.Emptying));
        decision.Events.Select(told => told.Reason).ShouldBe([ConditionReasons.ReplicaMoved, ConditionReasons.MoveStarted]);
    }

    [Fact]
    public void An_emptied_node_is_open_though_the_deployment_is_not_at_rest_yet()
    {
        var pool = Moving(MovePhase.Leaving, "left-new");
        var decision = Decide(With(Fragmented(pool, Runs("left-new", "b", 1, "left")), owner => owner with { Live = Told(1, available: 0) }));
        (decision.Status!.Move!.Phase, decision.Closed.Count).ShouldBe((MovePhase.Leaving, 0));
    }

    private static readonly Dictionary<string, Func<ReplicaOwner, ReplicaOwner>> Changes = new()
    {
        ["is paused"] = owner => Noted(owner, NemotronAnnotations.Paused),
        ["keeps its number of replicas"] = owner => Noted(owner, NemotronAnnotations.FreezeScaling),
        ["is gone or being deleted"] = owner => owner with { Entity = null },
        ["is kept by no Deployment"] = owner => owner with { Live = null },
        ["strategy: Drain"] = owner => Spec(owner, spec => spec with { Rollout = new RolloutSpec { Strategy = RolloutStrategy.Drain } }),
        ["was not looked at yet"] = owner => Status(owner, status => status with { ObservedGeneration = 0 }),
        ["is not accepted"] = owner => Status(owner, status => status with { Conditions = [Condition(ConditionTypes.Accepted, "False")] }),
        ["has a sick engine"] = owner => Status(owner, status => status with { Conditions = [Condition(ConditionTypes.EngineHealthy, "False")] }),
        ["is rolling out"] = owner => RollingOut(owner),
        ["is not at rest: 1 of 2 replicas serve"] = owner => owner with { Live = Told(2) },
        ["its floor is 2"] = owner => owner with { Floor = 2 },
        ["on the move in pool other"] = owner => owner with { MovedIn = "other" },
    };

    public static TheoryData<string> Refusals => [.. Changes.Keys];

    [Theory, MemberData(nameof(Refusals))]
    public void A_replica_stays_where_its_deployment_must_not_be_touched(string why)
    {
        var decision = Decide(With(Fragmented(Due()), Changes[why]));
        decision.Status?.Move.ShouldBeNull();
        decision.Moves!.ShouldBeEmpty();
        // The other one has an affinity of its own, so that only this could go.
        decision.Condition!.Value.Message.ShouldContain(why);
    }

    [Fact]
    public void Nothing_begins_without_the_budget()
    {
        var pool = Due().With(spec => spec with { Budgets = [new DisruptionBudget { Nodes = "0", Reasons = [DisruptionReason.Consolidation] }] });
        var decision = Decide(Fragmented(pool));
        decision.Status?.Move.ShouldBeNull();
        decision.Condition!.Value.Message.ShouldContain("spec.budgets allows no node to be emptied now");
    }

    [Fact]
    public void Without_room_for_the_replacement_the_plan_is_empty_and_the_reason_told()
    {
        var waiting = Seen(Due(), ["a", "b"], Runs("left", "a", 4), Runs("right", "b", 5)) with { Waiting = [new WaitingGroup("models/ultra", new GroupShape(1, 7))] };
        var decision = Decide(waiting);
        (decision.Condition!.Value.Answer, decision.Condition.Value.Reason).ShouldBe((false, ConditionReasons.Fragmented));
        decision.Condition.Value.Message.ShouldStartWith("Replica models/ultra waits for 7 GPUs on a node; 7 are free in pieces, and no node can be freed by moving replicas.");
        decision.Condition.Value.Message.ShouldContain("Node a stays: no other node in use has 4 free GPUs that models/left could take");
    }

    private static readonly Dictionary<string, Func<PoolSnapshot, PoolSnapshot>> Happenings = new()
    {
        ["the scheduler has no place for its replacement: 0/3 nodes"] = snapshot => Replacement(snapshot, Homeless()),
        ["came to node c, which frees none"] = snapshot => Replacement(snapshot, Runs("left-new", "c", 1, "left", ready: false)),
        ["came to node a, which frees none"] = snapshot => Replacement(snapshot, Runs("left-new", "a", 1, "left", ready: false)),
        ["was not ready within 20 minutes"] = snapshot => snapshot with { Now = Now.AddMinutes(21) },
        ["it is paused"] = snapshot => With(snapshot, owner => Noted(owner, NemotronAnnotations.Paused)),
        ["it is rolling out"] = snapshot => With(snapshot, RollingOut),
        ["spec.consolidation.mode is WhenEmpty"] = snapshot => snapshot with { Pool = snapshot.Pool.With(spec => spec with { Consolidation = new ConsolidationPolicy { Mode = ConsolidationMode.WhenEmpty } }) },
        ["serves no more"] = snapshot => Old(snapshot, pod => pod.Status!.Conditions = [new ViewCondition("Ready", "False")]),
        ["its replacement left-new has gone"] = snapshot => With(snapshot, owner => owner with { Pods = [owner.Pods[0]] }) with { Pool = Moving(MovePhase.Surging, "left-new") },
        ["no replacement was made"] = snapshot => With(snapshot, owner => owner with { Pods = [owner.Pods[0]] }) with { Now = Now.AddMinutes(3) },
    };

    public static TheoryData<string> Interruptions => [.. Happenings.Keys];

    [Theory, MemberData(nameof(Interruptions))]
    public void A_move_is_given_up_and_undone_and_the_next_waits(string why)
    {
        var snapshot = Happenings[why](Surged(Moving(MovePhase.Surging), ready: false));
        var decision = Decide(snapshot);
        decision.Events.ShouldHaveSingleItem().Reason.ShouldBe(ConditionReasons.MoveGivenUp);
        decision.Events[0].Message.ShouldStartWith("Replica models/left stays on node a: ");
        decision.Events[0].Message.ShouldContain(why);
        (decision.Status!.Move!.Phase, decision.Status.GivenUp, decision.Closed.Count).ShouldBe((MovePhase.Undoing, 1, 0));
        decision.Status.RetryAfter.ShouldBe(snapshot.Now.AddMinutes(10).UtcDateTime);
    }

    [Fact]
    public void One_that_a_budget_of_pods_never_lets_go_is_given_up()
    {
        var decision = Decide(Surged(Moving(MovePhase.Surging), ready: true) with { MayGo = false, Now = Now.AddMinutes(31) });
        (decision.Status!.Move!.Phase, decision.Status.Move.Replacement).ShouldBe((MovePhase.Undoing, "left-new"));
        decision.Status.GivenUpFor!.ShouldContain("a PodDisruptionBudget does not let it go");
    }

    [Fact]
    public void After_a_move_that_was_given_up_the_next_waits_and_longer_each_time()
    {
        var pool = Due();
        pool.Status = pool.Status! with { Consolidation = pool.Status.Consolidation! with { GivenUp = 2, GivenUpFor = "Replica models/left stays on node a: it is paused.", RetryAfter = Now.AddMinutes(20).UtcDateTime } };
        var waits = Decide(Fragmented(pool));
        (waits.Status!.Move, waits.Condition!.Value.Reason, waits.LookAgain).ShouldBe((null, ConditionReasons.MoveGivenUp, Now.AddMinutes(20)));
        waits.Condition.Value.Message.ShouldContain("it is paused");
        Decide(Fragmented(pool) with { Now = Now.AddMinutes(20) }).Status!.Move.ShouldNotBeNull();

        var again = Moving(MovePhase.Surging);
        again.Status = again.Status! with { Consolidation = again.Status.Consolidation! with { GivenUp = 2 } };
        Decide(Surged(again, ready: false) with { Now = Now.AddMinutes(21) }).Status!.RetryAfter.ShouldBe(Now.AddMinutes(21 + 40).UtcDateTime);
    }

    [Fact]
    public void What_was_given_up_is_over_once_the_replacement_is_gone()
    {
        var pool = Moving(MovePhase.Undoing, "left-new");
        Decide(With(Surged(pool, ready: true), owner => owner with { Live = Told(1) })).Status!.Move!.Phase.ShouldBe(MovePhase.Undoing);
        pool.Status = pool.Status! with { Consolidation = pool.Status.Consolidation! with { Emptying = null, RetryAfter = Now.AddMinutes(10).UtcDateTime } };
        var over = Decide(Fragmented(pool, Runs("left", "a", 1)));
        (over.Status!.Move, over.Condition!.Value.Reason).ShouldBe((null, ConditionReasons.MoveGivenUp));
    }

    [Fact]
    public void Another_replica_that_went_in_its_place_is_no_move()
    {
        var pool = Moving(MovePhase.Leaving, "left-new");
        var decision = Decide(Fragmented(pool, Runs("left", "a", 1)));
        decision.Events.Single().Message.ShouldContain("another replica of its NemotronDeployment went in its place");
        decision.Status!.Move.ShouldBeNull();
    }

    [Theory]
    [InlineData(MovePhase.Closing, true)]
    [InlineData(MovePhase.Closing, false)]
    [InlineData(MovePhase.Surging, true)]
    [InlineData(MovePhase.Surging, false)]
    [InlineData(MovePhase.Leaving, true)]
    [InlineData(MovePhase.Leaving, false)]
    [InlineData(MovePhase.Undoing, true)]
    [InlineData(MovePhase.Undoing, false)]
    public void A_move_ends_with_its_deployment(MovePhase phase, bool gone)
    {
        var seen = With(Fragmented(Moving(phase, "left-new")), owner =>
        {
            if (!gone) owner.Entity!.Metadata.DeletionTimestamp = Now.UtcDateTime;
            return owner with { Entity = gone ? null : owner.Entity, Live = null, Pods = [] };
        });
        var decision = Decide(seen);
        (decision.Status?.Move, decision.Closed.Count).ShouldBe((null, 0));
        decision.Events.Select(told => told.Reason).ShouldBe(phase == MovePhase.Undoing ? [] : [ConditionReasons.MoveGivenUp]);
    }

    [Fact]
    public void A_move_ends_where_another_kind_keeps_the_replicas_by_now() =>
        Decide(With(Fragmented(Moving(MovePhase.Leaving, "left-new")), owner => owner with { Live = null, Pods = [] })).Events.Single().Message.ShouldContain("kept by no Deployment");

    [Fact]
    public void No_node_is_made_for_a_replacement_that_finds_no_room()
    {
        var machines = new ObjectReference("cluster.x-k8s.io/v1beta1", "MachineDeployment", "m", "h100");
        int Asked(GpuNodePool pool)
        {
            pool.With(spec => spec with { MaxNodes = 5, Gpu = new NodeGpuSpec { Product = H100, PerNode = 8 }, Provisioner = new ProvisionerSpec { Type = ProvisionerType.Scale } });
            var full = Replacement(Surged(pool, ready: false), Homeless()) with { Waiting = [new WaitingGroup("models/left-new", new GroupShape(1, 8))], GpusByNode = new Dictionary<string, int> { ["a"] = 8, ["b"] = 8, ["c"] = 8 } };
            return PoolPlan.Decide(full, new ScaleState(machines, new ScaleReading(3, 3, "1")), null, _ => Well).Scale!.Size!.Target;
        }

        (Asked(Asking()), Asked(Moving(MovePhase.Surging))).ShouldBe((4, 3));
    }

    [Theory]
    [InlineData(MovePhase.Undoing)]
    [InlineData(MovePhase.Leaving)]
    public void Nodes_are_made_for_replicas_that_are_wanted_while_a_move_ends_and_it_ends_in_any_case(MovePhase phase)
    {
        var machines = new ObjectReference("cluster.x-k8s.io/v1beta1", "MachineDeployment", "m", "h100");
        var pool = Moving(phase, "left-new");
        pool.With(spec => spec with { MaxNodes = 5, Gpu = new NodeGpuSpec { Product = H100, PerNode = 8 }, Provisioner = new ProvisionerSpec { Type = ProvisionerType.Scale } });
        var more = APod("left-more", unschedulable: "0/3 nodes").Of("left");
        // The autoscaler wants three by now.
        var seen = With(Fragmented(pool, Runs("left", "a", 1), Runs("left-new", "b", 1, "left")), owner => owner with { Live = Told(3, available: 2), Pods = [.. owner.Pods, more] });
        seen = seen with { Waiting = [new WaitingGroup("models/left-more", new GroupShape(1, 8))], GpusByNode = new Dictionary<string, int> { ["a"] = 8, ["b"] = 8, ["c"] = 8 } };
        var plan = PoolPlan.Decide(seen, new ScaleState(machines, new ScaleReading(3, 3, "1")), null, _ => Well);
        (plan.Scale!.Size!.Target, plan.Consolidation.Status!.Move!.Phase).ShouldBe((4, phase));

        Decide(seen with { Now = Now.AddMinutes(11) }).Status?.Move.ShouldBeNull();
    }

    // Two fragments of one node, and one that is empty.
    private static PoolSnapshot Fragmented(GpuNodePool pool, params PodView[] left)
    {
        var right = Runs("right", "b", 2);
        right.Spec!.Affinity = new AffinityView();
        return Seen(pool, ["a", "b", "c"], [.. left.Length == 0 ? [Runs("left", "a", 1)] : left, right]);
    }

    private static PoolSnapshot Surged(GpuNodePool pool, bool ready)
    {
        var fresh = Runs("left-new", "b", 1, "left", ready);
        fresh.Metadata.CreationTimestamp = Now.UtcDateTime;
        return With(Close(Fragmented(pool, Runs("left", "a", 1), fresh)), owner => owner with { Live = Told(1, extra: 1, available: ready ? 2 : 1) });
    }

    private static PodView Homeless()
    {
        var pod = Runs("left-new", null, 1, "left", ready: false);
        pod.Status!.Conditions!.Add(new ViewCondition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available."));
        return pod;
    }

    private static PoolSnapshot Replacement(PoolSnapshot snapshot, PodView pod)
    {
        var fresh = Fragmented(snapshot.Pool, Runs("left", "a", 1), pod);
        return With(fresh with { Now = snapshot.Now }, owner => owner with { Live = Told(1, extra: 1, available: 1) });
    }

    private static PoolSnapshot Old(PoolSnapshot snapshot, Action<PodView> change)
    {
        change(snapshot.Owners[Left].Pods.Single(pod => pod.Metadata.Name == "left"));
        return snapshot;
    }

    private static PoolSnapshot Close(PoolSnapshot snapshot)
    {
        foreach (var name in new[] { "a", "c" })
            snapshot.Members.Nodes.Single(node => node.Metadata.Name == name).Spec = new NodeViewSpec { Taints = [new V1Taint { Key = NemotronTaints.Consolidating, Value = "any", Effect = "NoSchedule" }] };
        return snapshot;
    }

    private static PoolSnapshot With(PoolSnapshot snapshot, Func<ReplicaOwner, ReplicaOwner> change) =>
        snapshot with { Owners = snapshot.Owners.ToDictionary(pair => pair.Key, pair => pair.Key == Left ? change(pair.Value) : pair.Value) };

    private static GpuNodePool Asking(ConsolidationMode mode = ConsolidationMode.WhenFragmented) => APool("h100").With(spec => spec with { Consolidation = new ConsolidationPolicy { Mode = mode } });

    private static GpuNodePool Due()
    {
        var pool = Asking();
        pool.Status = new GpuNodePoolStatus { PlannedMoves = [Move("left", "a")], Consolidation = new ConsolidationStatus { PlannedSince = Now.AddHours(-1).UtcDateTime } };
        return pool;
    }

    private static GpuNodePool Moving(MovePhase phase, string? replacement = null)
    {
        var pool = Due();
        var move = new ActiveMove { Namespace = "models", Deployment = "left", Pod = "left", From = "a", To = "b", Pods = 1, Phase = phase, Since = Now.UtcDateTime, Replacement = replacement };
        pool.Status = pool.Status! with { Consolidation = pool.Status.Consolidation! with { Move = move, Emptying = "a" } };
        return pool;
    }

    private static void Remember(GpuNodePool pool, ConsolidationDecision decision) => pool.Status = new GpuNodePoolStatus { PlannedMoves = decision.Moves, Consolidation = decision.Status };

    private static PlannedMove Move(string pod, string from) => new() { Namespace = "models", Pod = pod, From = from, To = "b" };

    private static ReplicaOwner Noted(ReplicaOwner owner, string annotation)
    {
        owner.Entity!.Metadata.Annotations = new Dictionary<string, string> { [annotation] = "true" };
        return owner;
    }

    private static ReplicaOwner Spec(ReplicaOwner owner, Func<NemotronDeploymentSpec, NemotronDeploymentSpec> change)
    {
        owner.Entity!.Spec = change(owner.Entity.Spec);
        return owner;
    }

    private static ReplicaOwner Status(ReplicaOwner owner, Func<NemotronDeploymentStatus, NemotronDeploymentStatus> change)
    {
        owner.Entity!.Status = change(owner.Entity.Status!);
        return owner;
    }

    private static ReplicaOwner RollingOut(ReplicaOwner owner)
    {
        owner.Live!.Status.UpdatedReplicas = 0;
        return owner;
    }

    private static V1Condition Condition(string type, string status) => new() { Type = type, Status = status, Reason = "Any", Message = "" };

    private static ConsolidationDecision Decide(PoolSnapshot snapshot) => PoolPlan.Decide(snapshot, null, null, _ => Well).Consolidation;
}
