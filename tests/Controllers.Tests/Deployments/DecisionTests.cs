using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

public class DecisionTests
{
    [Fact]
    public void Without_a_degree_the_smallest_that_fits_is_taken()
    {
        var decision = DeploymentDecision.Decide(Seen(ADeployment("super", new() { Model = ModelTier.Super, Checkpoint = Trusted }), Pool("h100", ANode("n"))));
        decision.Plan!.TensorParallel.ShouldBe(2);
        decision.Decided!.GpusPerReplica.ShouldBe(2);
    }

    [Fact]
    public void A_pool_that_does_not_exist_is_named_with_those_that_do()
    {
        var decision = DeploymentDecision.Decide(Seen(ADeployment("n", new() { Model = ModelTier.Nano, NodePool = "gold" }), Pool("h100", ANode("n"))));
        decision.Refused.ShouldBeNull();
        decision.NoPlace!.Reason.ShouldBe(ConditionReasons.NodePoolNotFound);
        decision.NoPlace.Message.ShouldContain("\"gold\"");
        decision.NoPlace.Message.ShouldContain("h100");
    }

    [Fact]
    public void Without_any_pool_the_message_says_to_create_one() =>
        DeploymentDecision.Decide(Seen(ADeployment("n"))).NoPlace!.Message.ShouldContain("Create one");

    [Fact]
    public void Of_several_pools_the_one_with_most_free_groups_is_taken_and_kept()
    {
        var entity = ADeployment("n");
        var pools = new[] { Pool("small", ANode("a")), Pool("large", ANode("b"), ANode("c")) };
        DeploymentDecision.Decide(Seen(entity, pools)).Decided!.Pool.ShouldBe("large");
        entity.Status = new NemotronDeploymentStatus { NodePool = "small" };
        DeploymentDecision.Decide(Seen(entity, pools)).Decided!.Pool.ShouldBe("small");
    }

    [Fact]
    public void The_memory_of_the_real_nodes_counts_not_the_nominal_size()
    {
        var spec = new NemotronDeploymentSpec { Model = ModelTier.Nano, TensorParallel = 1 };
        DeploymentDecision.Decide(Seen(ADeployment("n", spec), Pool("h100", ANode("n")))).Refused.ShouldBeNull();
        DeploymentDecision.Decide(Seen(ADeployment("n", spec), Pool("h100", ANode("n", memory: 15000)))).Refused!.Reason.ShouldBe(ConditionReasons.DoesNotFit);
    }

