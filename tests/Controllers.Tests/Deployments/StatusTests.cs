using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

public class StatusTests
{
    [Theory]
    [InlineData(0, 0, 1, "False", ConditionReasons.Loading)]
    [InlineData(1, 1, 1, "True", ConditionReasons.Serving)]
    [InlineData(1, 2, 2, "False", ConditionReasons.PartiallyReady)]
    [InlineData(0, 0, 0, "True", ConditionReasons.ScaledToZero)]
    public void Ready_says_how_many_serve(int ready, int existing, int wanted, string status, string reason)
    {
        var pods = Enumerable.Range(0, existing).Select(i => APod($"p{i}", ready: i < ready, node: "n")).ToArray();
        var condition = Condition(Status(wanted, pods), ConditionTypes.Ready);
        condition.Status.ShouldBe(status);
        condition.Reason.ShouldBe(reason);
    }

    [Fact]
    public void A_pod_without_a_place_is_told_in_the_schedulers_words()
    {
        var condition = Condition(Status(1, APod("p", unschedulable: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.")), ConditionTypes.CapacityAvailable);
        condition.Status.ShouldBe("False");
        condition.Reason.ShouldBe(ConditionReasons.InsufficientGpus);
        condition.Message.ShouldContain("1 of 1 replicas have no place: each needs 1 free GPUs");
        condition.Message.ShouldContain("3 Insufficient nvidia.com/gpu");
    }

    [Fact]
    public void A_container_that_does_not_start_is_named()
    {
        var pod = APod("p", node: "n");
        pod.Status!.ContainerStatuses = [new ContainerStatusView { State = new ContainerStateView { Waiting = new WaitingView { Reason = "ImagePullBackOff", Message = "no such image" } } }];
        var condition = Condition(Status(1, pod), ConditionTypes.Ready);
        condition.Reason.ShouldBe(ConditionReasons.Degraded);
        condition.Message.ShouldContain("p: ImagePullBackOff: no such image");
    }

    [Fact]
    public void A_refused_change_leaves_what_serves_and_says_why()
    {
        var entity = ADeployment("n", new() { ModelRef = new ModelReference { Name = "Nope" }, Replicas = 1 });
        var snapshot = Seen(entity, Pool("p", ANode("n"))) with { Pods = [APod("p", ready: true, node: "n")], Live = new V1Deployment { Metadata = new V1ObjectMeta { Name = "n" }, Spec = new V1DeploymentSpec { Replicas = 1 } } };
        var status = DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _);
        Condition(status, ConditionTypes.Accepted).Status.ShouldBe("False");
        Condition(status, ConditionTypes.Ready).Status.ShouldBe("True");
        status.ReadyReplicas.ShouldBe(1);
    }

    [Fact]
    public void A_transition_time_moves_with_the_answer_only()
    {
        var entity = ADeployment("n");
        var snapshot = Seen(entity, Pool("p", ANode("n")));
        entity.Status = DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out var first);
        first.ShouldNotBeEmpty();

        var later = snapshot with { Now = Now.AddMinutes(5) };
        var same = DeploymentStatus.Of(later, DeploymentDecision.Decide(later), null, out var changed);
        changed.ShouldBeEmpty();
        k8s.KubernetesJson.Serialize(same).ShouldBe(k8s.KubernetesJson.Serialize(entity.Status));

        var ready = later with { Pods = [APod("p", ready: true, node: "n")] };
        var serving = DeploymentStatus.Of(ready, DeploymentDecision.Decide(ready), null, out changed);
        changed.Select(condition => condition.Type).ShouldContain(ConditionTypes.Ready);
        Condition(serving, ConditionTypes.Ready).LastTransitionTime.ShouldBe(Now.AddMinutes(5).UtcDateTime);
        Condition(serving, ConditionTypes.Accepted).LastTransitionTime.ShouldBe(Now.UtcDateTime);
    }

    [Fact]
    public void The_plan_is_told_line_by_line() =>
        Status(1).Plan!.Lines!.ShouldContain(line => line.StartsWith("GPU memory: 85520809984 bytes (79.65 GiB); ", StringComparison.Ordinal));

    [Fact]
    public void Fields_that_nothing_acts_on_are_named()
    {
        var spec = new NemotronDeploymentSpec { Model = ModelTier.Nano, Priority = 5, Reasoning = new ReasoningSpec { Default = ReasoningMode.On }, Gateway = new GatewaySpec { Enabled = false } };
        var snapshot = Seen(ADeployment("n", spec), Pool("p", ANode("n")));
        var condition = Condition(DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _), ConditionTypes.AllFieldsInEffect);
        condition.Status.ShouldBe("False");
        condition.Message.ShouldContain("spec.priority (no NemotronFleet selects the deployment), spec.reasoning");
    }

    private static NemotronDeploymentStatus Status(int wanted, params PodView[] pods)
    {
        var snapshot = Seen(ADeployment("n", new() { Model = ModelTier.Nano, Replicas = wanted }), Pool("p", ANode("n"))) with { Pods = pods };
        return DeploymentStatus.Of(snapshot, DeploymentDecision.Decide(snapshot), null, out _);
    }

    private static V1Condition Condition(NemotronDeploymentStatus status, string type) => status.Conditions!.Single(condition => condition.Type == type);
}
