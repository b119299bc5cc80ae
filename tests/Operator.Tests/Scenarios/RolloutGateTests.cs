using k8s;
using k8s.Models;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>A change that makes replicas fail requests reaches one of them: real gateways count, a real Prometheus is asked, the Lab's Deployment controller is stopped.</summary>
public class RolloutGateTests
{
    private const string Failing = "podTemplate: {metadata: {annotations: {lab.nemotron.dev/fault: fail=50}}}";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task A_rollout_whose_new_replica_fails_requests_goes_no_further_until_the_template_is_mended()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 2, engines: LabEngines.Simulated, gateway: true);
        await using var prometheus = await PrometheusServer.StartAsync(cluster.Client);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano()));
        await cluster.StartOperatorAsync(scaling: new ScalingSettings
        {
            Interval = TimeSpan.FromSeconds(2),
            Prometheus = new PrometheusSettings { Url = prometheus.Url, Window = TimeSpan.FromSeconds(10) },
        });
        await cluster.UntilReadyAsync(1, limit: Limit);
        var old = cluster.Pods("nano").Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal).ToList();
        old.Count.ShouldBe(2);
        cluster.Deployment("nano")!.Is(ConditionTypes.AllFieldsInEffect).ShouldBeTrue();

        await using var load = await SteadyClients.BeginAsync(cluster, "nano", clients: 4, tokens: 4, pause: TimeSpan.FromMilliseconds(200));
        await cluster.ApplyAsync(Nano(Failing));
        await Until.TrueAsync(() => Progressing(cluster) is { Status: "False", Reason: ConditionReasons.GateFailed }, "the gate to fail", Limit, () => Told(cluster));
        Console.WriteLine($"measured: {Progressing(cluster)!.Message}");
        Live(cluster).Spec.Paused.ShouldBe(true);
        (await cluster.Kubectl.RunAsync("-n models get events --field-selector reason=GateFailed -o name")).Succeeded().ShouldNotBeEmpty();

        // Longer than a new replica has to serve before the next old one goes.
        var until = cluster.Lab.Time.GetUtcNow() + TimeSpan.FromSeconds(90);
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() > until, "time to pass");
        cluster.Pods("nano").Select(pod => pod.Metadata.Name).Intersect(old).Count().ShouldBe(2, Told(cluster));
        Live(cluster).Status.UpdatedReplicas.ShouldBe(1);

        await cluster.ApplyAsync(Nano("podTemplate: {metadata: {annotations: {example.org/mended: now}}}"));
        await Until.TrueAsync(() => Progressing(cluster) is { Reason: ConditionReasons.RolledOut } && Live(cluster) is { Status: { Replicas: 2, UpdatedReplicas: 2 } }, "the mended template to reach all", Limit, () => Told(cluster));
        Live(cluster).Spec.Paused.ShouldNotBe(true);
        cluster.Pods("nano").Select(pod => pod.Metadata.Name).Intersect(old).ShouldBeEmpty();
    }

    private static string Nano(string more = "priority: 0") => $$"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec:
          model: Nano
          nodePool: h100
          replicas: 2
          rollout: {gates: {maxErrorPercent: 10} }
          {{more}}
        """;

    private static V1Deployment Live(TestCluster cluster) => cluster.Client.AppsV1.ReadNamespacedDeployment("nano", "models");

    private static V1Condition? Progressing(TestCluster cluster) => cluster.Deployment("nano")?.Condition(ConditionTypes.Progressing);

    private static string Told(TestCluster cluster) =>
        $"{string.Join(" ", cluster.Deployment("nano")?.Status?.Conditions?.Select(condition => $"{condition.Type}: {condition.Message}") ?? [])} {string.Join(" ", cluster.Pods("nano").Select(pod => pod.Metadata.Name))}";
}
