using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
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

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void Before_the_first_status_is_written_the_pool_of_what_runs_is_kept(int gpus)
    {
        var entity = ADeployment("u", new() { Model = ModelTier.Ultra, Precision = gpus == 8 ? Precision.FP8 : Precision.BF16, TensorParallel = gpus, Checkpoint = Trusted });
        var (one, two) = (Pool("one", ANode("a"), ANode("b")), Pool("two", ANode("c"), ANode("d")));
        var decided = DeploymentDecision.Decide(Seen(entity, one)).Decided!;
        decided.InGroups.ShouldBe(gpus == 16);
        var running = decided.InGroups
            ? Seen(entity, one with { Nodes = [.. one.Nodes.Select(node => node with { Allocated = 8 })] }, two) with { LiveGroups = EngineGroups.Build(entity, decided, null) }
            : Seen(entity, one with { Nodes = [.. one.Nodes.Select(node => node with { Allocated = 8 })] }, two) with { Live = EngineDeployment.Build(entity, decided, null) };
        DeploymentDecision.Decide(running with { Live = null, LiveGroups = null }).Decided!.Pool.ShouldBe("two");
        DeploymentDecision.Decide(running).Decided!.Pool.ShouldBe("one");
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
        WantedReplicas.Of(entity.Spec, null, Now).ShouldBe(2);
        WantedReplicas.Of(entity.Spec, 3, Now).ShouldBe(3);
        WantedReplicas.Of(entity.Spec, 9, Now).ShouldBe(4);
        WantedReplicas.Of(entity.Spec, 3, Now, decided: 4).ShouldBe(4);
        WantedReplicas.Of(entity.Spec with { Autoscaling = entity.Spec.Autoscaling! with { Mode = AutoscalingMode.Recommend } }, 3, Now, decided: 4).ShouldBe(3);
        DeploymentFieldsNotInEffect.Of(entity.Spec, hasPrometheus: true).ShouldBeEmpty();
        DeploymentFieldsNotInEffect.Of(entity.Spec).ShouldHaveSingleItem().ShouldStartWith("spec.autoscaling (the operator has no Prometheus");
    }

    [Fact]
    public void What_a_schedule_brought_about_outlives_a_restart_of_the_operator()
    {
        // Now is noon.
        AutoscalingSchedule From(string start, int? min, int? max) => new() { Name = "s", Start = start, Duration = TimeSpan.FromHours(8), MinReplicas = min, MaxReplicas = max };
        NemotronDeploymentSpec Spec(AutoscalingMode mode, AutoscalingSchedule schedule) =>
            new() { Model = ModelTier.Nano, Autoscaling = new AutoscalingSpec { Mode = mode, MinReplicas = 4, MaxReplicas = 8, Schedules = [schedule] } };

        var day = Spec(AutoscalingMode.Auto, From("0 8 * * *", 20, 20));
        WantedReplicas.Of(day, 20, Now).ShouldBe(20);
        WantedReplicas.Of(day, 20, Now.AddHours(8)).ShouldBe(8);
        WantedReplicas.Of(Spec(AutoscalingMode.Auto, From("0 8 * * *", null, 2)), 2, Now).ShouldBe(2);
        // The autoscaler holds it to the bounds within a tick; a number that is frozen it leaves.
        WantedReplicas.Of(day, 20, Now.AddHours(8), undecided: true).ShouldBe(20);
        WantedReplicas.Of(day, null, Now, undecided: true).ShouldBe(4);
        var recommended = Spec(AutoscalingMode.Recommend, From("0 8 * * *", 20, 20));
        WantedReplicas.Of(recommended, 6, Now, undecided: true).ShouldBe(6);
        WantedReplicas.Of(recommended, 20, Now).ShouldBe(20);
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
    public void A_hybrid_is_started_with_no_more_sequences_than_there_is_state_for()
    {
        static DeploymentDecision Decide(int? context, int? sequences) => DeploymentDecision.Decide(Seen(
            ADeployment("h", new() { ModelRef = new() { Name = "Nemotron-Nano-9B-v2" }, TensorParallel = 1, Checkpoint = Trusted, MaxContextTokens = context, MaxConcurrentRequests = sequences }),
            Pool("h100", ANode("n"))));

        foreach (int? context in new int?[] { null, 131_072 })
        {
            var unasked = Decide(context, null);
            var state = unasked.Decided!.MaxSequences * unasked.Plan!.StateBytesPerSequence;
            (state + unasked.Plan.KvTokens * unasked.Plan.KvBytesPerToken).ShouldBeLessThanOrEqualTo(unasked.Plan.CacheBudgetBytes);
            unasked.Decided.ContextTokens.ShouldBe(131_072);
        }

        Decide(null, 16).Plan!.Request.Concurrency.ShouldBe(16);
        var refused = Decide(null, 512).Refused!;
        refused.Reason.ShouldBe(ConditionReasons.DoesNotFit);
        refused.Message.ShouldStartWith("spec.maxConcurrentRequests: ");
        refused.Message.ShouldContain("spec.maxConcurrentRequests to ");
    }

    [Theory]
    [InlineData(5, 3, 6)]
    [InlineData(null, null, null)]
    public void With_pipeline_stages_each_has_its_share_of_the_sequences(int? asked, int? batch, int? planned)
    {
        var entity = ADeployment("h", new()
        {
            ModelRef = new() { Name = "Nemotron-H-8B" }, TensorParallel = 1, PipelineParallel = 2, MaxContextTokens = 8192, MaxConcurrentRequests = asked, Checkpoint = Trusted,
        });
        var decision = DeploymentDecision.Decide(Seen(entity, Pool("h100", ANode("n"))));
        var sequences = decision.Decided!.MaxSequences;
        if (asked is not null) sequences.ShouldBe(asked.Value);
        decision.Plan!.Request.Concurrency.ShouldBe(planned ?? sequences);
        var arguments = decision.Decided.Launch.Command.Concat(decision.Decided.Launch.Args).ToList();
        arguments[arguments.IndexOf("--max_batch_size") + 1].ShouldBe($"{batch ?? sequences / 2}");
        sequences.ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("nvidia/Nemotron-H-8B-Base-8K", 8192)]
    [InlineData("nvidia/Nemotron-H-8B-Reasoning-128K", 131_072)]
    [InlineData("mine/Nemotron-H-8B", 131_072)]
    public void A_checkpoint_is_started_with_the_context_that_it_was_made_for(string id, int tokens)
    {
        DeploymentDecision Decide(int? context) => DeploymentDecision.Decide(Seen(
            ADeployment("h", new() { ModelRef = new() { Name = "Nemotron-H-8B" }, MaxContextTokens = context, Checkpoint = Trusted with { HuggingFace = new() { Id = id } } }),
            Pool("h100", ANode("n"))));
        Decide(null).Decided!.ContextTokens.ShouldBe(tokens);
        Decide(16_384).Plan!.Findings.Any(finding => finding.Kind == Nemotron.Planning.PlanFindingKind.ContextBeyondModel).ShouldBe(tokens < 16_384);
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
    public void A_node_of_a_rack_that_has_not_got_its_label_yet_changes_no_pod()
    {
        var entity = ADeployment("u", new() { Model = ModelTier.Ultra, TensorParallel = 8, Checkpoint = Trusted });
        NodeView Rack(string name) => ANode(name, 4, "NVIDIA-GB200", 189471);
        NodeView Labelled(string name) => Rack(name).Label(NodeView.CliqueLabel, "rack-1");
        string Hash(params NodeView[] nodes) => EngineGroups.Build(entity, DeploymentDecision.Decide(Seen(entity, Pool("gb200", nodes))).Decided!, null).Metadata.Annotations[ChildLabels.TemplateHash];
        Hash(Labelled("a"), Labelled("b"), Rack("c")).ShouldBe(Hash(Labelled("a"), Labelled("b")));
        Hash(Rack("a"), Rack("b")).ShouldNotBe(Hash(Labelled("a"), Labelled("b")));
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

    [Fact]
    public void With_Auto_the_old_ones_go_first_after_all_once_the_new_one_has_found_no_place()
    {
        var entity = ADeployment("n");
        var snapshot = Seen(entity, Pool("h100", ANode("a")));
        var live = EngineDeployment.Build(entity, DeploymentDecision.Decide(snapshot).Decided!, null);
        live.Spec.Strategy.RollingUpdate.MaxSurge.Value.ShouldBe("1");
        // One more than wanted, and it waits: somebody else took the GPUs meanwhile.
        live.Status = new V1DeploymentStatus { Replicas = 2, UpdatedReplicas = 1 };
        var waits = APod("n-new", unschedulable: "0/1 nodes").Of("n");
        waits.Metadata.CreationTimestamp = Now.UtcDateTime;
        V1Deployment After(int seconds, V1Deployment was, ProvisionerType? grows = null)
        {
            var pool = new PoolState(APool("h100").With(spec => spec with { MaxNodes = 2, Provisioner = grows is { } type ? new ProvisionerSpec { Type = type } : null }), [ANode("a").ToNodeState(8)]);
            var decided = DeploymentDecision.Decide(Seen(entity, pool) with { Live = was, Pods = [APod("n-old", ready: true, node: "a").Of("n"), waits], Now = Now.AddSeconds(seconds) }).Decided!;
            decided.SurgeStall.Due.ShouldBe(seconds < 60 && grows is null ? Now.AddMinutes(1) : null);
            return EngineDeployment.Build(entity, decided, was);
        }

        string Pace(V1Deployment deployment) => $"{deployment.Spec.Strategy.RollingUpdate.MaxSurge.Value}/{deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value}";
        Pace(After(59, live)).ShouldBe("1/0");
        Pace(After(60, live, ProvisionerType.Scale)).ShouldBe("1/0", "a node is to come");
        var drains = After(60, live);
        Pace(drains).ShouldBe("0/1");
        // For the rest of this change.
        drains.Status = live.Status;
        Pace(EngineDeployment.Build(entity, DeploymentDecision.Decide(snapshot with { Live = drains }).Decided!, drains)).ShouldBe("0/1");
        // More than there is room for, and no change under way: no reason to write.
        live.Status = new V1DeploymentStatus { Replicas = 2, UpdatedReplicas = 2 };
        var decided = DeploymentDecision.Decide(snapshot with { Live = live, Pods = [waits], Now = Now.AddMinutes(5) }).Decided!;
        Pace(EngineDeployment.Build(entity, decided, live)).ShouldBe("1/0");
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

    [Theory]
    [InlineData("64Gi", false)]
    [InlineData("100Ei", true)]
    [InlineData("1e30", true)]
    [InlineData("-1Gi", true)]
    public void Host_memory_that_no_node_has_is_refused_with_its_path(string offload, bool refused)
    {
        var entity = ADeployment("n", new() { Model = ModelTier.Nano, KvCache = new KvCacheSpec { HostOffload = new ResourceQuantity(offload) } });
        var refusal = DeploymentDecision.Decide(Seen(entity, Pool("p", ANode("n")))).Refused;
        if (refused) refusal.ShouldNotBeNull().Message.ShouldStartWith("spec.kvCache.hostOffload: ");
        else refusal.ShouldBeNull();
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
