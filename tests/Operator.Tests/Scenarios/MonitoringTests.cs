using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Dashboards;
using Nemotron.Dashboards.Descriptions;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>
/// Every expression of every dashboard and every rule, evaluated by a real Prometheus over an operator, real gateways and simulated engines under a load that is
/// answered with replicas.
/// </summary>
public class MonitoringTests
{
    private const string Nano = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec:
          model: Nano
          nodePool: h100
          engine: {version: 1.3.0rc25}
          autoscaling:
            minReplicas: 1
            maxReplicas: 3
            targets:
              tokensPerSecondPerReplica: 100
              latency:
                modeOn: {ttft: 2s, itl: 60ms}
                modeOff: {ttft: 1s, itl: 60ms, percentile: 90}
        """;

    private static readonly IReadOnlyList<DashboardDescription> Dashboards = DescriptionReader.ReadAll(Repository.PathOf(GeneratedFiles.Descriptions));

    [Fact]
    public async Task Every_panel_is_filled_and_every_rule_holds()
    {
        await using var cluster = await TestCluster.StartAsync("2xH100:8", engines: LabEngines.Simulated, gateway: true);
        var (metrics, webhooks) = (Ports.Free(), Ports.Free());
        await using var prometheus = await PrometheusServer.StartAsync(
            cluster.Client, Directory.GetFiles(Repository.PathOf("config", "prometheus"), "*.yaml"), metrics);
        await cluster.InstallWebhooksAsync(webhooks);
        using var process = OperatorProcess.Start(
            "--kubeconfig", cluster.Kubeconfig, "--leader-elect-namespace=default", $"--metrics-port={metrics}", "--health-port=0", $"--webhook-port={webhooks}", "--webhook-namespace=nemotron-system",
            "--engine-health=true", $"--prometheus-url={prometheus.Url}", "--prometheus-window-seconds=10", "--scaling-interval-seconds=1");
        await Until.TrueAsync(() => Webhooks.Bundle(cluster) is not null, "the webhooks to be trusted", details: () => process.Output);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));

        await using (await ChatLoad.BeginAsync(cluster.Client, "nano", 24))
        {
            await Until.TrueAsync(() => cluster.Deployment("nano")!.Status!.LastScaling is not null, "the load to be answered with replicas", TimeSpan.FromMinutes(2), () => process.Output);
            await FilledAsync(prometheus);
            await RulesHoldAsync(prometheus);
            await KeepAsync(prometheus);
        }
    }

    private static async Task FilledAsync(PrometheusServer prometheus)
    {
        var panels = Dashboards.SelectMany(dashboard => dashboard.Rows.SelectMany(row => row.Panels).Select(panel => (dashboard, panel))).ToList();
        // Rates need a while; what is still empty then is.
        var empty = new List<string>();
        var limit = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            empty.Clear();
            foreach (var (dashboard, panel) in panels.Where(entry => entry.panel.Unfilled is null))
                if (await SeriesAsync(prometheus, dashboard, panel) == 0) empty.Add($"{dashboard.Title}, {panel.Title}");
            foreach (var (dashboard, annotation) in Dashboards.SelectMany(dashboard => dashboard.Annotations.Select(annotation => (dashboard, annotation))))
                if (await CountAsync(prometheus, dashboard, annotation.Expr) == 0) empty.Add($"{dashboard.Title}, events \"{annotation.Name}\"");
        }
        while (empty.Count > 0 && TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromMinutes(2) && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken));

        empty.ShouldBeEmpty("nothing to see, though the scenario should fill it");
        foreach (var (dashboard, panel) in panels.Where(entry => entry.panel.Unfilled is not null))
            (await SeriesAsync(prometheus, dashboard, panel)).ShouldBe(0, $"{dashboard.Title}, {panel.Title} is filled: its \"unfilled\" is no longer true");
        var queries = panels.Sum(entry => entry.panel.Queries.Count);
        Console.WriteLine($"measured: {Dashboards.Count} dashboards, {panels.Count} panels, {queries} expressions, no error; empty with a stated reason: {panels.Count(entry => entry.panel.Unfilled is not null)} panels");
    }

    private static async Task<int> SeriesAsync(PrometheusServer prometheus, DashboardDescription dashboard, PanelDescription panel)
    {
        var series = 0;
        foreach (var query in panel.Queries) series += await CountAsync(prometheus, dashboard, query.Expr);
        return series;
    }

    private static async Task<int> CountAsync(PrometheusServer prometheus, DashboardDescription dashboard, string expression)
    {
        try
        {
            return (await prometheus.AskAsync("query", ("query", Substituted(expression))))["result"]!.AsArray().Count;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{dashboard.Title}: {expression}: {e.Message}", e);
        }
    }

    // As Grafana puts a reader's choices in.
    private static string Substituted(string expression) => expression
        .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
        .Replace("$namespace", "models", StringComparison.Ordinal)
        .Replace("$deployment", "nano", StringComparison.Ordinal)
        .Replace("$pool", "h100", StringComparison.Ordinal)
        .Replace("$job", "nemotron-operator", StringComparison.Ordinal)
        .Replace("$gpu_hour_price", "1", StringComparison.Ordinal);

    private static async Task RulesHoldAsync(PrometheusServer prometheus)
    {
        var rules = (await prometheus.AskAsync("rules"))["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).ToList();
        rules.Count.ShouldBeGreaterThan(40);
        foreach (var rule in rules) rule!["health"]!.GetValue<string>().ShouldBe("ok", $"{rule["name"]}: {rule["lastError"]}");
        // What records are for: each has something to say under a load with objectives, but for those whose windows say the same of hours.
        foreach (var record in rules.Where(rule => rule!["type"]!.GetValue<string>() == "recording").Select(rule => rule!["name"]!.GetValue<string>()).Distinct())
            (await prometheus.AskAsync("query", ("query", record)))["result"]!.AsArray().Count.ShouldBeGreaterThan(0, record);
        Console.WriteLine($"measured: {rules.Count} rules evaluated, none failed");
    }

    /// <summary>What the panels show, for scripts/dashboard-pictures.sh to draw.</summary>
    private static async Task KeepAsync(PrometheusServer prometheus)
    {
        if (Environment.GetEnvironmentVariable("NEMOTRON_DASHBOARD_DATA") is not { Length: > 0 } folder) return;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromMinutes(3)) await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(folder);
        var end = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        foreach (var dashboard in Dashboards)
        {
            var answers = new JsonObject();
            foreach (var expression in dashboard.Rows.SelectMany(row => row.Panels).SelectMany(panel => panel.Queries).Select(query => query.Expr.Trim()).Concat(dashboard.Annotations.Select(annotation => annotation.Expr)).Distinct())
            {
                var range = await prometheus.AskAsync(
                    "query_range", ("query", Substituted(expression)), ("start", (end - 300).ToString(CultureInfo.InvariantCulture)), ("end", end.ToString(CultureInfo.InvariantCulture)), ("step", "2"));
                answers[expression] = range["result"]!.DeepClone();
            }

            await File.WriteAllTextAsync(Path.Combine(folder, $"{dashboard.Uid}.json"), answers.ToJsonString());
        }
    }
}
