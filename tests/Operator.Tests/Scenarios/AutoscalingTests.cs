using System.Net.Http.Json;
using System.Text.Json;
using k8s;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>Simulated engines behind real gateways under a real load, scraped by a real Prometheus, scaled by what that says.</summary>
public class AutoscalingTests
{
    private const string Nano = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec:
          model: Nano
          nodePool: h100
          autoscaling:
            minReplicas: 1
            maxReplicas: 3
            targets: {tokensPerSecondPerReplica: 100}
            behavior: {scaleDown: {stabilization: 10s}}
        """;

    [Fact]
    public async Task A_load_makes_replicas_its_end_takes_them_back_and_without_Prometheus_nothing_moves()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        await using var prometheus = await PrometheusServer.StartAsync(cluster.Client);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano));
        await cluster.StartOperatorAsync(scaling: new ScalingSettings
        {
            Interval = TimeSpan.FromSeconds(1),
            Prometheus = new PrometheusSettings { Url = prometheus.Url, Window = TimeSpan.FromSeconds(10) },
        });
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
        await Until.TrueAsync(() => Condition(cluster, ConditionTypes.MetricsAvailable) is { Status: "True" } or { Message: not null, Status: "Unknown" }, "the autoscaler to look");

        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 24).Select(client => AskAsync(cluster, client, stop.Token)).ToList();
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.DesiredReplicas >= 2, "the load to be answered with replicas", TimeSpan.FromMinutes(2), () => Told(cluster));
        var change = cluster.Deployment("nano")!.Status!.LastScaling!;
        change.To!.Value.ShouldBeGreaterThan(change.From!.Value);
        change.Message!.ShouldContain("requests/s");
        Console.WriteLine($"measured: {change.Message}");
        (await cluster.Kubectl.RunAsync("-n models get events --field-selector reason=ScaledUp")).Succeeded().ShouldContain("replicas.");
        await Until.TrueAsync(() => Condition(cluster, ConditionTypes.MetricsAvailable) is { Status: "True" }, "metrics of all replicas", TimeSpan.FromMinutes(2));
        await Until.TrueAsync(
            () => JsonDocument.Parse(Plugin.Run(cluster, "top", "-n", "models", "-o", "json", "--prometheus-url", prometheus.Url.ToString())).RootElement[0] is var row
                && row.GetProperty("tokensPerSecond") is { ValueKind: JsonValueKind.Number } rate && rate.GetDouble() > 0 && row.GetProperty("inFlight") is { ValueKind: JsonValueKind.Number } inFlight && inFlight.GetDouble() > 0,
            "the plugin's top to show the load as Prometheus has it", TimeSpan.FromMinutes(2), () => Plugin.Run(cluster, "top", "-n", "models", "--prometheus-url", prometheus.Url.ToString()));

        await stop.CancelAsync();
        await Task.WhenAll(load);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.DesiredReplicas == 1, "the fleet to shrink again", TimeSpan.FromMinutes(3), () => Told(cluster));

        using var again = new CancellationTokenSource();
        load = [.. Enumerable.Range(0, 24).Select(client => AskAsync(cluster, client, again.Token))];
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.DesiredReplicas >= 2, "the load to be answered again", TimeSpan.FromMinutes(2));
        await prometheus.KillAsync();
        await Until.TrueAsync(() => Condition(cluster, ConditionTypes.MetricsAvailable) is { Status: "False", Reason: ConditionReasons.PrometheusUnreachable }, "Prometheus to be missed");
        var held = cluster.Deployment("nano")!.Status!.DesiredReplicas;
        await again.CancelAsync();
        await Task.WhenAll(load);
        // Longer than it took to shrink.
        var until = cluster.Lab.Time.GetUtcNow() + TimeSpan.FromSeconds(20);
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() > until, "time to pass without Prometheus");
        cluster.Deployment("nano")!.Status!.DesiredReplicas.ShouldBe(held);
    }

    private static async Task AskAsync(TestCluster cluster, int client, CancellationToken stop)
    {
        var service = await cluster.Client.ReadNamespacedServiceAsync("nano", "models", cancellationToken: stop);
        var port = service.Spec.Ports.First(candidate => candidate.Name == "http").Port;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.PostAsJsonAsync(
                    new Uri($"http://{service.Spec.ClusterIP}:{port}/v1/chat/completions"),
                    new { max_tokens = 120, ignore_eos = true, messages = new[] { new { role = "user", content = $"Client {client} says hello." } } }, stop);
                await answer.Content.ReadAsByteArrayAsync(stop);
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException && stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static string Told(TestCluster cluster) =>
        $"{cluster.Deployment("nano")?.Status?.Autoscaler?.Message} {string.Join(" ", cluster.Deployment("nano")?.Status?.Conditions?.Select(condition => $"{condition.Type}: {condition.Message}") ?? [])}";

    private static k8s.Models.V1Condition? Condition(TestCluster cluster, string type) => cluster.Deployment("nano")?.Condition(type);
}
