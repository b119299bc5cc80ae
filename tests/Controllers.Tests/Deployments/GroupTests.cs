using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>Decisions and counts where a replica is several pods.</summary>
public class GroupTests
{
    [Theory]
    [InlineData(8, 1, 1)]
    [InlineData(16, 1, 2)]
    [InlineData(8, 2, 2)]
    public void A_replica_has_as_many_pods_as_nodes(int tensorParallel, int stages, int pods) =>
        Decide(AnUltra(tensorParallel, stages), TwoNodes).Decided!.Shape.Pods.ShouldBe(pods);

    [Fact]
    public void A_group_of_more_pods_than_one_leader_starts_has_no_place()
    {
        // 128 GPUs, one to a node.
        var decision = Decide(AnUltra(32, 4), Pool("small", ANode("a", gpus: 1), ANode("b", gpus: 1)));
        decision.NoPlace!.Reason.ShouldBe(ConditionReasons.GroupTooLarge);
        decision.NoPlace.Message.ShouldContain("128 nodes of pool small");
    }

    [Fact]
    public void Without_LeaderWorkerSets_it_is_accepted_but_has_no_place_and_the_message_says_what_to_install()
    {
        var decision = DeploymentDecision.Decide(Seen(AnUltra(16), TwoNodes) with { GroupsServed = false });
        decision.Refused.ShouldBeNull();
        decision.Decided.ShouldBeNull();
        decision.NoPlace!.Reason.ShouldBe(ConditionReasons.CrdMissing);
        decision.NoPlace.Message.ShouldContain("leaderworkersets.leaderworkerset.x-k8s.io");
        decision.NoPlace.Message.ShouldContain("kubectl apply");
        DeploymentDecision.Decide(Seen(AnUltra(8), TwoNodes) with { GroupsServed = false }).Decided.ShouldNotBeNull();
    }

    [Fact]
    public void The_names_of_its_pods_must_have_room()
    {
        var longest = new string('u', 41);
        Decide(AnUltra(16, name: longest), TwoNodes).Refused.ShouldBeNull();
        var refused = Decide(AnUltra(16, name: longest + "u"), TwoNodes).Refused;
        refused!.Reason.ShouldBe(ConditionReasons.NameTooLong);
        refused.Message.ShouldContain("leaves room for 41");
        Decide(AnUltra(8, name: longest + "u"), TwoNodes).Refused.ShouldBeNull();
    }

    [Theory]
    [InlineData(RolloutStrategy.Drain, "25%", 0, "0", "1")]
    [InlineData(RolloutStrategy.Drain, "25%", 3, "0", "1")]
    [InlineData(RolloutStrategy.Drain, "25%", 8, "0", "2")]
    [InlineData(RolloutStrategy.Drain, "2", 3, "0", "2")]
    [InlineData(RolloutStrategy.Surge, "25%", 0, "1", "0")]
    [InlineData(RolloutStrategy.Surge, "25%", 5, "2", "0")]
    public void A_share_of_few_groups_is_one_since_LeaderWorkerSets_refuse_none(RolloutStrategy strategy, string share, int replicas, string surge, string unavailable)
    {
        var entity = AnUltra(16);
        entity.Spec = entity.Spec with { Replicas = replicas, Rollout = new RolloutSpec { Strategy = strategy, MaxSurge = share, MaxUnavailable = share } };
        var rolling = EngineGroups.Build(entity, Decide(entity, TwoNodes).Decided!, null).Spec.RolloutStrategy!.RollingUpdateConfiguration!;
        (rolling.MaxSurge!.Value, rolling.MaxUnavailable!.Value).ShouldBe((surge, unavailable));
    }

    [Fact]
    public void A_share_that_an_older_version_wrote_is_counted_too()
    {
        var entity = AnUltra(16);
        entity.Spec = entity.Spec with { Replicas = 2 };
        var decided = Decide(entity, TwoNodes).Decided!;
        var live = EngineGroups.Build(entity, decided, null);
        live.Spec.RolloutStrategy!.RollingUpdateConfiguration = new GroupRollingUpdate { MaxSurge = 0, MaxUnavailable = "25%" };
        EngineGroups.Build(entity, decided, live).Spec.RolloutStrategy!.RollingUpdateConfiguration!.MaxUnavailable!.Value.ShouldBe("1");
    }

    [Fact]
    public void Surges_only_while_the_nodes_of_a_whole_group_are_free()
    {
        Surge(0, 0).ShouldBeTrue();
        Surge(0, 1).ShouldBeFalse();
        static bool Surge(int onA, int onB) =>
            Decide(AnUltra(16), new PoolState(APool("h100"), [ANode("a").ToNodeState(onA), ANode("b").ToNodeState(onB)])).Decided!.Surge;
    }

    [Fact]
    public void A_settled_set_is_not_rewritten_because_GPUs_came_free()
    {
        var entity = AnUltra(16);
        var live = EngineGroups.Build(entity, Decided(taken: 0), null);
        var later = EngineGroups.Build(entity, Decided(taken: 8), live);
        k8s.KubernetesJson.Serialize(later).ShouldBe(k8s.KubernetesJson.Serialize(live));

        entity.Spec = entity.Spec with { MaxContextTokens = 4096 };
        EngineGroups.Build(entity, Decided(taken: 8), live).Spec.RolloutStrategy!.RollingUpdateConfiguration!.MaxSurge!.Value.ShouldBe("0");

        DecidedDeployment Decided(int taken) => Decide(entity, new PoolState(APool("h100"), [ANode("a").ToNodeState(taken), ANode("b").ToNodeState(0)])).Decided!;
    }

