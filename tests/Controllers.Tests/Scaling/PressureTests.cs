using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using Prometheus;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using ModelTier = Nemotron.Crds.ModelTier;
using ReasoningSpec = Nemotron.Crds.ReasoningSpec;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>From Prometheus's answers to the lower thinking budget in the gateway's settings, the status and the events, and back.</summary>
public class PressureTests
{
    private readonly ReconcilerHarness _cluster = new();
    private readonly FakePrometheus _prometheus = new();
    private readonly FakeCache<NemotronDeployment> _deployments = new();
    private readonly NemotronDeployment _nano;
    private ScalingLoop _loop;

    public PressureTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.Add(ANode("a"));
        _nano = ADeployment("nano", new()
        {
            Model = ModelTier.Nano,
            NodePool = "h100",
            Engine = new EngineSpec { Version = "1.3.0rc14", ReasoningParser = "deepseek-r1" },
            Reasoning = new ReasoningSpec { BudgetTokens = 4096, Pressure = new PressureSpec { FloorTokens = 1000, StepAfter = TimeSpan.FromMinutes(2), RestoreAfter = TimeSpan.FromMinutes(5) } },
            Autoscaling = new AutoscalingSpec { MaxReplicas = 1 },
        });
        _deployments.Objects.Add(_nano);
        _loop = NewLoop();
    }

    [Fact]
    public async Task Under_pressure_the_settings_have_a_lower_budget_step_by_step_and_with_room_the_declared_one_again()
    {
        await ServeAsync();
        _cluster.Status.Condition(ConditionTypes.BudgetLowered).ShouldBe(("False", ConditionReasons.BudgetInFull));
        Budget().ShouldBe(new ThinkingBudget { By = BudgetMechanism.ThinkingTokenBudget, Tokens = 4096 });
        var template = Template();

        Load(waiting: 40, kvUsed: 392_000);
        await ForAsync(TimeSpan.FromMinutes(1));
        Budget().LoweredTo.ShouldBeNull();
        await ForAsync(TimeSpan.FromMinutes(2));
        Budget().ShouldSatisfyAllConditions(budget => budget.LoweredTo.ShouldBe(2048), budget => budget.Tokens.ShouldBe(4096));
        _cluster.Status.Reasoning!.BudgetTokens.ShouldBe(2048);
        _cluster.Status.Reasoning.Pressure!.Steps.ShouldBe(1);
        _cluster.Status.Reasoning.Pressure.Message.ShouldBe("Lowered from 4096 to 2048 tokens: the one replica allowed by maxReplicas serves, 40 requests wait and 98 % of the KV cache is in use.");
        _cluster.Status.Condition(ConditionTypes.BudgetLowered).ShouldBe(("True", ConditionReasons.UnderPressure));
        Told().ShouldBe(["Warning BudgetReduced"]);

        await ForAsync(TimeSpan.FromHours(1));
        Budget().LoweredTo.ShouldBe(1000, "the floor");
        Told().ShouldBe(["Warning BudgetReduced", "Warning BudgetReduced", "Warning BudgetReduced"]);
        Template().ShouldBe(template, "no pod is replaced for it");

        Load(waiting: 0, kvUsed: 4000);
        await ForAsync(TimeSpan.FromMinutes(30));
        Budget().LoweredTo.ShouldBeNull();
        _cluster.Status.Reasoning.BudgetTokens.ShouldBe(4096);
        _cluster.Status.Reasoning.Pressure.Steps.ShouldBe(0);
        _cluster.Status.Condition(ConditionTypes.BudgetLowered).ShouldBe(("False", ConditionReasons.BudgetInFull));
        Told().Skip(3).ShouldBe(["Normal BudgetRestored", "Normal BudgetRestored", "Normal BudgetRestored"]);
    }

    [Fact]
    public async Task A_new_leader_keeps_the_budget_as_the_status_has_it_and_without_metrics_it_stays()
    {
        await ServeAsync();
        Load(waiting: 40, kvUsed: 392_000);
        await ForAsync(TimeSpan.FromMinutes(3));
        _cluster.Board.KeepOnly(new HashSet<NamespacedName>());
        _loop = NewLoop();
        await _cluster.ReconcileAsync(_nano);
        Budget().LoweredTo.ShouldBe(2048);
        _cluster.Status.Reasoning!.Pressure!.Steps.ShouldBe(1);

        _prometheus.Down = "http://prometheus:9090/ did not answer within 10 s";
        await ForAsync(TimeSpan.FromHours(3));
        Budget().LoweredTo.ShouldBe(2048);
        Told().ShouldBe(["Warning BudgetReduced"]);
    }

    [Fact]
    public async Task While_a_replica_may_be_added_and_without_the_rule_the_budget_stays()
    {
        _nano.Spec = _nano.Spec with { Autoscaling = new AutoscalingSpec { MaxReplicas = 4 } };
        await ServeAsync();
        Load(waiting: 40, kvUsed: 392_000);
        await ForAsync(TimeSpan.FromMinutes(30));
        Budget().LoweredTo.ShouldBeNull();

        _nano.Spec = _nano.Spec with { Autoscaling = new AutoscalingSpec { MaxReplicas = 1 }, Reasoning = _nano.Spec.Reasoning! with { Pressure = null } };
        await ForAsync(TimeSpan.FromMinutes(30));
        Budget().LoweredTo.ShouldBeNull();
        _cluster.Status.Reasoning!.Pressure.ShouldBeNull();
        _cluster.Status.Conditions!.ShouldNotContain(condition => condition.Type == ConditionTypes.BudgetLowered);
        Told().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mode_that_was_verified_is_not_probed_anew_for_a_lower_budget()
    {
        await ServeAsync();
        var before = Decided();
        Load(waiting: 40, kvUsed: 392_000);
        await ForAsync(TimeSpan.FromMinutes(3));
        var after = Decided();
        after.Settings.Revision.ShouldNotBe(before.Settings.Revision, "the gateway tells which settings it has");
        after.Declared.ShouldBe(before.Declared);
    }

    [Fact]
    public async Task Where_the_engine_ends_no_traces_the_rule_is_named_as_without_effect_and_nothing_is_lowered()
    {
        _nano.Spec = _nano.Spec with { Engine = new EngineSpec { Version = "1.2.1" } };
        await ServeAsync();
        Load(waiting: 40, kvUsed: 392_000);
        await ForAsync(TimeSpan.FromHours(1));
        _cluster.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.AllFieldsInEffect).Message.ShouldContain("spec.reasoning.pressure (no budget is in force that could be lowered)");
        _cluster.Status.Reasoning!.Pressure!.Steps.ShouldBe(0);
        Told().ShouldBeEmpty();
    }

    private async Task ServeAsync()
    {
        await _cluster.ReconcileAsync(_nano);
        var pod = APod("nano-1", ready: true, node: "a");
        pod.Metadata.Labels = new Dictionary<string, string> { [NemotronLabels.Deployment] = "nano" };
        pod.Metadata.CreationTimestamp = _cluster.Time.GetUtcNow().UtcDateTime;
        _cluster.Pods.Objects.Add(pod);
        Load(waiting: 0, kvUsed: 4000);
        await ForAsync(TimeSpan.FromSeconds(30));
        _cluster.Events.Clear();
    }

    private void Load(double waiting, double kvUsed)
    {
        _prometheus.Clear();
        _prometheus.Serves("nano-1", arrivals: waiting > 0 ? 12 : 0.1, inFlight: waiting > 0 ? 80 : 1, kvUsed: kvUsed, waiting: waiting);
    }

    private async Task ForAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(15))
        {
            await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
            _cluster.Time.Advance(TimeSpan.FromSeconds(15));
            await _cluster.ReconcileAsync(_nano);
        }
    }

    private ThinkingBudget Budget() => GatewaySettingsYaml.Parse("gateway.yaml", (string)_cluster.Body("ConfigMap")!["data"]!["gateway.yaml"]!).Reasoning.Budget!;

    private string Template() => _cluster.Body("Deployment")!["spec"]!["template"]!.ToJsonString();

    private GatewayPlan Decided() => DeploymentDecision.Decide(_cluster.Snapshots.Of(_nano)).Decided!.Gateway!;

    private string[] Told() => [.. _cluster.Events.Where(told => told.Contains(" Budget", StringComparison.Ordinal)).Select(told => told[..told.IndexOf(':', StringComparison.Ordinal)])];

    private ScalingLoop NewLoop() => new(
        _deployments, _cluster.Snapshots, _cluster.Board, new ReplicaCapacities(_cluster.Time), new ScalingMetrics(Metrics.NewCustomRegistry()), new NoQueue(), _cluster.Time,
        new ScalingSettings(), NullLogger<ScalingLoop>.Instance, new HeldRequests(new FakeFronts(), _cluster.Time), _prometheus);

    private sealed class NoQueue : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default)
        {
        }
    }
}
