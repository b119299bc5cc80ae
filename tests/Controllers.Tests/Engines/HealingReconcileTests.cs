using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Engines.Health;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.Builders.Engine;

namespace Nemotron.Controllers.Tests.Engines;

/// <summary>What the reconciler does about sick engines, and what its status says of them.</summary>
public class HealingReconcileTests
{
    private readonly ReconcilerHarness _cluster = new();
    private readonly NemotronDeployment _nano = ADeployment("nano", new() { Model = ModelTier.Nano, TensorParallel = 1, MaxContextTokens = 8192, Replicas = 2 });

    public HealingReconcileTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.Add(ANode("a"));
        _cluster.Engines.Signs = new(10, 1, 0);
        foreach (var name in new[] { "nano-1", "nano-2" }) Add(name);
    }

    [Fact]
    public async Task A_hung_engine_is_written_down_deleted_counted_and_told_of()
    {
        _cluster.Engines.Reports["nano-1"] = Serving("nano-1");
        _cluster.Engines.Reports["nano-2"] = Hung("nano-2");
        await _cluster.ReconcileAsync(_nano);

        _cluster.PodsDeleted.Names.ShouldBe(["nano-2"]);
        _cluster.Events.ShouldContain("Warning EngineRestarted: Pod nano-2: 12 requests by the engine's count, and no token for 181 s; 2 probes by one token failed. It is restarted (1st time).");
        var entry = _cluster.Status.EngineRestarts.ShouldHaveSingleItem();
        (entry.Replica, entry.PodUid, entry.Count, entry.Reason).ShouldBe(("nano-2", "uid-nano-2", 1, ConditionReasons.NoProgress));
        (await MetricsAsync()).ShouldContain("nemotron_engine_restarts_total{namespace=\"models\",deployment=\"nano\",reason=\"NoProgress\"} 1");

        // The kubelet calls both ready.
        _cluster.Status.ReadyReplicas.ShouldBe(1);
        Condition(ConditionTypes.Ready).Reason.ShouldBe(ConditionReasons.Degraded);
        var health = Condition(ConditionTypes.EngineHealthy);
        (health.Status, health.Reason).ShouldBe(("False", ConditionReasons.NoProgress));
        health.Message.ShouldBe("nano-2 calls itself ready and brings no token (since 2026-11-23T11:56:59Z).");
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(30, true)]
    public async Task A_pod_that_hangs_on_a_lost_node_is_waited_for_no_longer_than_it_may_take_to_go(int overdueSeconds, bool gone)
    {
        Add("nano-3");
        _cluster.Pods.Objects.Single(pod => pod.Metadata.Name == "nano-1").Metadata.DeletionTimestamp = Now.AddSeconds(-overdueSeconds).UtcDateTime;
        _cluster.Engines.Reports["nano-2"] = Hung("nano-2");
        await _cluster.ReconcileAsync(_nano);
        _cluster.PodsDeleted.Names.ShouldBe(gone ? ["nano-2"] : []);
        _cluster.Status.Replicas.ShouldBe(gone ? 2 : 3);
    }

    [Fact]
    public async Task A_pod_that_has_changed_since_is_decided_anew_as_the_same_restart()
    {
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1");
        _cluster.PodsDeleted.Changed = true;
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(1));
        _cluster.Events.ShouldNotContain(text => text.Contains("EngineRestarted", StringComparison.Ordinal));

        _cluster.PodsDeleted.Changed = false;
        await _cluster.ReconcileAsync(_nano);
        _cluster.PodsDeleted.Names.ShouldBe(["nano-1"]);
        _cluster.Status.EngineRestarts!.Single().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Of_a_group_the_leader_is_deleted()
    {
        _cluster.Pods.Objects.Clear();
        _cluster.Nodes.Objects.Add(ANode("b"));
        var ultra = ADeployment("ultra", new() { Model = ModelTier.Ultra, Precision = Precision.BF16, TensorParallel = 8, PipelineParallel = 2, MaxContextTokens = 8192, Checkpoint = Trusted });
        Add("ultra-group-0", "ultra").InGroup("ultra-group", 0).Of("ultra");
        Add("ultra-group-0-1", "ultra").InGroup("ultra-group", 0, worker: true).Of("ultra");
        _cluster.Engines.Reports["ultra-group-0"] = Unready("ultra-group-0");
        await _cluster.ReconcileAsync(ultra);

        _cluster.PodsDeleted.Names.ShouldBe(["ultra-group-0"]);
        _cluster.Events.ShouldContain(text => text.EndsWith("Its group of 2 pods is restarted (1st time).", StringComparison.Ordinal));
        _cluster.Status.EngineRestarts!.Single().Replica.ShouldBe("ultra-group/0");
    }

    [Fact]
    public async Task Engines_that_say_nothing_are_what_the_kubelet_says()
    {
        _cluster.Engines.Reports["nano-1"] = Says(EngineState.Dead, HealthReasons.ConnectionRefused, heard: false, stateSeconds: 86_400);
        await _cluster.ReconcileAsync(_nano);
        _cluster.PodsDeleted.Names.ShouldBeEmpty();
        _cluster.Status.ReadyReplicas.ShouldBe(2);
        Condition(ConditionTypes.Ready).Status.ShouldBe("True");
        var health = Condition(ConditionTypes.EngineHealthy);
        (health.Status, health.Reason).ShouldBe(("Unknown", ConditionReasons.NotHeard));
        health.Message.ShouldContain("No answer to the operator from nano-1; nano-2.");
        Condition(ConditionTypes.MetricsAvailable).Status.ShouldBe("Unknown");
    }

    [Fact]
    public async Task Engines_that_answer_are_healthy_and_without_series_their_metrics_are_missing()
    {
        foreach (var pod in new[] { "nano-1", "nano-2" }) _cluster.Engines.Reports[pod] = Serving(pod) with { QueryFailure = "GET /prometheus/metrics: HTTP 404." };
        await _cluster.ReconcileAsync(_nano);
        Condition(ConditionTypes.EngineHealthy).Status.ShouldBe("True");
        var metrics = Condition(ConditionTypes.MetricsAvailable);
        (metrics.Status, metrics.Reason).ShouldBe(("False", ConditionReasons.MetricsMissing));
        metrics.Message.ShouldContain("nano-1: GET /prometheus/metrics: HTTP 404; nano-2");
    }

    [Fact]
    public async Task When_the_fleet_has_had_its_restarts_nothing_is_written_down()
    {
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1");
        _cluster.Engines.RestartsLeft = 0;
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(TimeSpan.FromSeconds(15));
        _cluster.PodsDeleted.Names.ShouldBeEmpty();
        _cluster.Status.EngineRestarts.ShouldBeNull();
        Condition(ConditionTypes.EngineHealthy).Message.ShouldEndWith("It waits its turn: over the whole fleet 4 replicas are restarted in a minute.");
    }

    [Fact]
    public async Task What_is_doubted_is_said_and_left_alone()
    {
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1");
        _cluster.Engines.Signs = new(10, 6, 0);
        await _cluster.ReconcileAsync(_nano);
        _cluster.PodsDeleted.Names.ShouldBeEmpty();
        Condition(ConditionTypes.EngineHealthy).Reason.ShouldBe(ConditionReasons.SignalDoubted);
    }

    [Fact]
    public async Task A_pause_outlives_the_operator_since_it_stands_in_status()
    {
        _nano.Status = new NemotronDeploymentStatus { EngineRestarts = [Restarted("nano-1", 5, 60)] };
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1");
        var result = await _cluster.ReconcileAsync(_nano);
        _cluster.PodsDeleted.Names.ShouldBeEmpty();
        result.RequeueAfter.ShouldBe(TimeSpan.FromMinutes(15));
        var health = Condition(ConditionTypes.EngineHealthy);
        health.Reason.ShouldBe(ConditionReasons.RestartBackoff);
        health.Message.ShouldEndWith("Restarted 5 times without lasting success; the next restart is not before 2026-11-23T12:15:00Z.");
    }

    [Fact]
    public async Task While_an_engine_stays_sick_its_status_stays_the_same()
    {
        _nano.Status = new NemotronDeploymentStatus { EngineRestarts = [Restarted("nano-1", 5, 60)] };
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1");
        await _cluster.ReconcileAsync(_nano);
        var before = ModelJson.Serialize(_cluster.Status);
        _cluster.Time.Advance(TimeSpan.FromSeconds(30));
        _cluster.Engines.Reports["nano-1"] = Hung("nano-1") with { PolledAt = Now.AddSeconds(30) };
        await _cluster.ReconcileAsync(_nano);
        ModelJson.Serialize(_cluster.Status).ShouldBe(before);
    }

    [Fact]
    public async Task What_is_followed_is_what_is_started()
    {
        await _cluster.ReconcileAsync(_nano);
        _cluster.Engines.Followed[new NamespacedName("models", "nano")].Protocol.ShouldBe("Http");
        await _cluster.Controller.DeletedAsync(_nano, TestContext.Current.CancellationToken);
        _cluster.Engines.Followed.ShouldBeEmpty();
    }

    private Nemotron.Controllers.Views.PodView Add(string name, string deployment = "nano")
    {
        var pod = APod(name, ready: true, node: "a").Of(deployment);
        pod.Metadata.Uid = $"uid-{name}";
        pod.Metadata.CreationTimestamp = Now.AddHours(-1).UtcDateTime;
        _cluster.Pods.Objects.Add(pod);
        return pod;
    }

    private async Task<string> MetricsAsync()
    {
        using var stream = new MemoryStream();
        await _cluster.Metrics.CollectAndExportAsTextAsync(stream, TestContext.Current.CancellationToken);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private k8s.Models.V1Condition Condition(string type) => _cluster.Status.Conditions!.Single(condition => condition.Type == type);
}
