using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>
/// The declared reasoning mode, from the resource to the model's text: the real gateway beside simulated engines, asked through the Service.
/// </summary>
public sealed class ReasoningTests : IDisposable
{
    // The gateway is a process of this machine and lives by its clock; the kubelets' probes must leave it time to start.
    private const double Speed = 4;

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromMinutes(2) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task The_declared_mode_is_what_the_model_does_changes_without_a_restart_and_is_verified()
    {
        await using var cluster = await StartAsync(replicas: 1);
        var before = Pods(cluster).Single();
        await UntilVerifiedAsync(cluster, "A request that says nothing got Off; one for On got On. The model's text shows it.");
        cluster.Deployment("nano")!.Status!.Reasoning!.Probed.ShouldNotBeNullOrEmpty();

        var plain = await AskAsync(cluster);
        plain.Text.ShouldStartWith("Simulated answer of ");
        (plain.Mode, plain.Source).ShouldBe(("off", "default"));
        (await AskAsync(cluster, mode: "on")).Text.ShouldStartWith("<think>\n");

        // The client's own system prompt reaches the model, and does not take the mode away.
        var prompted = await AskAsync(cluster, system: "Answer in French, and be very brief about it.");
        prompted.Text.ShouldStartWith("Simulated answer of ");
        prompted.PromptTokens!.Value.ShouldBeGreaterThan(plain.PromptTokens!.Value);

        await PatchAsync(cluster, """{"spec":{"reasoning":{"default":"On"}}}""");
        await UntilVerifiedAsync(cluster, "A request that says nothing got On; one for Off got Off. The model's text shows it.");
        (await AskAsync(cluster)).Text.ShouldStartWith("<think>\n");
        (await AskAsync(cluster, system: "Answer in French, and be very brief about it.")).Text.ShouldStartWith("<think>\n");

        await PatchAsync(cluster, """{"spec":{"reasoning":{"default":"Off","enforcement":"Enforced"}}}""");
        await UntilVerifiedAsync(cluster, "A request that says nothing got Off; one for On got Off, as enforced. The model's text shows it.");
        var overruled = await AskAsync(cluster, mode: "on");
        overruled.Text.ShouldStartWith("Simulated answer of ");
        (overruled.Mode, overruled.Source, overruled.Overridden).ShouldBe(("off", "enforced", "on"));
        (await AskAsync(cluster, system: "detailed thinking on")).Overridden.ShouldBe("on");

        var after = Pods(cluster).Single();
        after.Metadata.Uid.ShouldBe(before.Metadata.Uid, "no change of the reasoning mode restarts a pod");
        after.Status.ContainerStatuses.ShouldAllBe(status => status.RestartCount == 0);

        // Settled: nobody is asked again and nothing is written.
        var asked = await RequestsAsync(after);
        cluster.Lab.Server.Log.Clear();
        var from = cluster.Lab.Time.GetUtcNow();
        await Until.TrueAsync(() => cluster.Lab.Time.GetUtcNow() - from > TimeSpan.FromSeconds(20), "20 seconds of the Lab to pass");
        cluster.Lab.Server.Log.Requests.Where(request => request.IsWrite).Select(request => $"{request.Method} {request.Path}").ShouldBeEmpty();
        (await RequestsAsync(after)).ShouldBe(asked);
    }

