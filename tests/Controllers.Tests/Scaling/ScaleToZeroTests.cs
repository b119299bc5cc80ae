using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using Prometheus;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>To no replica and back: who holds requests, who is asked of them, and where clients are led.</summary>
public sealed class ScaleToZeroTests : IDisposable
{
    private readonly ReconcilerHarness _cluster = new();
    private readonly FakePrometheus _prometheus = new();
    private readonly FakeFronts _fronts = new();
    private readonly NemotronDeployment _nano;
    private readonly ScalingLoop _loop;

    public ScaleToZeroTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.Add(ANode("a"));
        _nano = ADeployment("nano", new()
        {
            Model = Crds.ModelTier.Nano,
            NodePool = "h100",
            Autoscaling = new AutoscalingSpec { MaxReplicas = 4, ScaleToZero = new ScaleToZeroSpec { IdleAfter = TimeSpan.FromMinutes(10), HoldRequests = TimeSpan.FromMinutes(20) } },
        });
        var deployments = new FakeCache<NemotronDeployment>();
        deployments.Objects.Add(_nano);
        _loop = new ScalingLoop(
            deployments, _cluster.Snapshots, _cluster.Board, new ReplicaCapacities(_cluster.Time), new ScalingMetrics(Metrics.NewCustomRegistry()), new NoQueue(), _cluster.Time,
            new ScalingSettings(), NullLogger<ScalingLoop>.Instance, new HeldRequests(_fronts, _cluster.Time), _prometheus);
    }

    public void Dispose() => _fronts.Dispose();

    private string? LedTo => Service("nano").Spec.Selector.TryGetValue(ChildLabels.Front, out var front) ? $"front {front}" : "replicas";

    [Fact]
    public async Task The_front_takes_over_before_the_last_replica_goes_and_a_held_request_brings_one_back()
    {
        await ReadyAsync();
        LedTo.ShouldBe("replicas");
        var settings = GatewaySettingsYaml.Parse("front.yaml", _cluster.Applied.First(body => (string?)body["kind"] == "ConfigMap")["data"]![EngineConfigMap.FrontFile]!.ToString());
        settings.Front.ShouldBe(new GatewayFront { Hold = TimeSpan.FromMinutes(20) });
        settings.Upstream.ShouldBe($"http://{Service("nano-back").Spec.ClusterIP}:8000");

        for (var i = 0; i < 45; i++) await RoundAsync();
        Replicas.ShouldBe(0, _cluster.Status.Autoscaler?.Message);
        _cluster.Status.LastScaling!.Reason.ShouldBe("Idle");
        LedTo.ShouldBe("front nano");
        // The Service is written before the replica is taken away.
        var kinds = _cluster.Applied.Select(body => $"{body["kind"]} {body["metadata"]!["name"]}").ToList();
        kinds.IndexOf("Service nano").ShouldBeLessThan(kinds.IndexOf("Deployment nano"));
        _cluster.Pods.Objects.Clear();
        _prometheus.Clear();
        _cluster.Status.Condition(ConditionTypes.Ready).ShouldBe(("True", ConditionReasons.ScaledToZero));
        _cluster.Status.Condition(ConditionTypes.AllFieldsInEffect).ShouldBe(("True", ConditionReasons.AllInEffect));

        _fronts.Held = 0;
        for (var i = 0; i < 5; i++) await RoundAsync();
        Replicas.ShouldBe(0);
        _fronts.Asked.ShouldAllBe(url => url == $"http://{Service("nano").Spec.ClusterIP}:9464/metrics");

        // Without Prometheus too.
        _prometheus.Down = "no route";
        _fronts.Held = 1;
        await RoundAsync();
        Replicas.ShouldBe(1);
        _cluster.Status.LastScaling!.Reason.ShouldBe("Activation");
        LedTo.ShouldBe("front nano");
        for (var i = 0; i < 5; i++) await RoundAsync();
        Replicas.ShouldBe(1);

        Serve();
        await RoundAsync();
        LedTo.ShouldBe("replicas");
    }

    [Fact]
    public async Task A_front_that_does_not_answer_is_no_reason_to_load_a_model_nor_to_give_up_the_last_one()
    {
        await ReadyAsync(front: false);
        for (var i = 0; i < 60; i++) await RoundAsync();
        Replicas.ShouldBe(1);

        FrontServes(1);
        for (var i = 0; i < 45; i++) await RoundAsync();
        Replicas.ShouldBe(0);
        _cluster.Pods.Objects.Clear();
        FrontServes(0);
        _fronts.Held = null;
        for (var i = 0; i < 5; i++) await RoundAsync();
        Replicas.ShouldBe(0);
    }

    [Fact]
    public async Task A_new_deployment_begins_with_a_replica()
    {
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        await _cluster.ReconcileAsync(_nano);
        Replicas.ShouldBe(1);
    }

    [Fact]
    public async Task A_new_operator_leaves_none_as_it_finds_it()
    {
        await ReadyAsync();
        for (var i = 0; i < 45; i++) await RoundAsync();
        Replicas.ShouldBe(0);
        WantedReplicas.Of(_nano.Spec, live: 0, Now).ShouldBe(0);
        WantedReplicas.Of(_nano.Spec, live: null, Now).ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_wish_nothing_of_it_is_left()
    {
        await ReadyAsync();
        _nano.Spec = _nano.Spec with { Autoscaling = _nano.Spec.Autoscaling! with { ScaleToZero = null } };
        await _cluster.ReconcileAsync(_nano);
        _cluster.Deleted.ShouldBe(["Deployment nano-front", "Service nano-back"]);
        LedTo.ShouldBe("replicas");
    }

    [Theory]
    [InlineData("gateway", "spec.gateway.enabled is false")]
    [InlineData("tls", "spec.gateway.tls")]
    public async Task Where_nothing_could_hold_requests_the_field_is_told_to_have_no_effect(string what, string why)
    {
        _nano.Spec = _nano.Spec with { Gateway = what == "tls" ? new GatewaySpec { Tls = new GatewayTlsSpec { SecretName = "t" } } : new GatewaySpec { Enabled = false } };
        await _cluster.ReconcileAsync(_nano);
        _cluster.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.AllFieldsInEffect).Message.ShouldContain(why);
        _cluster.Deployments.Objects.ShouldHaveSingleItem();
    }

    private int Replicas => _cluster.Deployments.Objects.Single(deployment => deployment.Metadata.Name == "nano").Spec.Replicas!.Value;

    private V1Service Service(string name) => _cluster.Services.Objects.Single(service => service.Metadata.Name == name);

    // The address of the way back is known at the second look, whether the front serves at the third.
    private async Task ReadyAsync(bool front = true)
    {
        await _cluster.ReconcileAsync(_nano);
        await _cluster.ReconcileAsync(_nano);
        FrontServes(front ? 1 : 0);
        Serve();
        await _cluster.ReconcileAsync(_nano);
    }

    private void FrontServes(int ready) => _cluster.Deployments.Objects.Single(deployment => deployment.Metadata.Name == "nano-front").Status = new V1DeploymentStatus { ReadyReplicas = ready };

    private void Serve()
    {
        var pod = APod("nano-1", ready: true, node: "a").Of("nano");
        pod.Metadata.CreationTimestamp = _cluster.Time.GetUtcNow().UtcDateTime;
        _cluster.Pods.Objects.Add(pod);
        _prometheus.Serves("nano-1", arrivals: 0, inFlight: 0);
    }

    private async Task RoundAsync()
    {
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        _cluster.Time.Advance(TimeSpan.FromSeconds(15));
        await _cluster.ReconcileAsync(_nano);
    }

    private sealed class NoQueue : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default)
        {
        }
    }
}
