using System.Net.Http.Json;
using System.Text.Json;
using k8s;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The kubectl plugin against a running operator, its webhook, a real gateway and a simulated engine.</summary>
public class PluginTests
{
    private const string Nano = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec: {model: Nano, nodePool: h100, replicas: 1}
        """;

    [Fact]
    public async Task What_the_operator_writes_the_plugin_reads()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", engines: LabEngines.Simulated, gateway: true);
        var port = Ports.Free();
        await cluster.InstallWebhooksAsync(port);
        await cluster.StartOperatorAsync(leaderElect: true, webhookPort: port);
        await Until.TrueAsync(() => Webhooks.Bundle(cluster) is not null, "the webhooks' authority to be trusted");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));

        var status = Plugin.Run(cluster, "status", "nano", "-n", "models");
        status.ShouldStartWith("models/nano  ");
        status.ShouldContain("✓ Ready=True Serving: 1 of 1 replicas serve.");
        status.ShouldMatch("nano-[a-z0-9-]+  ready  h100-0  1 GPU  ");

        Plugin.Run(cluster, "explain", "nano", "-n", "models").ShouldContain("NoAutoscaling: spec.autoscaling is absent");

        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 4).Select(_ => AskAsync(cluster, stop.Token)).ToList();
        await Until.TrueAsync(
            () => JsonDocument.Parse(Plugin.Run(cluster, "top", "-n", "models", "-o", "json", "--interval", "1s")).RootElement[0] is var row
                && row.GetProperty("tokensPerSecond") is { ValueKind: JsonValueKind.Number } rate && rate.GetDouble() > 0 && row.GetProperty("inFlight").GetDouble() > 0,
            "tokens per second through the API server's proxy");
        await stop.CancelAsync();
        await Task.WhenAll(load);

        // Nothing of the operator runs in the cluster here: its Lease and its webhook do.
        var doctor = Plugin.Run(cluster, "doctor", "-n", "models");
        doctor.ShouldContain("0 faults");
        doctor.ShouldContain("leads, from outside the cluster");
        Console.WriteLine(doctor);
    }

    private static async Task AskAsync(TestCluster cluster, CancellationToken stop)
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
                    new { max_tokens = 200, ignore_eos = true, stream = true, messages = new[] { new { role = "user", content = "Hello." } } }, stop);
                await answer.Content.ReadAsByteArrayAsync(stop);
            }
            catch (Exception e) when (e is OperationCanceledException or HttpRequestException && stop.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