    [Fact]
    public void Autoscaling_is_held_within_its_limits_until_the_autoscaler_has_decided()
    {
        var entity = ADeployment("n", new() { Model = ModelTier.Nano, Autoscaling = new AutoscalingSpec { MinReplicas = 2, MaxReplicas = 4 } });
        WantedReplicas.Of(entity.Spec, null).ShouldBe(2);
        WantedReplicas.Of(entity.Spec, 3).ShouldBe(3);
        WantedReplicas.Of(entity.Spec, 9).ShouldBe(4);
        WantedReplicas.Of(entity.Spec, 3, decided: 4).ShouldBe(4);
        WantedReplicas.Of(entity.Spec with { Autoscaling = entity.Spec.Autoscaling! with { Mode = AutoscalingMode.Recommend } }, 3, decided: 4).ShouldBe(3);
        DeploymentFieldsNotInEffect.Of(entity.Spec).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0 25 * * *", null, "spec.autoscaling.schedules[1]: ")]
    [InlineData("0 8 * * *", "Mars/Olympus", "spec.autoscaling.schedules[1]: ")]
    [InlineData("0 8 * * *", "Europe/Berlin", null)]
    public void A_schedule_that_cannot_be_read_is_refused_with_its_path(string start, string? zone, string? fault)
    {
        AutoscalingSchedule At(string text, string? timeZone) => new() { Name = "day", Start = text, Duration = TimeSpan.FromHours(8), TimeZone = timeZone, MinReplicas = 2 };
        var entity = ADeployment("n", new() { Model = ModelTier.Nano, Autoscaling = new AutoscalingSpec { MaxReplicas = 4, Schedules = [At("0 8 * * *", null), At(start, zone)] } });
        var refused = DeploymentDecision.Decide(Seen(entity, Pool("h100", ANode("n")))).Refused;
        if (fault is null) refused.ShouldBeNull();
        else refused.ShouldNotBeNull().Message.ShouldStartWith(fault);
    }

    [Fact]
    public void Surges_only_while_a_whole_group_is_free()
    {
        var entity = ADeployment("u", new() { Model = ModelTier.Ultra, Precision = Precision.FP8, TensorParallel = 8, Checkpoint = Trusted });
        Surge(entity, 0).ShouldBeTrue();
        Surge(entity, 1).ShouldBeFalse();
        static bool Surge(NemotronDeployment entity, int taken) => DeploymentDecision.Decide(Seen(entity, new PoolState(APool("p"), [ANode("n").ToNodeState(taken)]))).Decided!.Surge;
    }

    [Fact]
    public void A_settled_Deployment_is_not_rewritten_because_GPUs_came_free()
    {
        var entity = ADeployment("n");
        V1Deployment? live = null;
        live = EngineDeployment.Build(entity, Decided(entity, taken: 0), live);
        var later = EngineDeployment.Build(entity, Decided(entity, taken: 8), live);
        k8s.KubernetesJson.Serialize(later).ShouldBe(k8s.KubernetesJson.Serialize(live));

        entity.Spec = entity.Spec with { MaxContextTokens = 4096 };
        EngineDeployment.Build(entity, Decided(entity, taken: 8), live).Spec.Strategy.RollingUpdate.MaxSurge.Value.ShouldBe("0");
    }

    [Theory]
    [InlineData("nano-1", null)]
    [InlineData("1-nano", "beginning with a letter")]
    [InlineData("nano.v1", "beginning with a letter")]
    public void Names_must_do_for_a_Service(string name, string? complaint)
    {
        var refused = DeploymentDecision.Decide(Seen(ADeployment(name), Pool("p", ANode("n")))).Refused;
        if (complaint is null) refused.ShouldBeNull();
        else refused!.Message.ShouldContain(complaint);
    }

    [Fact]
    public void The_longest_name_allowed_fits_every_child()
    {
        var name = new string('a', ChildNames.LongestOwnerName);
        ChildNames.Refusal(name).ShouldBeNull();
        ChildNames.GrpcService(name).Length.ShouldBe(63);
        ChildNames.Refusal(name + "a").ShouldNotBeNull();
    }

    [Fact]
    public void Labels_of_the_operators_own_are_refused_with_their_path()
    {
        var entity = ADeployment("n", new()
        {
            Model = ModelTier.Nano,
            PodTemplate = new PodTemplateSpec { Metadata = new PodTemplateMetadata { Labels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "x" } } },
        });
        DeploymentDecision.Decide(Seen(entity, Pool("p", ANode("n")))).Refused!.Message.ShouldStartWith("spec.podTemplate.metadata.labels[app.kubernetes.io/name]");
    }

    [Fact]
    public void The_APIs_words_and_the_planners_are_the_same()
    {
        foreach (var tier in Enum.GetValues<ModelTier>()) tier.ToPlanner().ToString().ShouldBe(tier.ToString());
        foreach (var precision in Enum.GetValues<Precision>()) precision.ToPlanner().ToApi().ShouldBe(precision);
        foreach (var precision in Enum.GetValues<KvPrecision>()) precision.ToPlanner().ToApi().ShouldBe(precision);
        foreach (var engine in Enum.GetValues<EngineKind>()) engine.ToPlanner().ToString().ShouldBe(engine.ToString());
    }

    private static DecidedDeployment Decided(NemotronDeployment entity, int taken) =>
        DeploymentDecision.Decide(Seen(entity, new PoolState(APool("p"), [ANode("n").ToNodeState(taken)]))).Decided!;
}
