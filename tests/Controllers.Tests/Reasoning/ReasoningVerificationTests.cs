using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Reasoning;

/// <summary>When a replica is to be asked, and what the condition says before and after.</summary>
public class ReasoningVerificationTests
{
    private static readonly NemotronDeploymentSpec Nano = new() { Model = ModelTier.Nano, Replicas = 1 };

    [Fact]
    public async Task A_replica_is_asked_once_the_rollout_is_done_and_not_again_when_it_is_settled()
    {
        var scene = await Scene.StartAsync(Nano);
        scene.Order().ShouldBeNull("no pod is there");
        scene.Condition().Reason.ShouldBe(ConditionReasons.Pending);

        scene.RollOut();
        var order = scene.Order()!;
        order.Pod.ShouldBe("p");
        order.Address.ShouldBe("127.9.0.1");
        order.Model.ShouldBe("nvidia/Llama-3.1-Nemotron-Nano-8B-v1");
        order.Mark.ShouldBe($"{scene.Template}-{order.Settings.Revision}");

        scene.Settle(new ProbeOutcome(ProbeResult.Held, "It did."));
        scene.Condition().ShouldSatisfyAllConditions(
            condition => condition.Status.ShouldBe("True"), condition => condition.Reason.ShouldBe(ConditionReasons.Verified), condition => condition.Message.ShouldBe("It did."));
        scene.Order().ShouldBeNull("the status has the answer");
        // Also when pods come and go, and after a restart of the operator, which remembers nothing.
        scene.Harness.Pods.Objects.Clear();
        scene.Settle(null);
        scene.Condition().Reason.ShouldBe(ConditionReasons.Verified);
    }

    [Fact]
    public async Task Other_settings_and_other_templates_are_asked_anew()
    {
        var scene = await Scene.StartAsync(Nano);
        scene.RollOut();
        scene.Settle(new ProbeOutcome(ProbeResult.NotHeld, "It did not."));
        scene.Condition().Reason.ShouldBe(ConditionReasons.ModeMismatch);
        scene.Condition().Status.ShouldBe("False");
        scene.Order().ShouldBeNull();

        var before = scene.Template;
        await scene.ChangeAsync(Nano with { Reasoning = new ReasoningSpec { Default = ReasoningMode.On } });
        scene.Template.ShouldBe(before);
        scene.Order().ShouldNotBeNull("the settings are others, the pods are the same");
        scene.Settle(null);
        scene.Condition().ShouldSatisfyAllConditions(condition => condition.Status.ShouldBe("Unknown"), condition => condition.Reason.ShouldBe(ConditionReasons.Pending));

        await scene.ChangeAsync(Nano with { MaxConcurrentRequests = 3 });
        scene.Template.ShouldNotBe(before);
        scene.Order().ShouldBeNull("the pods of the new template are not there yet");
    }

    [Fact]
    public async Task Who_is_not_reached_leaves_the_status_as_it_was()
    {
        var scene = await Scene.StartAsync(Nano);
        scene.RollOut();
        scene.Settle(null);
        var before = k8s.KubernetesJson.Serialize(scene.Entity.Status);
        scene.Settle(new ProbeOutcome(ProbeResult.NotReached, "Connection refused"));
        scene.Settle(new ProbeOutcome(ProbeResult.SettingsOnTheirWay, "Not yet."));
        k8s.KubernetesJson.Serialize(scene.Entity.Status).ShouldBe(before);
    }

    [Theory]
    [InlineData("gateway", "Unknown", ConditionReasons.GatewayDisabled)]
    [InlineData("triton", "Unknown", ConditionReasons.NotImplemented)]
    [InlineData("base", "True", ConditionReasons.NoReasoningMode)]
    [InlineData("gate", "Unknown", ConditionReasons.ProbeLeftOut)]
    public async Task Where_there_is_nothing_to_ask_the_condition_says_why(string what, string status, string reason)
    {
        var scene = await Scene.StartAsync(what switch
        {
            "gateway" => Nano with { Gateway = new GatewaySpec { Enabled = false } },
            "triton" => Nano with { Model = null, ModelRef = new ModelReference { Name = "llama-3.1-8b" }, Engine = new EngineSpec { Type = EngineKind.Triton } },
            "base" => Nano with { Model = null, ModelRef = new ModelReference { Name = "nemotron-h-56b" }, Checkpoint = Trusted },
            _ => Nano with { Rollout = new RolloutSpec { Gates = new RolloutGates { ReasoningVerified = false } } },
        });
        scene.RollOut();
        scene.Order().ShouldBeNull();
        scene.Settle(null);
        scene.Condition().Status.ShouldBe(status);
        scene.Condition().Reason.ShouldBe(reason);
    }

    private sealed class Scene(NemotronDeployment entity)
    {
        public NemotronDeployment Entity => entity;

        public ReconcilerHarness Harness { get; } = new();

        public string Template => Harness.Deployments.Objects.Single().Metadata.Annotations[ChildLabels.TemplateHash];

        private DeploymentSnapshot Snapshot => Seen(entity, Pool("h100", ANode("a"))) with { Live = Harness.Deployments.Objects.Single(), Pods = [.. Harness.Pods.Objects] };

        public static async Task<Scene> StartAsync(NemotronDeploymentSpec spec)
        {
            var scene = new Scene(ADeployment("n", spec));
            scene.Harness.Pools.Objects.Add(APool("h100"));
            scene.Harness.Nodes.Objects.Add(ANode("a"));
            await scene.Harness.ReconcileAsync(scene.Entity);
            return scene;
        }

        public async Task ChangeAsync(NemotronDeploymentSpec spec)
        {
            var (template, status) = (Template, Harness.Deployments.Objects.Single().Status);
            entity.Spec = spec;
            entity.Metadata.Generation++;
            await Harness.ReconcileAsync(entity);
            // As the API server has it: another template is another generation, which its controller has not seen yet.
            var live = Harness.Deployments.Objects.Single();
            live.Metadata.Generation = Template == template ? 1 : 2;
            live.Status = status;
        }

        public void RollOut()
        {
            Harness.Deployments.Objects.Single().Status = new k8s.Models.V1DeploymentStatus { UpdatedReplicas = 1, ObservedGeneration = 1 };
            var pod = APod("p", ready: true, node: "a").Of("n");
            pod.Status!.PodIP = "127.9.0.1";
            Harness.Pods.Objects.Clear();
            Harness.Pods.Objects.Add(pod);
        }

        public ProbeOrder? Order() => ReasoningVerification.Order(Snapshot, DeploymentDecision.Decide(Snapshot).Decided, Template);

        public void Settle(ProbeOutcome? outcome)
        {
            var decision = DeploymentDecision.Decide(Snapshot);
            entity.Status = DeploymentStatus.Of(Snapshot, decision, null, out _, new ReasoningVerification(ReasoningVerification.MarkOf(Template, decision.Decided), outcome));
        }

        public k8s.Models.V1Condition Condition() => entity.Status!.Conditions!.Single(condition => condition.Type == ConditionTypes.ReasoningVerified);
    }
}
