using System.Net;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Deployments;

/// <summary>When a deployment has a PodMonitor of its own, and which pods say so. What it looks like is in the goldens.</summary>
public class PodMonitorTests
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    private readonly ReconcilerHarness _cluster = new();

    private readonly NemotronDeployment _nano = ADeployment("nano", Asking(new PodMonitorSpec()));

    public PodMonitorTests()
    {
        _cluster.Pools.Objects.Add(APool("h100"));
        _cluster.Nodes.Objects.AddRange([ANode("a"), ANode("b")]);
    }

    [Fact]
    public async Task One_that_asks_for_none_has_none_and_its_pods_are_as_ever()
    {
        foreach (var monitoring in new[] { null, new MonitoringSpec(), new MonitoringSpec { PodMonitor = new PodMonitorSpec { Enabled = false } } })
        {
            _nano.Spec = _nano.Spec with { Monitoring = monitoring };
            await _cluster.ReconcileAsync(_nano);
            _cluster.Body(PodMonitor.KindName).ShouldBeNull();
            MarkOfPods().ShouldBeNull();
            NotInEffect().ShouldBeNull();
        }
    }

    [Fact]
    public async Task It_comes_after_the_pods_and_its_pods_are_left_out_by_the_one_for_all()
    {
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBeNull();
        var kinds = _cluster.Applied.Select(body => (string?)body["kind"]).ToList();
        kinds.IndexOf(PodMonitor.KindName).ShouldBeGreaterThan(kinds.IndexOf("Deployment"));
        MarkOfPods().ShouldBe(NemotronLabels.OwnPodMonitor);
        NotInEffect().ShouldBeNull();
    }

    [Fact]
    public void All_pods_of_a_group_say_so()
    {
        var ultra = ADeployment("ultra", new() { Model = ModelTier.Ultra, TensorParallel = 16, Precision = Precision.BF16, Checkpoint = Trusted, Monitoring = _nano.Spec.Monitoring });
        var decided = DeploymentDecision.Decide(Seen(ultra, Pool("h100", ANode("a"), ANode("b")))).Decided.ShouldNotBeNull();
        var template = EngineGroups.Build(ultra, decided, null).Spec.LeaderWorkerTemplate;
        foreach (var pod in new[] { template.LeaderTemplate!, template.WorkerTemplate }) pod.Metadata.Labels[NemotronLabels.PodMonitor].ShouldBe(NemotronLabels.OwnPodMonitor);
    }

    [Fact]
    public async Task Where_the_kind_is_missing_that_is_told_and_looked_at_again_and_no_pod_changes_when_it_comes()
    {
        _cluster.Monitors.Served = false;
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        _cluster.Body(PodMonitor.KindName).ShouldBeNull();
        NotInEffect()!.ShouldContain("spec.monitoring.podMonitor (the cluster has no PodMonitor: install the CRDs of the Prometheus operator)");
        var template = TemplateHash();

        _cluster.Monitors.Served = true;
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBeNull();
        _cluster.Body(PodMonitor.KindName).ShouldNotBeNull();
        NotInEffect().ShouldBeNull();
        TemplateHash().ShouldBe(template);
    }

    [Fact]
    public async Task Pods_that_tell_no_metrics_have_none()
    {
        _nano.Spec = _nano.Spec with { Gateway = new GatewaySpec { Enabled = false }, Engine = new EngineSpec { Version = "1.0.0" } };
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBeNull();
        _cluster.Body(PodMonitor.KindName).ShouldBeNull();
        MarkOfPods().ShouldBeNull();
        NotInEffect()!.ShouldContain("spec.monitoring.podMonitor (there is no gateway, and the engine has no metrics)");
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.MethodNotAllowed)]
    public async Task A_kind_that_goes_before_the_cache_knows_is_no_failure(HttpStatusCode status)
    {
        _cluster.Refusing[PodMonitor.KindName] = new HttpOperationException("gone") { Response = new HttpResponseMessageWrapper(new HttpResponseMessage(status), "") };
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        Accepted().Status.ShouldBe("True");
    }

    [Fact]
    public async Task A_name_that_is_taken_is_told_and_keeps_no_pod_from_running()
    {
        _cluster.Refusing[PodMonitor.KindName] = new OwnedByAnotherException("PodMonitor models/nano is another's.");
        (await _cluster.ReconcileAsync(_nano)).RequeueAfter.ShouldBe(LookAgain);
        (Accepted().Status, Accepted().Reason).ShouldBe(("False", ConditionReasons.NameTaken));
        _cluster.Body("Deployment").ShouldNotBeNull();
    }

    [Fact]
    public async Task Taken_out_again_it_stays_until_the_last_pod_that_only_it_selects_has_gone()
    {
        await _cluster.ReconcileAsync(_nano);
        var marked = APod("nano-1", ready: true, node: "a").Of("nano");
        marked.Metadata.Labels[NemotronLabels.PodMonitor] = NemotronLabels.OwnPodMonitor;
        _cluster.Pods.Objects.Add(marked);
        _nano.Spec = _nano.Spec with { Monitoring = null };
        await _cluster.ReconcileAsync(_nano);
        MarkOfPods().ShouldBeNull();
        _cluster.Body(PodMonitor.KindName).ShouldBeNull();
        _cluster.Deleted.ShouldBeEmpty();

        _cluster.Pods.Objects.Clear();
        _cluster.Pods.Objects.Add(APod("nano-2", ready: true, node: "b").Of("nano"));
        await _cluster.ReconcileAsync(_nano);
        _cluster.Deleted.ShouldBe(["PodMonitor nano"]);
    }

    [Fact]
    public async Task One_of_somebody_else_is_left_alone()
    {
        _cluster.Monitors.Objects.Add(new PodMonitor { Metadata = new V1ObjectMeta { Name = "nano", NamespaceProperty = "models" } });
        _nano.Spec = _nano.Spec with { Monitoring = null };
        await _cluster.ReconcileAsync(_nano);
        _cluster.Deleted.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("15s", "15s")]
    [InlineData("1m", "60s")]
    [InlineData("1h1m1s", "3661s")]
    [InlineData("1.5s", "1500ms")]
    [InlineData("1.0001s", "1001ms")]
    public void The_interval_is_written_as_Prometheus_reads_it(string declared, string written)
    {
        var entity = ADeployment("nano", Asking(new PodMonitorSpec { Interval = Duration.Parse(declared) }));
        var decided = DeploymentDecision.Decide(Seen(entity, Pool("h100", ANode("a")))).Decided.ShouldNotBeNull();
        EnginePodMonitor.Build(entity, decided)!.Spec.PodMetricsEndpoints!.ShouldAllBe(endpoint => endpoint.Interval == written);
    }

    private static NemotronDeploymentSpec Asking(PodMonitorSpec monitor) => new() { Model = ModelTier.Nano, Monitoring = new MonitoringSpec { PodMonitor = monitor } };

    private string? MarkOfPods() => (string?)_cluster.Body("Deployment")!["spec"]!["template"]!["metadata"]!["labels"]![NemotronLabels.PodMonitor];

    private string? TemplateHash() => (string?)_cluster.Body("Deployment")!["metadata"]!["annotations"]![ChildLabels.TemplateHash];

    private V1Condition Accepted() => _cluster.Status.Conditions!.Single(condition => condition.Type == ConditionTypes.Accepted);

    private string? NotInEffect() => _cluster.Status.Conditions!.SingleOrDefault(condition => condition is { Type: ConditionTypes.AllFieldsInEffect, Status: "False" })?.Message;
}
