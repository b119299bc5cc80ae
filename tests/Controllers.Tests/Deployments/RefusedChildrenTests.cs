using System.Net;
using k8s.Autorest;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>What the API server does not take is told in the status, and tried again.</summary>
public class RefusedChildrenTests
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    private readonly ReconcilerHarness _cluster = new();

    private readonly NemotronDeployment _nano = ADeployment("nano");

    public RefusedChildrenTests()
    {
        _cluster.Pools.Objects.Add(APool("h100").With(spec => spec with { WeightCache = new WeightCacheSpec { HostPath = "/mnt/weights" } }));
        _cluster.Nodes.Objects.Add(ANode("a"));
    }

    [Theory]
    [InlineData(HttpStatusCode.UnprocessableEntity)]
    [InlineData(HttpStatusCode.BadRequest)]
    public async Task What_the_API_server_finds_invalid_is_told_in_its_words_until_it_is_mended(HttpStatusCode status)
    {
        _cluster.Refusing["Deployment"] = Answer(status, "Deployment.apps \"nano\" is invalid: spec.template.spec.containers[0].resources.requests: must be less than or equal to cpu limit");
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        var (met, reason, message) = Accepted();
        (met, reason).ShouldBe(("False", ConditionReasons.InvalidField));
        message.ShouldEndWith("resources.requests: must be less than or equal to cpu limit. Correct what the spec says of it.");
        _cluster.Events.ShouldContain(text => text.StartsWith("Warning InvalidField:", StringComparison.Ordinal));

        _cluster.Refusing.Clear();
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBeNull();
        Accepted().Met.ShouldBe("True");
    }

    [Fact]
    public async Task What_a_quota_or_a_policy_forbids_is_told_until_it_lets_it_through()
    {
        _cluster.Refusing["Service"] = Answer(HttpStatusCode.Forbidden, "services \"nano\" is forbidden: exceeded quota: few, requested: count/services=1, used: count/services=3, limited: count/services=3");
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        (Accepted().Met, Accepted().Reason).ShouldBe(("False", ConditionReasons.Forbidden));
        Accepted().Message.ShouldContain("exceeded quota: few");
        _cluster.Events.ShouldContain(text => text.StartsWith("Warning Forbidden:", StringComparison.Ordinal));

        _cluster.Refusing.Clear();
        await _cluster.ReconcileAsync(_nano);
        Accepted().Met.ShouldBe("True");
    }

    [Fact]
    public async Task A_server_that_is_at_fault_is_the_queues_business()
    {
        _cluster.Refusing["Deployment"] = Answer(HttpStatusCode.InternalServerError, "etcd");
        await Should.ThrowAsync<HttpOperationException>(_cluster.ReconcileAsync(_nano));
    }

    [Theory]
    [InlineData("Service")]
    [InlineData("Job")]
    public async Task A_name_that_is_taken_is_looked_at_again_since_nobody_tells_when_it_comes_free(string kind)
    {
        if (kind == "Job") _nano.Spec = _nano.Spec with { Checkpoint = new CheckpointSpec { Cache = CheckpointCache.Node } };
        _cluster.Refusing[kind] = new OwnedByAnotherException($"{kind} models/nano is another's.");
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        (Accepted().Met, Accepted().Reason).ShouldBe(("False", ConditionReasons.NameTaken));

        _cluster.Refusing.Clear();
        await _cluster.ReconcileAsync(_nano);
        Accepted().Met.ShouldBe("True");
    }

    [Theory]
    [InlineData("10m", "10m", "spec.rollout.progressDeadline: 10m0s is not more than spec.rollout.gates.readyFor (10m0s)")]
    [InlineData("10m1s", "10m", null)]
    [InlineData("1s", "0s", null)]
    public void A_deadline_that_no_replica_could_meet_is_refused(string deadline, string readyFor, string? fault)
    {
        var refused = SpecRules.Refusal(ADeployment("n", new()
        {
            Model = ModelTier.Nano,
            Rollout = new RolloutSpec { ProgressDeadline = Duration.Parse(deadline), Gates = new RolloutGates { ReadyFor = Duration.Parse(readyFor) } },
        }));
        if (fault is null) refused.ShouldBeNull();
        else refused.ShouldNotBeNull().Message.ShouldStartWith(fault);
    }

    [Fact]
    public async Task The_operators_own_deadline_leaves_time_to_be_ready_for_long()
    {
        _nano.Spec = _nano.Spec with { Rollout = new RolloutSpec { Gates = new RolloutGates { ReadyFor = new Duration(TimeSpan.FromHours(9)) } } };
        await _cluster.ReconcileAsync(_nano);
        var spec = _cluster.Deployments.Objects.Single().Spec;
        spec.ProgressDeadlineSeconds!.Value.ShouldBeGreaterThan(spec.MinReadySeconds!.Value);
    }

    private (string Met, string Reason, string Message) Accepted() =>
        _cluster.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.Accepted) is var accepted ? (accepted.Status, accepted.Reason, accepted.Message) : default;

    private static HttpOperationException Answer(HttpStatusCode status, string message) => new(message)
    {
        Request = new HttpRequestMessageWrapper(new HttpRequestMessage(HttpMethod.Patch, "http://lab/apis/apps/v1/namespaces/models/deployments/nano"), ""),
        Response = new HttpResponseMessageWrapper(new HttpResponseMessage(status), $$"""{"kind":"Status","reason":"Invalid","message":{{System.Text.Json.JsonSerializer.Serialize(message)}}}"""),
    };
}