    [Fact]
    public async Task Behind_Triton_an_enforced_mode_is_in_the_prompt_and_is_verified()
    {
        await using var cluster = await StartAsync(replicas: 1, engine: "Triton", enforcement: "Enforced");
        await UntilVerifiedAsync(cluster, "A request that says nothing got Off; one for On got Off, as enforced. The model's text shows it.");
        var overruled = await AskAsync(cluster, mode: "on");
        overruled.Text.ShouldStartWith("Simulated answer of ");
        (overruled.Mode, overruled.Source, overruled.Overridden).ShouldBe(("off", "enforced", "on"));
        (await AskAsync(cluster, system: "detailed thinking on")).Text.ShouldStartWith("Simulated answer of ");
        (await cluster.Kubectl.RunAsync("-n models get services -o name")).Succeeded().ShouldNotContain("grpc");

        await PatchAsync(cluster, """{"spec":{"reasoning":{"default":"On"}}}""");
        await UntilVerifiedAsync(cluster, "A request that says nothing got On; one for Off got On, as enforced. The model's text shows it.");
        (await AskAsync(cluster, system: "Be brief.")).Text.ShouldStartWith("<think>\n");

        // Who may choose may also ask Triton itself.
        await PatchAsync(cluster, """{"spec":{"reasoning":{"enforcement":"Default"}}}""");
        await UntilVerifiedAsync(cluster, "A request that says nothing got On; one for Off got Off. The model's text shows it.");
        (await cluster.Kubectl.RunAsync("-n models get services -o name")).Succeeded().ShouldContain("service/nano-grpc");
    }

    [Theory]
    [InlineData("TrtLlmServe")]
    [InlineData("Triton")]
    public async Task A_scale_down_loses_no_stream_in_flight(string engine)
    {
        const int streams = 12;
        await using var cluster = await StartAsync(replicas: 2, engine);
        var service = await ServiceAsync(cluster);
        var answers = Enumerable.Range(0, streams).Select(i => StreamAsync(service, i)).ToList();
        var pods = Pods(cluster);
        await Until.TrueAsync(() => pods.All(pod => InFlightAsync(pod).GetAwaiter().GetResult() > 0), "both replicas to have streams");

        (await cluster.Kubectl.RunAsync("-n models scale nemo nano --replicas=1")).Succeeded();
        V1Pod? victim = null;
        await Until.TrueAsync(() => (victim = Pods(cluster, all: true).FirstOrDefault(pod => pod.Metadata.DeletionTimestamp is not null)) is not null, "a replica to be taken away");
        (await InFlightAsync(victim!)).ShouldBeGreaterThan(0, "the replica goes while it has streams");
        await Until.TrueAsync(() => RefusesAsync(victim!).GetAwaiter().GetResult(), "it to refuse new requests");

        var texts = await Task.WhenAll(answers);
        texts.ShouldAllBe(text => text.Whole);
        await Until.TrueAsync(() => Pods(cluster, all: true).Count == 1, "the replica to be gone", details: () => string.Join(", ", Pods(cluster, all: true).Select(pod => pod.Metadata.Name)));
        // By its own end, not by the kubelet's patience.
        (await cluster.Kubectl.RunAsync("-n models get events --field-selector reason=FailedPreStopHook -o name")).Succeeded().ShouldBeEmpty();
        (await AskAsync(cluster)).Text.ShouldStartWith("Simulated answer of ");
    }