    [Fact]
    public void A_group_is_one_replica_and_serves_when_its_leader_does()
    {
        var counts = ReplicaCounts.Of(2, null, [Leader(0, ready: true), Worker(0), Leader(1), Worker(1, ready: true)], Now);
        counts.Existing.ShouldBe(2);
        counts.Ready.ShouldBe(1);
        counts.Unplaced.ShouldBe(0);
    }

    [Fact]
    public void A_group_of_which_two_pods_have_no_node_is_one_replica_without_a_place()
    {
        var status = Status(AnUltra(16), [APod("l", unschedulable: "0/2 nodes").InGroup("ultra-group", 0), APod("w", unschedulable: "0/2 nodes").InGroup("ultra-group", 0, worker: true)]);
        var condition = status.Conditions!.Single(condition => condition.Type == ConditionTypes.CapacityAvailable);
        condition.Reason.ShouldBe(ConditionReasons.InsufficientGpus);
        condition.Message.ShouldContain("1 of 1 replicas have no place: each needs 8 free GPUs on each of 2 nodes of pool h100");
        status.Plan!.NodesPerReplica.ShouldBe(2);
        status.Plan.GpusPerReplica.ShouldBe(16);
    }

    [Fact]
    public void A_group_that_is_at_it_for_too_long_is_said_to_be()
    {
        var entity = AnUltra(16);
        entity.Spec = entity.Spec with { Engine = new EngineSpec { StartupTimeout = new Duration(TimeSpan.FromMinutes(20)) } };
        var snapshot = Seen(entity, TwoNodes) with { Pods = [Leader(0), Worker(0)], LiveGroups = SetOf(entity, since: Now.AddMinutes(-29)) };
        Progressing(snapshot).Reason.ShouldBe(ConditionReasons.Loading);
        var late = Progressing(snapshot with { Now = Now.AddMinutes(2) });
        late.Reason.ShouldBe(ConditionReasons.ProgressDeadlineExceeded);
        late.Message.ShouldContain("after 30 minutes");

        static k8s.Models.V1Condition Progressing(DeploymentSnapshot snapshot) =>
            DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _).Conditions!.Single(condition => condition.Type == ConditionTypes.Progressing);
    }

    [Theory]
    [InlineData(RolloutStrategy.Drain, true, false, false, true)]
    [InlineData(RolloutStrategy.Surge, true, false, false, false)]
    [InlineData(RolloutStrategy.Surge, true, true, false, true)]
    [InlineData(RolloutStrategy.Surge, false, false, false, true)]
    [InlineData(RolloutStrategy.Surge, true, false, true, false)]
    [InlineData(RolloutStrategy.Auto, true, false, false, false)]
    [InlineData(RolloutStrategy.Auto, true, false, true, true)]
    public void The_old_replicas_go_when_the_new_ones_serve_or_cannot_come(RolloutStrategy strategy, bool oldServes, bool newServes, bool newUnplaced, bool may)
    {
        var old = APod("old", ready: oldServes, node: "a");
        var leader = newUnplaced ? APod("leader", unschedulable: "0/2 nodes") : APod("leader", ready: newServes, node: "b");
        PodView[] pods = [old, leader.InGroup("ultra-group", 0), APod("worker", ready: true, node: "c").InGroup("ultra-group", 0, worker: true)];
        Handover.OldMayGo(strategy, 1, toGroups: true, pods).ShouldBe(may);
    }

    [Fact]
    public void While_nodes_may_come_or_new_ones_load_the_old_ones_serve_on()
    {
        var old = APod("old", ready: true, node: "a");
        PodView[] pods = [old, APod("homeless", unschedulable: "0/2 nodes").InGroup("ultra-group", 0)];
        Handover.OldMayGo(RolloutStrategy.Auto, 2, toGroups: true, pods, roomToCome: true).ShouldBeFalse();
        Handover.OldMayGo(RolloutStrategy.Auto, 2, toGroups: true, [.. pods, Leader(1)]).ShouldBeFalse();
        Handover.OldMayGo(RolloutStrategy.Auto, 2, toGroups: true, [.. pods, Leader(1, ready: true)]).ShouldBeTrue();
    }

    private static PoolState TwoNodes => Pool("h100", ANode("a"), ANode("b"));

    private static PodView Leader(int group, bool ready = false) => APod($"ultra-group-{group}", ready, "a").InGroup("ultra-group", group);

    private static PodView Worker(int group, bool ready = false) => APod($"ultra-group-{group}-1", ready, "b").InGroup("ultra-group", group, worker: true);

    private static LeaderWorkerSet SetOf(NemotronDeployment entity, DateTimeOffset since)
    {
        var set = EngineGroups.Build(entity, Decide(entity, TwoNodes).Decided!, null);
        set.Status = new LeaderWorkerSetStatus { UpdatedReplicas = 1, Conditions = [new k8s.Models.V1Condition { Type = "Progressing", Status = "True", LastTransitionTime = since.UtcDateTime }] };
        return set;
    }

    private static NemotronDeployment AnUltra(int tensorParallel, int stages = 1, string name = "ultra") =>
        ADeployment(name, new() { Model = ModelTier.Ultra, Precision = stages * tensorParallel > 8 ? Precision.BF16 : Precision.FP8, TensorParallel = tensorParallel, PipelineParallel = stages, Checkpoint = Trusted });

    private static DeploymentDecision Decide(NemotronDeployment entity, PoolState pool) => DeploymentDecision.Decide(Seen(entity, pool));

    private static NemotronDeploymentStatus Status(NemotronDeployment entity, PodView[] pods)
    {
        var snapshot = Seen(entity, TwoNodes) with { Pods = pods };
        return DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _);
    }
}
