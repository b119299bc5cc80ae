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
        await ServeAsync(cluster, prometheus, Nano);
        await Until.TrueAsync(() => Condition(cluster, ConditionTypes.MetricsAvailable) is { Status: "True" } or { Message: not null, Status: "Unknown" }, "the autoscaler to look");

        // A few go on when the load has ended, by far less than one replica holds: of what they ask nothing may be lost by the shrinking.
        await using var few = await SteadyClients.BeginAsync(cluster, "nano", clients: 2, pause: TimeSpan.FromSeconds(8));
        await using var tally = await GatewayTally.BeginAsync(cluster, "nano");
        await using var load = await BeginLoadAsync(cluster);
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

        await load.EndAsync();
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.DesiredReplicas == 1, "the fleet to shrink again", TimeSpan.FromMinutes(3), () => Told(cluster));
        await Until.TrueAsync(() => cluster.Pods("nano").Count == 1, "the other replicas to be gone", TimeSpan.FromMinutes(2), () => Told(cluster));
        await few.EndAsync();
        Console.WriteLine($"measured: autoscaled down to one replica: {load.Answered + few.Answered} requests answered and {load.Lost.Count + few.Lost.Count} lost");
        load.Lost.Concat(few.Lost).ShouldBeEmpty();
        tally.ByPod.Count.ShouldBeGreaterThan(1);
        await tally.ShouldHaveLostNoneAnywhereAsync();

        await using var again = await BeginLoadAsync(cluster);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.DesiredReplicas >= 2, "the load to be answered again", TimeSpan.FromMinutes(2));
        await prometheus.KillAsync();
        await Until.TrueAsync(() => Condition(cluster, ConditionTypes.MetricsAvailable) is { Status: "False", Reason: ConditionReasons.PrometheusUnreachable }, "Prometheus to be missed");
        var held = cluster.Deployment("nano")!.Status!.DesiredReplicas;
        await again.EndAsync();
        // Longer than it took to shrink.
        var until = cluster.Lab.Time.GetUtcNow() + TimeSpan.FromSeconds(20);
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() > until, "time to pass without Prometheus");
        cluster.Deployment("nano")!.Status!.DesiredReplicas.ShouldBe(held);
    }

    [Fact]
    public async Task An_idle_deployment_gives_its_last_GPU_back_and_a_request_that_is_held_meanwhile_is_answered()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        await using var prometheus = await PrometheusServer.StartAsync(cluster.Client);
        await ServeAsync(cluster, prometheus, """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: nano, namespace: models}
            spec:
              model: Nano
              nodePool: h100
              reasoning: {default: "On"}
              autoscaling:
                maxReplicas: 2
                scaleToZero: {idleAfter: 10s, holdRequests: 5m}
            """);
        await Until.TrueAsync(() => Replicas(cluster) == 0, "the last replica to go", TimeSpan.FromMinutes(3), () => Told(cluster));
        cluster.Deployment("nano")!.Status!.LastScaling!.Reason.ShouldBe("Idle");
        var service = await cluster.Client.ReadNamespacedServiceAsync("nano", "models", cancellationToken: TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{service.Spec.ClusterIP}:8000"), Timeout = TimeSpan.FromMinutes(5) };

        // Who only looks wakes nobody.
        using (var look = await http.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken)) ((int)look.StatusCode).ShouldBe(503);
        using var answer = await http.PostAsJsonAsync("/v1/chat/completions", new { max_tokens = 20, messages = new[] { new { role = "user", content = "Hello." } } }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        // By the replica's own gateway.
        answer.Headers.GetValues("X-Nemotron-Reasoning").ShouldBe(["on"]);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("<think>");
        Replicas(cluster).ShouldBe(1);
        var change = cluster.Deployment("nano")!.Status!.LastScaling!;
        change.Reason.ShouldBe("Activation");
        Console.WriteLine($"measured: {change.Message}");
        await Until.TrueAsync(
            () => cluster.Client.ReadNamespacedService("nano", "models").Spec.Selector.ContainsKey(NemotronLabels.Deployment), "clients to be led to the replica again");
    }

    [Fact]
    public async Task At_the_ceiling_with_requests_waiting_the_thinking_budget_goes_down_a_step_at_a_time()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        await using var prometheus = await PrometheusServer.StartAsync(cluster.Client);
        await ServeAsync(cluster, prometheus, """
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata: {name: nano, namespace: models}
            spec:
              model: Nano
              nodePool: h100
              engine: {version: 1.3.0rc14, reasoningParser: deepseek-r1}
              maxConcurrentRequests: 2
              reasoning:
                default: "On"
                budgetTokens: 8192
                pressure: {floorTokens: 2048, stepAfter: 15s, restoreAfter: 10m}
              autoscaling: {minReplicas: 1, maxReplicas: 1}
            """);
        await using var load = await BeginLoadAsync(cluster);
        await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.Reasoning?.BudgetTokens == 2048, "the budget to go down to its floor", TimeSpan.FromMinutes(2), () => $"{cluster.Deployment("nano")!.Status!.Reasoning?.BudgetTokens} {Told(cluster)}");
        var pressure = cluster.Deployment("nano")!.Status!.Reasoning!.Pressure!;
        pressure.Steps.ShouldBe(2);
        Console.WriteLine($"measured: {pressure.Message}");
        Condition(cluster, ConditionTypes.BudgetLowered)!.Status.ShouldBe("True");
        (await cluster.Kubectl.RunAsync("-n models get events --field-selector reason=BudgetReduced -o name")).Succeeded().ShouldNotBeEmpty();

        // It reaches the gateway that runs, by its file, and clients are told.
        var service = await cluster.Client.ReadNamespacedServiceAsync("nano", "models", cancellationToken: TestContext.Current.CancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{service.Spec.ClusterIP}:8000") };
        string? source = null;
        await Until.TrueAsync(() =>
        {
            using var answer = http.PostAsJsonAsync("/v1/chat/completions", new { max_tokens = 4, messages = new[] { new { role = "user", content = "Hello." } } }, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
            source = $"{answer.Headers.GetValues("X-Nemotron-Thinking-Budget").Single()} by {answer.Headers.GetValues("X-Nemotron-Thinking-Budget-Source").Single()}";
            return source == "2048 by pressure";
        }, "the gateway to hold the lower budget", TimeSpan.FromMinutes(2), () => source ?? "no answer");
    }

    private static int Replicas(TestCluster cluster) => cluster.Client.ListNamespacedPod("models", labelSelector: $"{NemotronLabels.Deployment}=nano").Items.Count;

    // Scaled by what the Prometheus says, every second.
    private static async Task ServeAsync(TestCluster cluster, PrometheusServer prometheus, string deployment)
    {
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, deployment));
        await cluster.StartOperatorAsync(scaling: new ScalingSettings
        {
            Interval = TimeSpan.FromSeconds(1),
            Prometheus = new PrometheusSettings { Url = prometheus.Url, Window = TimeSpan.FromSeconds(10) },
        });
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
    }

    private static Task<SteadyClients> BeginLoadAsync(TestCluster cluster) => SteadyClients.BeginAsync(cluster, "nano", clients: 24, tokens: 120);

    private static string Told(TestCluster cluster) =>
        $"{cluster.Deployment("nano")?.Status?.Autoscaler?.Message} {string.Join(" ", cluster.Deployment("nano")?.Status?.Conditions?.Select(condition => $"{condition.Type}: {condition.Message}") ?? [])}";

    private static k8s.Models.V1Condition? Condition(TestCluster cluster, string type) => cluster.Deployment("nano")?.Condition(type);
}