    private static async Task<TestCluster> StartAsync(int replicas, string engine = "TrtLlmServe", string enforcement = "Default")
    {
        var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: Speed, engines: LabEngines.Simulated, gateway: true);
        await cluster.StartOperatorAsync();
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, $$"""
            apiVersion: serving.nemotron.dev/v1alpha1
            kind: NemotronDeployment
            metadata:
              name: nano
              namespace: models
            spec:
              model: Nano
              tensorParallel: 1
              maxContextTokens: 32768
              replicas: {{replicas}}
              engine: {type: {{engine}}}
              reasoning:
                default: "Off"
                enforcement: {{enforcement}}
            """));
        await cluster.UntilReadyAsync(1, limit: TimeSpan.FromMinutes(3));
        return cluster;
    }

    private static async Task PatchAsync(TestCluster cluster, string patch) =>
        (await cluster.Kubectl.RunAsync($"-n models patch nemo nano --type=merge -p {patch}")).Succeeded();

    private static Task UntilVerifiedAsync(TestCluster cluster, string message) => Until.TrueAsync(
        () => cluster.Deployment("nano")!.Condition(ConditionTypes.ReasoningVerified) is { Status: "True", Reason: ConditionReasons.Verified } condition && condition.Message == message,
        $"ReasoningVerified: {message}",
        TimeSpan.FromMinutes(2),
        () => cluster.Deployment("nano")!.Status?.Conditions?.FirstOrDefault(condition => condition.Type == ConditionTypes.ReasoningVerified) is { } now ? $"{now.Status} {now.Reason} {now.Message}" : "no condition");

    private async Task<Answer> AskAsync(TestCluster cluster, string? mode = null, string? system = null)
    {
        object[] messages = system is null ? [new { role = "user", content = "Why is the sky blue?" }] : [new { role = "system", content = system }, new { role = "user", content = "Why is the sky blue?" }];
        using var request = new HttpRequestMessage(HttpMethod.Post, await ServiceAsync(cluster)) { Content = JsonContent.Create(new { model = "nano", max_tokens = 40, messages }) };
        if (mode is not null) request.Headers.Add("X-Nemotron-Reasoning", mode);
        using var response = await _http.SendAsync(request, Cancel);
        response.EnsureSuccessStatusCode();
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
        return new Answer(
            (string)body["choices"]![0]!["message"]!["content"]!, (int?)body["usage"]!["prompt_tokens"], Header("X-Nemotron-Reasoning"), Header("X-Nemotron-Reasoning-Source"), Header("X-Nemotron-Reasoning-Overridden"));
    }

    // Long enough to be under way when the Service's tables have forgotten the replica.
    private async Task<(bool Whole, int Pieces)> StreamAsync(Uri service, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, service)
        {
            Content = JsonContent.Create(new { model = "nano", stream = true, max_tokens = 12000, messages = new[] { new { role = "user", content = $"Tell me story {number}." } } }),
        };
        request.Headers.Add("x-lab-output-tokens", "12000");
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        var (pieces, finished) = (0, false);
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (line == "data: [DONE]") return (finished, pieces);
            pieces++;
            finished |= line.Contains("\"finish_reason\":\"length\"", StringComparison.Ordinal) || line.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal);
        }

        return (false, pieces);
    }

    private async Task<int> InFlightAsync(V1Pod pod) =>
        (int)JsonNode.Parse(await _http.GetStringAsync(new Uri($"http://{pod.Status.PodIP}:9464/drain"), Cancel))!["inFlight"]!;

    private async Task<string> RequestsAsync(V1Pod pod) => string.Join(
        '\n', (await _http.GetStringAsync(new Uri($"http://{pod.Status.PodIP}:9464/metrics"), Cancel)).Split('\n').Where(line => line.StartsWith("nemotron_gateway_requests_total", StringComparison.Ordinal)));

    private async Task<bool> RefusesAsync(V1Pod pod)
    {
        using var response = await _http.PostAsync(new Uri($"http://{pod.Status.PodIP}:8000/v1/chat/completions"), JsonContent.Create(new { model = "nano", max_tokens = 1, messages = new[] { new { role = "user", content = "Hi." } } }), Cancel);
        return response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter is not null;
    }

    private static async Task<Uri> ServiceAsync(TestCluster cluster)
    {
        var service = await cluster.Client.ReadNamespacedServiceAsync("nano", "models", cancellationToken: Cancel);
        return new Uri($"http://{service.Spec.ClusterIP}:{service.Spec.Ports.First(port => port.Name == "http").Port}/v1/chat/completions");
    }

    private static List<V1Pod> Pods(TestCluster cluster, bool all = false) => [.. cluster.Client.ListNamespacedPod("models", labelSelector: "serving.nemotron.dev/deployment=nano").Items
        .Where(pod => all || pod.Metadata.DeletionTimestamp is null)];

    private sealed record Answer(string Text, int? PromptTokens, string? Mode, string? Source, string? Overridden);
}
