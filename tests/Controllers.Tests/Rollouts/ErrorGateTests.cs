using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Rollouts;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Rollouts;

/// <summary>A rollout under way of three replicas, of which one is new, by the real reconciler and the gate's own loop; Prometheus says what the test says.</summary>
public class ErrorGateTests
{
    private readonly ReconcilerHarness _cluster = new();
    private readonly Counts _prometheus = new();
    private readonly List<NamespacedName> _enqueued = [];
    private readonly NemotronDeployment _entity = ADeployment("nano", Spec(new RolloutGates { MaxErrorPercent = 5 }));
    private readonly ErrorGateLoop _loop;

    public ErrorGateTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.AddRange([ANode("a"), ANode("b")]);
        _cluster.Entities.Objects.Add(_entity);
        _loop = Loop();
    }

    [Fact]
    public async Task A_replica_that_is_replaced_does_not_take_its_failures_along()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        _prometheus.Pods = new() { ["new-1"] = (0, 50) };
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        _cluster.Pods.Objects.RemoveAll(pod => pod.Metadata.Name == "new-1");
        _cluster.Pods.Objects.Add(Replica("new-2", "new"));
        _prometheus.Pods = new() { ["new-2"] = (3, 2) };
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        Progressing.Reason.ShouldBe(ConditionReasons.GateFailed);
    }

    [Fact]
    public async Task A_change_that_is_taken_back_is_not_judged_by_what_its_replicas_counted_before()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = (1000, 900) };
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull();
        _prometheus.Pods["new-1"] = (1000, 930);
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true, "thirty of thirty since");
    }

    [Fact]
    public async Task A_scrape_that_is_missed_makes_nothing_new_of_what_was_counted_before()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = (1000, 900) };
        await LookAsync();
        _prometheus.Pods = [];
        await LookAsync();
        _prometheus.Pods = new() { ["new-1"] = (1019, 900) };
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull("nineteen since, none of which failed");
        _prometheus.Pods["new-1"] = (1019, 910);
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        Progressing.Message.ShouldStartWith("Of 29 requests");
    }

    private ErrorGateLoop Loop() => new(
        _cluster.Entities, _cluster.Deployments, _cluster.Pods, new Newest("new"), _cluster.Gates, new Queue(_enqueued), _cluster.Time, new ScalingSettings(),
        NullLogger<ErrorGateLoop>.Instance, _prometheus);

    [Fact]
    public async Task Too_many_failures_stop_it_and_fewer_let_it_go_on()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        _prometheus.Pods = new() { ["old-1"] = (1000, 0), ["old-2"] = (1000, 900), ["new-1"] = (94, 6) };
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        var condition = Progressing;
        (condition.Status, condition.Reason).ShouldBe(("False", ConditionReasons.GateFailed));
        condition.Message.ShouldStartWith("Of 100 requests at replicas of the newest template 6 failed (6 %); spec.rollout.gates.maxErrorPercent is 5.");
        _cluster.Events.ShouldContain(line => line.StartsWith("Warning GateFailed: ", StringComparison.Ordinal));

        // The same verdict with other numbers is no news.
        _enqueued.Clear();
        _prometheus.Pods["new-1"] = (94, 7);
        await LookAsync();
        _enqueued.ShouldBeEmpty();
        Progressing.Message.ShouldBe(condition.Message);

        _prometheus.Pods["new-1"] = (190, 10);
        await LookAsync();
        _enqueued.ShouldNotBeEmpty();
        Live.Spec.Paused.ShouldBeNull();
        Progressing.Reason.ShouldBe(ConditionReasons.RollingOut);
    }

    [Fact]
    public async Task A_handful_of_requests_says_nothing()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        _prometheus.Pods = new() { ["new-1"] = (10, 9) };
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull();
    }

    [Fact]
    public async Task What_is_not_known_stops_it_once_there_was_time_to_scrape()
    {
        await RollAsync();
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull("it has just begun to serve");
        _cluster.Time.Advance(TimeSpan.FromSeconds(30));
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull();
        _cluster.Time.Advance(TimeSpan.FromSeconds(15));
        _prometheus.Down = "nobody is there";
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        (Progressing.Status, Progressing.Reason).ShouldBe(("True", ConditionReasons.GateWaiting));
        Progressing.Message.ShouldContain("new-1 is not known: nobody is there.");
        Live.Spec.MinReadySeconds.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(60, "what is not known must be found out before the next one goes");

        // Scraped, and asked by nobody yet.
        _prometheus.Down = null;
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull();
    }

    [Fact]
    public async Task Another_template_is_another_rollout_and_a_new_leader_changes_nothing_before_it_has_looked()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        _prometheus.Pods = new() { ["new-1"] = (0, 50) };
        await LookAsync();
        _cluster.Gates.KeepOnly(new HashSet<NamespacedName>());
        await _cluster.ReconcileAsync(_entity);
        Live.Spec.Paused.ShouldBe(true);

        var successor = Loop();
        await LookAsync(successor);
        Live.Spec.Paused.ShouldBe(true, "what it has not seen itself, the status says");
        _prometheus.Pods["new-1"] = (30, 50);
        await LookAsync(successor);
        Live.Spec.Paused.ShouldBeNull("of thirty requests since it leads none failed");

        _prometheus.Pods["new-1"] = (30, 150);
        await LookAsync(successor);
        Live.Spec.Paused.ShouldBe(true);
        _entity.Spec = Spec(new RolloutGates { MaxErrorPercent = 5 }, "ANOTHER");
        await _cluster.ReconcileAsync(_entity);
        Live.Spec.Paused.ShouldBeNull();
    }

    [Fact]
    public async Task Without_the_gate_it_goes_on()
    {
        await RollAsync();
        _prometheus.Pods = new() { ["new-1"] = null };
        await LookAsync();
        _prometheus.Pods = new() { ["new-1"] = (0, 50) };
        await LookAsync();
        Live.Spec.Paused.ShouldBe(true);
        _entity.Spec = Spec(new RolloutGates(), "NEW");
        await LookAsync();
        Live.Spec.Paused.ShouldBeNull();
    }

    [Fact]
    public async Task Nothing_is_asked_while_no_rollout_with_a_gate_is_under_way()
    {
        await _cluster.ReconcileAsync(_entity);
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        _prometheus.Asked.ShouldBe(0);
        await RollAsync();
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        _prometheus.Asked.ShouldBe(3);
    }

    [Fact]
    public void Where_it_cannot_work_the_field_is_named()
    {
        var gates = new RolloutGates { MaxErrorPercent = 5 };
        Named(Spec(gates), hasPrometheus: true).ShouldBeEmpty();
        Named(Spec(gates), hasPrometheus: false).ShouldContain("no Prometheus");
        Named(Spec(gates) with { Gateway = new GatewaySpec { Enabled = false } }, hasPrometheus: true).ShouldContain("spec.gateway.enabled");
        string Named(NemotronDeploymentSpec spec, bool hasPrometheus) =>
            string.Join(' ', DeploymentFieldsNotInEffect.Of(spec, hasPrometheus: hasPrometheus).Where(path => path.StartsWith("spec.rollout.gates.maxErrorPercent ", StringComparison.Ordinal)));
    }

    private V1Deployment Live => _cluster.Deployments.Objects.Single();

    private V1Condition Progressing => _entity.Status!.Conditions!.Single(condition => condition.Type == ConditionTypes.Progressing);

    private static NemotronDeploymentSpec Spec(RolloutGates gates, string? variable = null) => new()
    {
        Model = ModelTier.Nano,
        Replicas = 3,
        Rollout = new RolloutSpec { Gates = gates },
        PodTemplate = variable is null ? null : new PodTemplateSpec { Metadata = new PodTemplateMetadata { Annotations = new Dictionary<string, string> { ["example.org/change"] = variable } } },
    };

    // Three of the old template, then a change, and one of the new.
    private async Task RollAsync()
    {
        await _cluster.ReconcileAsync(_entity);
        _entity.Spec = Spec(_entity.Spec.Rollout!.Gates!, "NEW");
        await _cluster.ReconcileAsync(_entity);
        _cluster.Pods.Objects.AddRange([Replica("old-1", "old"), Replica("old-2", "old"), Replica("new-1", "new")]);
        Live.Status = new V1DeploymentStatus { Replicas = 3, UpdatedReplicas = 1 };
    }

    private async Task LookAsync(ErrorGateLoop? loop = null)
    {
        await (loop ?? _loop).TickAsync(_prometheus, TestContext.Current.CancellationToken);
        await _cluster.ReconcileAsync(_entity);
        // As the Deployment's own write has it reconciled again.
        await _cluster.ReconcileAsync(_entity);
    }

    private static Views.PodView Replica(string name, string template)
    {
        var pod = APod(name, ready: true, node: "a");
        pod.Metadata.Uid = $"uid-{name}";
        pod.Metadata.Labels = new Dictionary<string, string> { [NemotronLabels.Deployment] = "nano", ["pod-template-hash"] = template };
        return pod;
    }

    private sealed class Newest(string hash) : IRevisions
    {
        public Task<string?> NewestAsync(V1Deployment live, string owner, CancellationToken cancellationToken) => Task.FromResult<string?>(hash);
    }

    /// <summary>A Prometheus that has the counts of some pods: served and failed, or null where the gateway is scraped and has counted nothing.</summary>
    private sealed class Counts : IPrometheus
    {
        public Dictionary<string, (int Served, int Failed)?> Pods { get; set; } = [];

        public string? Down { get; set; }

        public int Asked { get; private set; }

        public Task<QueryAnswer> QueryAsync(string query, CancellationToken cancellationToken)
        {
            Asked++;
            if (Down is { } why) return Task.FromException<QueryAnswer>(new PrometheusException(why));
            return Task.FromResult(new QueryAnswer(
                [
                    .. from pod in Pods
                       let value = query.Contains("outcome=\"ok\"", StringComparison.Ordinal) ? pod.Value?.Served
                           : query.Contains("engine_error", StringComparison.Ordinal) ? pod.Value?.Failed
                           : 1
                       where value is not null
                       select new Sample(new Dictionary<string, string> { ["namespace"] = "models", ["pod"] = pod.Key }, value.Value),
                ], []));
        }
    }

    private sealed class Queue(List<NamespacedName> enqueued) : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default) => enqueued.Add(key);
    }
}
