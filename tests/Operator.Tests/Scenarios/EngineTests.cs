using System.Net.Http.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The operator and simulated engines: ready by real probes, answers through real Services, restarts by real liveness.</summary>
public class EngineTests
{
    [Fact]
    public async Task A_fleet_is_ready_by_its_probes_answers_through_its_Services_and_heals_a_crashed_rank()
    {
        await using var cluster = await TestCluster.StartAsync("3xH100:8", clockSpeed: 20, engines: LabEngines.Simulated);
        await cluster.StartOperatorAsync();
        (await cluster.Kubectl.RunAsync("apply -f config/samples/fleet.yaml")).Succeeded();
        await cluster.UntilReadyAsync(3, limit: TimeSpan.FromMinutes(3));

        // By the kubelet's probes of what listens at the pods' addresses, and by nothing else.
        foreach (var name in new[] { "nano", "super", "ultra" })
        {
            var pod = Pod(cluster, name);
            pod.Status.ContainerStatuses.ShouldAllBe(status => status.Ready && status.Started == true);
            (await cluster.Kubectl.RunAsync($"-n models logs {pod.Metadata.Name} -c engine")).Succeeded().ShouldContain("simulated");
        }

        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var answer = await StreamAsync(cluster, client, "nano", "Say hello.");
        answer.ShouldStartWith("Simulated answer of ");

        var before = Pod(cluster, "nano");
        cluster.Lab.SetFault("models", before.Metadata.Name, "rank-crash");
        await Until.TrueAsync(() => Pod(cluster, "nano") is var now && now.Metadata.Uid == before.Metadata.Uid && Restarts(now) == 1, "liveness to restart the engine", TimeSpan.FromMinutes(3));
        await cluster.UntilReadyAsync(3, limit: TimeSpan.FromMinutes(3));
        (await cluster.Kubectl.RunAsync("-n models get events --field-selector reason=Killing")).Succeeded().ShouldContain("Container engine failed liveness probe, will be restarted");
        (await StreamAsync(cluster, client, "nano", "Say hello.")).ShouldBe(answer);
    }

    private static async Task<string> StreamAsync(TestCluster cluster, HttpClient client, string deployment, string question)
    {
        var service = await cluster.Client.ReadNamespacedServiceAsync(deployment, "models", cancellationToken: TestContext.Current.CancellationToken);
        var port = service.Spec.Ports.First(candidate => candidate.Name == "http").Port;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{service.Spec.ClusterIP}:{port}/v1/chat/completions"))
        {
            Content = JsonContent.Create(new { stream = true, max_tokens = 40, messages = new[] { new { role = "user", content = question } } }),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var text = "";
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line == "data: [DONE]") return text;
            if (line.StartsWith("data: ", StringComparison.Ordinal)) text += (string?)JsonNode.Parse(line["data: ".Length..])!["choices"]?[0]?["delta"]?["content"];
        }

        throw new EndOfStreamException($"the stream ended without its mark after: {text}");
    }

    private static V1Pod Pod(TestCluster cluster, string deployment) =>
        cluster.Client.ListNamespacedPod("models", labelSelector: $"serving.nemotron.dev/deployment={deployment}").Items.Single(pod => pod.Metadata.DeletionTimestamp is null);

    private static int Restarts(V1Pod pod) => pod.Status.ContainerStatuses.Single(status => status.Name == "engine").RestartCount;
}
