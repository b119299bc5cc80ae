using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using Prometheus;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>From Prometheus's answers to the wanted number of replicas, the status and back after a restart.</summary>
public class ScalingLoopTests
{
    private readonly ReconcilerHarness _cluster = new();
    private readonly FakePrometheus _prometheus = new();
    private readonly FakeCache<NemotronDeployment> _deployments = new();
    private readonly List<NamespacedName> _enqueued = [];
    private readonly NemotronDeployment _nano;
    private ScalingLoop _loop;

    public ScalingLoopTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.Add(ANode("a"));
        _nano = ADeployment("nano", new()
        {
            Model = ModelTier.Nano,
            NodePool = "h100",
            Autoscaling = new AutoscalingSpec { MaxReplicas = 4, Targets = new AutoscalingTargets { TokensPerSecondPerReplica = 1000 }, Behavior = new AutoscalingBehavior { ScaleDown = new ScalingPace { Stabilization = TimeSpan.FromMinutes(2) } } },
        });
        _deployments.Objects.Add(_nano);
        _loop = NewLoop();
    }

    [Fact]
    public async Task Demand_beyond_one_replica_makes_more_at_the_next_reconcile_and_tells_why()
    {
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        _enqueued.ShouldBe([NamespacedName.Of(_nano)]);

        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _cluster.Status.DesiredReplicas.ShouldBe(3);
        _cluster.Status.LastScaling.ShouldNotBeNull().ShouldSatisfyAllConditions(change => change.From.ShouldBe(1), change => change.To.ShouldBe(3), change => change.Reason.ShouldBe("Throughput"));
        _cluster.Status.TokensPerSecond.ShouldBe(2400);
        _cluster.Status.Condition(ConditionTypes.MetricsAvailable).ShouldBe(("True", ConditionReasons.Scraped));
        _cluster.Status.Condition(ConditionTypes.ScalingLimited).ShouldBe(("False", ConditionReasons.WithinLimits));
    }

    [Theory]
    [InlineData(ProvisionerType.Static, 1)]
    [InlineData(ProvisionerType.Scale, 3)]
    public async Task Of_a_pool_that_grows_more_is_asked_than_there_is_so_that_it_does(ProvisionerType type, int replicas)
    {
        _cluster.Pools.Objects[0].With(spec => spec with { MaxNodes = 3, Provisioner = new ProvisionerSpec { Type = type } });
        _cluster.Nodes.Objects[0] = ANode("a", gpus: 1);
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        _cluster.Pods.Objects[0].Spec!.Containers = [new() { Resources = new() { Limits = new() { ["nvidia.com/gpu"] = "1" } } }];
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(replicas);
    }

    [Fact]
    public async Task In_a_fleet_a_scaling_is_told_of_when_and_as_far_as_it_is_granted()
    {
        _cluster.Fleets.Objects.Add(new NemotronFleet { Metadata = new V1ObjectMeta { Name = "prod" }, Spec = new NemotronFleetSpec { Selector = new V1LabelSelector() } });
        async Task<IEnumerable<string>> GrantedAsync(int granted)
        {
            _cluster.FleetBoard.Grant(NamespacedName.Of(_nano), _nano.Metadata.Uid, new FleetGrant { Fleet = "prod", Wanted = 3, Granted = granted, Reason = ConditionReasons.Granted, Message = "" });
            _cluster.Events.Clear();
            await _cluster.ReconcileAsync(_nano);
            ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(granted);
            return _cluster.Events.Where(text => text.Contains("Scaled", StringComparison.Ordinal)).Select(text => text[..text.IndexOf('.', StringComparison.Ordinal)]);
        }

        await GrantedAsync(1);
        Serve("nano-1");
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        (await GrantedAsync(1)).ShouldBeEmpty();
        _cluster.Status.LastScaling!.To.ShouldBe(3);
        (await GrantedAsync(2)).ShouldBe(["Normal ScaledUp: From 1 to 2 replicas"]);
        (await GrantedAsync(3)).ShouldBe(["Normal ScaledUp: From 2 to 3 replicas"]);
        (await GrantedAsync(1)).ShouldBeEmpty("the fleet took them back");
    }

    [Fact]
    public async Task Recommend_decides_and_leaves_the_replicas_as_they_are()
    {
        _nano.Spec = _nano.Spec with { Autoscaling = _nano.Spec.Autoscaling! with { Mode = AutoscalingMode.Recommend } };
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(1);
        _cluster.Status.Autoscaler!.RecommendedReplicas.ShouldBe(3);
        _cluster.Status.LastScaling.ShouldBeNull();
        _cluster.Status.Condition(ConditionTypes.ScalingLimited).ShouldBe(("False", ConditionReasons.RecommendOnly));
    }

    [Fact]
    public async Task A_new_leader_goes_on_from_the_status()
    {
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        var state = _cluster.Board.Of(NamespacedName.Of(_nano), _nano.Metadata.Uid)!.State;
        ScalingStateText.Write(ScalingStateText.Read(_cluster.Status.Autoscaler!.State)).ShouldBe(ScalingStateText.Write(state));

        // The other process has an empty board, and before its first round nothing moves.
        _cluster.Board.KeepOnly(new HashSet<NamespacedName>());
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _loop = NewLoop();
        _prometheus.Clear();
        await TickAsync();
        _cluster.Board.Of(NamespacedName.Of(_nano), _nano.Metadata.Uid)!.State.LeadTime.ShouldBe(state.LeadTime);
        _cluster.Board.Of(NamespacedName.Of(_nano), _nano.Metadata.Uid)!.State.LengthsOff.OutputTokens.ShouldBe(state.LengthsOff.OutputTokens);
    }

    [Fact]
    public async Task A_restart_of_the_operator_takes_nothing_away_that_a_schedule_has_brought()
    {
        var schedule = new AutoscalingSchedule { Name = "day", Start = "0 8 * * *", Duration = TimeSpan.FromHours(8), MinReplicas = 6, MaxReplicas = 6 };
        _nano.Spec = _nano.Spec with { Autoscaling = _nano.Spec.Autoscaling! with { Schedules = [schedule] } };
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(6);

        _cluster.Board.KeepOnly(new HashSet<NamespacedName>());
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(6);
    }

    [Fact]
    public async Task Without_an_answer_the_number_is_held_and_the_status_says_so()
    {
        await ScaledToThreeAsync();
        _prometheus.Down = "http://prometheus:9090/ did not answer within 10 s";
        for (var i = 0; i < 40; i++) await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _cluster.Status.Condition(ConditionTypes.MetricsAvailable).ShouldBe(("False", ConditionReasons.PrometheusUnreachable));
        _cluster.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.MetricsAvailable).Message.ShouldContain("did not answer within 10 s");
    }

    [Fact]
    public async Task Without_an_answer_a_person_raises_the_number_by_the_fewest_that_are_allowed()
    {
        await ScaledToThreeAsync();
        _prometheus.Down = "http://prometheus:9090/ did not answer within 10 s";
        await TickAsync();
        _nano.Spec = _nano.Spec with { Autoscaling = _nano.Spec.Autoscaling! with { MinReplicas = 4 } };
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(4);
    }

    [Fact]
    public async Task A_replica_that_is_not_scraped_holds_the_number_however_idle_the_others_are()
    {
        await ScaledToThreeAsync();
        _prometheus.Clear();
        _prometheus.Serves("nano-1", 0.01, 0).Serves("nano-2", 0.01, 0);
        for (var i = 0; i < 40; i++) await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _cluster.Status.Condition(ConditionTypes.MetricsAvailable).ShouldBe(("False", ConditionReasons.MetricsMissing));
    }

    [Fact]
    public async Task An_engine_that_nobody_has_asked_yet_is_idle_and_not_unknown()
    {
        await ScaledToThreeAsync();
        _prometheus.Clear();
        // No gateways; the first engine has been asked before, and the others' families come with their first request.
        _prometheus.With(FleetSignal.EngineCompleted, "nano-1", 0).With(FleetSignal.Running, "nano-1", 0).With(FleetSignal.Waiting, "nano-1", 0)
            .With(FleetSignal.EngineOutputTokens, "nano-1", 0).With(FleetSignal.EnginePromptTokens, "nano-1", 0);
        foreach (var pod in new[] { "nano-1", "nano-2", "nano-3" }) _prometheus.With(FleetSignal.Up, pod, 1);
        for (var i = 0; i < 120; i++)
        {
            await TickAsync();
            await _cluster.ReconcileAsync(_nano);
        }

        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(1);
        _prometheus.With(FleetSignal.Up, "nano-4", 0);
        Serve("nano-4");
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        _cluster.Status.Condition(ConditionTypes.MetricsAvailable).ShouldBe(("False", ConditionReasons.MetricsMissing));
    }

    [Fact]
    public async Task An_idle_fleet_shrinks_one_at_a_time_to_its_minimum()
    {
        await ScaledToThreeAsync();
        _prometheus.Clear();
        foreach (var pod in new[] { "nano-1", "nano-2", "nano-3" }) _prometheus.Serves(pod, 0.01, 0);
        var seen = new List<int>();
        for (var i = 0; i < 120; i++)
        {
            await TickAsync();
            await _cluster.ReconcileAsync(_nano);
            seen.Add((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!);
        }

        seen[0].ShouldBe(3);
        seen[^1].ShouldBe(1);
        seen.Zip(seen.Skip(1), (before, after) => before - after).ShouldAllBe(step => step == 0 || step == 1);
    }

    [Fact]
    public async Task The_annotation_freezes_the_number()
    {
        await ScaledToThreeAsync();
        _nano.Metadata.Annotations = new Dictionary<string, string> { [NemotronAnnotations.FreezeScaling] = "true" };
        _prometheus.Clear();
        foreach (var pod in new[] { "nano-1", "nano-2", "nano-3" }) _prometheus.Serves(pod, 0.01, 0);
        for (var i = 0; i < 60; i++) await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _cluster.Status.Condition(ConditionTypes.ScalingLimited).ShouldBe(("True", ConditionReasons.Frozen));
    }

    [Fact]
    public async Task A_steady_fleet_is_written_every_five_minutes_and_an_idle_one_never()
    {
        await ScaledToThreeAsync();
        (await WritesOfAsync(TimeSpan.FromMinutes(20))).ShouldBeInRange(3, 5);

        _prometheus.Clear();
        foreach (var pod in new[] { "nano-1", "nano-2", "nano-3" }) _prometheus.Serves(pod, 0, 0, kvUsed: 0);
        await WritesOfAsync(TimeSpan.FromMinutes(20));
        _enqueued.Clear();
        (await WritesOfAsync(TimeSpan.FromMinutes(30))).ShouldBe(0);
        _enqueued.ShouldBeEmpty();
    }

    private async Task<int> WritesOfAsync(TimeSpan time)
    {
        var (writes, before) = (0, ModelJson.Serialize(_cluster.Status));
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(15))
        {
            await TickAsync();
            await _cluster.ReconcileAsync(_nano);
            if (ModelJson.Serialize(_cluster.Status) is var now && now != before) (writes, before) = (writes + 1, now);
        }

        return writes;
    }

    [Fact]
    public async Task Queries_are_as_many_for_a_hundred_deployments_as_for_one()
    {
        await TickAsync();
        var one = _prometheus.Asked;
        for (var i = 0; i < 99; i++) _deployments.Objects.Add(ADeployment($"n-{i}", _nano.Spec));
        await TickAsync();
        (_prometheus.Asked - one).ShouldBe(one);
    }

    private async Task ScaledToThreeAsync()
    {
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-1");
        _prometheus.Serves("nano-1", arrivals: 12, inFlight: 40);
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        Serve("nano-2", "nano-3");
        _prometheus.Clear();
        foreach (var pod in new[] { "nano-1", "nano-2", "nano-3" }) _prometheus.Serves(pod, arrivals: 4, inFlight: 13);
        await TickAsync();
        await _cluster.ReconcileAsync(_nano);
        ((int)_cluster.Body("Deployment")!["spec"]!["replicas"]!).ShouldBe(3);
        _enqueued.Clear();
    }

    private void Serve(params string[] names)
    {
        foreach (var name in names)
        {
            var pod = APod(name, ready: true, node: "a");
            pod.Metadata.Labels = new Dictionary<string, string> { [NemotronLabels.Deployment] = "nano" };
            pod.Metadata.CreationTimestamp = _cluster.Time.GetUtcNow().UtcDateTime;
            _cluster.Pods.Objects.Add(pod);
        }
    }

    private async Task TickAsync()
    {
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        _cluster.Time.Advance(TimeSpan.FromSeconds(15));
    }

    private ScalingLoop NewLoop() => new(
        _deployments, _cluster.Snapshots, _cluster.Board, new ReplicaCapacities(_cluster.Time), new ScalingMetrics(Metrics.NewCustomRegistry()), new Queue(_enqueued), _cluster.Time,
        new ScalingSettings(), NullLogger<ScalingLoop>.Instance, new HeldRequests(new FakeFronts(), _cluster.Time), _prometheus);

    private sealed class Queue(List<NamespacedName> enqueued) : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default) => enqueued.Add(key);
    }
}

internal static class StatusReading
{
    public static (string Status, string Reason) Condition(this NemotronDeploymentStatus status, string type)
    {
        var condition = status.Conditions!.Single(candidate => candidate.Type == type);
        return (condition.Status, condition.Reason);
    }
}
