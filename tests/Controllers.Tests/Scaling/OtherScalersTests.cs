using k8s.Models;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>A number of replicas has one owner: autoscalers of others on the same object, or past it, are found and told.</summary>
public class OtherScalersTests
{
    private static readonly NemotronDeployment Scaled = ADeployment("nano", new() { Model = ModelTier.Nano, Autoscaling = new AutoscalingSpec { MaxReplicas = 4 } });
    private static readonly NemotronDeployment Manual = ADeployment("nano", new() { Model = ModelTier.Nano, Replicas = 2 });

    [Theory]
    [InlineData(NemotronApi.GroupVersion, "NemotronDeployment", "nano", true)]
    [InlineData("apps/v1", "Deployment", "nano", true)]
    [InlineData("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "nano-group", true)]
    [InlineData("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "nano", false)]
    [InlineData("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "-group", false)]
    [InlineData("apps/v1", "StatefulSet", "nano", false)]
    [InlineData("apps/v1", "Deployment", "nano-2", false)]
    [InlineData("other.example/v1", "Deployment", "nano", false)]
    [InlineData("other.example/v1", "NemotronDeployment", "nano", false)]
    public void A_target_is_ours_by_group_kind_and_name(string apiVersion, string kind, string name, bool ours) =>
        OtherScalers.Of(Scaled, [Hpa("x", apiVersion, kind, name)]).Count.ShouldBe(ours ? 1 : 0);

    [Fact]
    public void One_of_another_namespace_or_on_its_way_out_claims_nothing()
    {
        var elsewhere = Hpa("x", "apps/v1", "Deployment", "nano");
        elsewhere.Metadata.NamespaceProperty = "elsewhere";
        var leaving = Hpa("y", "apps/v1", "Deployment", "nano");
        leaving.Metadata.DeletionTimestamp = Now.UtcDateTime;
        OtherScalers.Of(Scaled, [elsewhere, leaving, new HorizontalPodAutoscalerView { Metadata = new V1ObjectMeta { Name = "z", NamespaceProperty = "models" } }]).ShouldBeEmpty();
    }

    [Fact]
    public void The_HPA_that_KEDA_makes_is_told_as_its_ScaledObject()
    {
        var keda = new ScaledObjectView
        {
            Metadata = new V1ObjectMeta { Name = "nano", NamespaceProperty = "models" },
            // KEDA takes a target without a kind for a Deployment.
            Spec = new ScalerViewSpec { ScaleTargetRef = new ScaleTargetView(null, null, "nano") },
        };
        var made = Hpa("keda-hpa-nano", "apps/v1", "Deployment", "nano");
        made.Metadata.OwnerReferences = [new V1OwnerReference { Kind = "ScaledObject", Name = "nano" }];
        OtherScalers.Of(Scaled, [made, keda]).ShouldHaveSingleItem().ToString().ShouldBe("ScaledObject nano (which scales Deployment nano)");
    }

    [Fact]
    public void With_autoscaling_any_is_a_conflict_and_without_only_what_the_operator_would_undo()
    {
        OtherScaler onUs = new("HorizontalPodAutoscaler", "a", "NemotronDeployment", "nano"), onChild = new("HorizontalPodAutoscaler", "b", "Deployment", "nano");
        OtherScalers.Conflict(Scaled.Spec, []).ShouldBeNull();
        OtherScalers.Conflict(Scaled.Spec, [onUs])!.ShouldContain("Delete that, or replace spec.autoscaling with spec.replicas");
        OtherScalers.Conflict(Manual.Spec, [onUs]).ShouldBeNull("that is what /scale is for");
        OtherScalers.Conflict(Manual.Spec, [onChild])!.ShouldContain("Let its scaleTargetRef name the NemotronDeployment");
        OtherScalers.Conflict(Manual.Spec, [onUs, onUs with { Name = "c" }])!.ShouldStartWith("Several autoscalers own the number of replicas");
    }

    [Fact]
    public async Task The_condition_says_so_with_an_event_and_takes_it_back()
    {
        var cluster = new ReconcilerHarness();
        cluster.Pools.Objects.Add(APool("h100"));
        cluster.Nodes.Objects.Add(ANode("a"));
        var nano = ADeployment("nano", new() { Model = ModelTier.Nano, NodePool = "h100", Autoscaling = new AutoscalingSpec { MaxReplicas = 4 } });
        await cluster.ReconcileAsync(nano);
        cluster.Status.Condition(ConditionTypes.ScalingOwned).ShouldBe(("True", ConditionReasons.SoleScaler));

        cluster.Autoscalers.Objects.Add(Hpa("nano", "apps/v1", "Deployment", "nano"));
        await cluster.ReconcileAsync(nano);
        cluster.Status.Condition(ConditionTypes.ScalingOwned).ShouldBe(("False", ConditionReasons.AnotherScaler));
        cluster.Events.ShouldContain(told => told.StartsWith("Warning AnotherScaler: spec.autoscaling owns the number of replicas, and so does HorizontalPodAutoscaler nano", StringComparison.Ordinal));

        cluster.Autoscalers.Objects.Clear();
        await cluster.ReconcileAsync(nano);
        cluster.Status.Condition(ConditionTypes.ScalingOwned).ShouldBe(("True", ConditionReasons.SoleScaler));
    }

    private static HorizontalPodAutoscalerView Hpa(string name, string apiVersion, string kind, string target) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "models" },
        Spec = new ScalerViewSpec { ScaleTargetRef = new ScaleTargetView(apiVersion, kind, target) },
    };
}
