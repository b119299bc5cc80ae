using Nemotron.Controllers.Admission;
using Nemotron.Controllers.Deployments;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Admission;

/// <summary>What a person reads: the field, the numbers, the smallest changes that would fit.</summary>
public class RefusalTests
{
    [Fact]
    public void Too_few_GPUs_name_the_degree_that_holds_it_and_the_precision_that_would()
    {
        var message = Refusal(new() { Model = ModelTier.Super, TensorParallel = 1 }, Pool("h100", ANode("n")));
        message.ShouldStartWith("spec.tensorParallel: on the GPUs of pool h100, ");
        message.ShouldContain("leave nothing of 79.65 GiB for the KV cache");
        message.ShouldEndWith("Set spec.tensorParallel to 2, or spec.precision to FP8.");
    }

    [Fact]
    public void Too_long_a_context_names_the_longest_that_fits()
    {
        var message = Refusal(new() { Model = ModelTier.Nano, TensorParallel = 1, MaxContextTokens = 131_072, MaxConcurrentRequests = 64 }, Pool("h100", ANode("n")));
        message.ShouldStartWith("spec.maxContextTokens: on the GPUs of pool h100, memory holds ");
        message.ShouldMatch(@"Set spec\.maxContextTokens to \d+, or spec\.maxConcurrentRequests to \d+");
    }

    [Fact]
    public void Another_pool_is_named_where_it_fits_as_it_is()
    {
        var message = Refusal(
            new() { Model = ModelTier.Super, TensorParallel = 1, NodePool = "h100", Checkpoint = new CheckpointSpec { Path = "/weights" } },
            Pool("h100", ANode("n", 1)), Pool("b200", ANode("m", product: "NVIDIA-B200", memory: 183359)));
        message.ShouldEndWith("Set spec.nodePool to b200.");
    }

    [Fact]
    public void What_no_change_of_one_field_mends_says_so() =>
        Refusal(new() { Model = ModelTier.Ultra, TensorParallel = 1 }, Pool("l4", ANode("n", 1, "NVIDIA-L4", 23034)))
            .ShouldEndWith("No change of one field makes it fit there: choose a smaller model, or a pool whose GPUs have more memory.");

    [Fact]
    public void A_precision_that_the_GPU_cannot_compute_names_one_that_it_can() =>
        Refusal(new() { Model = ModelTier.Nano, Precision = Precision.FP8, Checkpoint = new CheckpointSpec { Path = "/weights" } }, Pool("a100", ANode("n", product: "NVIDIA-A100-SXM4-80GB", memory: 81920)))
            .ShouldStartWith("spec.precision: on the GPUs of pool a100, FP8 weights need compute capability 8.9; ");

    [Fact]
    public void An_unknown_model_names_the_nearest()
    {
        var message = Refusal(new() { ModelRef = new ModelReference { Name = "supr" } });
        message.ShouldStartWith("spec.modelRef.name: ");
        message.ShouldContain("super");
        message.ShouldContain("or create a NemotronModel \"supr\"");
    }

    [Fact]
    public void What_no_pool_can_hold_is_refused_and_what_a_pool_to_come_might_is_not()
    {
        var spec = new NemotronDeploymentSpec { Model = ModelTier.Ultra, TensorParallel = 1 };
        Refusal(spec, Pool("a", ANode("n")), Pool("b", ANode("m"))).ShouldStartWith("No pool has a place. spec.tensorParallel: on the GPUs of pool a, ");
        var open = DeploymentAdmission.Judge(Seen(ADeployment("n", spec), Pool("a", ANode("n")), Pool("b")));
        open.Refusal.ShouldBeNull();
        open.Warnings.ShouldContain(warning => warning.Contains("Pool b has no node with GPUs", StringComparison.Ordinal));
    }

    [Fact]
    public void Pools_nodes_and_free_GPUs_that_are_not_there_yet_are_warnings()
    {
        Warnings(new() { Model = ModelTier.Nano, NodePool = "gold" }).ShouldHaveSingleItem().ShouldStartWith("spec.nodePool: there is no GpuNodePool \"gold\".");
        Warnings(new() { Model = ModelTier.Nano }, Pool("h100")).ShouldHaveSingleItem().ShouldStartWith("Pool h100 has no node with GPUs");
        Warnings(new() { Model = ModelTier.Nano, TensorParallel = 4, Replicas = 3 }, Pool("h100", ANode("n"))).ShouldHaveSingleItem().ShouldBe(
            "Pool h100 has room for 2 more replicas of 4 GPUs now, and 3 are to be started: the others wait until GPUs come free or nodes are added.");
        Warnings(new() { Model = ModelTier.Nano, TensorParallel = 4, Replicas = 2 }, Pool("h100", ANode("n"))).ShouldBeEmpty();
    }

    [Fact]
    public void Replicas_over_several_nodes_are_counted_as_replicas_with_the_room_that_they_take()
    {
        var ultra = ADeployment("u", new() { Model = ModelTier.Ultra, TensorParallel = 16, Replicas = 2, Checkpoint = Trusted });
        DeploymentAdmission.Judge(Seen(ultra, Pool("h100", ANode("a"), ANode("b"), ANode("c"), ANode("d")))).Warnings.ShouldBeEmpty();
        var half = Seen(ultra, new PoolState(APool("h100"), [ANode("a").ToNodeState(8), ANode("b").ToNodeState(8), ANode("c").ToNodeState(0)])) with
        {
            Pods = [APod("u-group-0", node: "a").InGroup("u-group", 0), APod("u-group-0-1", node: "b").InGroup("u-group", 0, worker: true)],
        };
        DeploymentAdmission.Judge(half).Warnings.ShouldHaveSingleItem().ShouldStartWith("Pool h100 has room for 0 more replicas of 16 GPUs now, and 1 are to be started");
    }

    [Fact]
    public void Replicas_that_have_their_GPUs_are_not_counted_as_missing()
    {
        var snapshot = Seen(ADeployment("n", new() { Model = ModelTier.Nano, TensorParallel = 4, Replicas = 2 }), new PoolState(APool("h100"), [ANode("n").ToNodeState(8)]));
        DeploymentAdmission.Judge(snapshot).Warnings.ShouldHaveSingleItem();
        DeploymentAdmission.Judge(snapshot with { Pods = [APod("p", node: "n"), APod("q", node: "n")] }).Warnings.ShouldBeEmpty();
    }

    [Fact]
    public void Fields_without_effect_are_named() =>
        Warnings(new() { Model = ModelTier.Nano, Priority = 7 }, Pool("h100", ANode("n"))).ShouldHaveSingleItem().ShouldContain("spec.priority");

    private static string Refusal(NemotronDeploymentSpec spec, params PoolState[] pools) => DeploymentAdmission.Judge(Seen(ADeployment("n", spec), pools)).Refusal.ShouldNotBeNull();

    private static IReadOnlyList<string> Warnings(NemotronDeploymentSpec spec, params PoolState[] pools)
    {
        var verdict = DeploymentAdmission.Judge(Seen(ADeployment("n", spec), pools));
        verdict.Refusal.ShouldBeNull();
        return verdict.Warnings;
    }
}
