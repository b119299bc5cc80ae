using Nemotron.Controllers.Admission;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Fleets;

/// <summary>What a namespace may have, at admission: refused with the numbers, and never in the way of asking for less.</summary>
public class NamespaceQuotaTests
{
    private readonly FleetCluster _cluster = new(8, 8);

    public NamespaceQuotaTests() => _cluster.Fleet(change: spec => spec with { NamespaceQuotas = [new NamespaceQuota { Namespace = "models", Gpus = 6 }] });

    [Fact]
    public void More_than_the_quota_is_refused_with_the_numbers()
    {
        _cluster.Deployment("first", 2, 2);
        var second = New(1, 4);
        Refusal(null, second).ShouldBe(
            "spec.replicas: 4 replicas of 1 GPUs are 4, but namespace models may have 6 GPUs of NemotronFleet prod, and its other NemotronDeployments ask for 4 of them. "
            + "2 replicas would fit; or raise spec.namespaceQuotas of the fleet.");
        Refusal(null, New(1, 2)).ShouldBeNull();
    }

    [Fact]
    public void Who_asks_for_less_than_before_is_not_refused_whatever_the_quota_has_become()
    {
        _cluster.Deployment("first", 2, 3);
        Refusal(New(1, 9), New(1, 8)).ShouldBeNull();
        Refusal(New(1, 8), New(1, 9)).ShouldNotBeNull();
    }

    [Fact]
    public void An_autoscaler_counts_by_its_least()
    {
        var scaled = New(1, 1);
        scaled.Spec = scaled.Spec with { Replicas = null, Autoscaling = new AutoscalingSpec { MinReplicas = 7, MaxReplicas = 9 } };
        Refusal(null, scaled).ShouldStartWith("spec.autoscaling.minReplicas: 7 replicas");
        scaled.Spec = scaled.Spec with { Autoscaling = new AutoscalingSpec { MinReplicas = 1, MaxReplicas = 90 } };
        Refusal(null, scaled).ShouldBeNull();
    }

    [Fact]
    public void Who_asks_for_nothing_is_not_refused_though_others_are_beyond_the_quota()
    {
        _cluster.Deployment("first", 2, 9);
        Refusal(null, New(1, 1)).ShouldNotBeNull();
        Refusal(null, New(1, 0)).ShouldBeNull();
        var nowhere = New(1, 1);
        nowhere.Spec = nowhere.Spec with { NodePool = "none" };
        Refusal(null, nowhere).ShouldBeNull("without a place there is nothing to count");
    }

    private string? Refusal(NemotronDeployment? old, NemotronDeployment entity) =>
        new NamespaceQuotas(_cluster.Harness.Membership, _cluster.DeploymentCache, _cluster.Harness.Snapshots).Refusal(old, entity);

    private static NemotronDeployment New(int gpus, int replicas) =>
        ADeployment("second", new() { Model = ModelTier.Nano, NodePool = "h100", TensorParallel = gpus, Replicas = replicas });
}
