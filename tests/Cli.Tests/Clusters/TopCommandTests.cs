using System.Net.Http.Json;
using System.Text.Json;
using Nemotron.Cli.Loads;
using Nemotron.Crds;
using Nemotron.Lab.Nodes;

namespace Nemotron.Cli.Tests.Clusters;

public sealed class TopCommandTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly NemotronDeployment Entity = new()
    {
        Metadata = new() { Name = "super", NamespaceProperty = "models" },
        Status = new NemotronDeploymentStatus { ReadyReplicas = 2, DesiredReplicas = 2 },
    };

    private static readonly ServingPod[] Pods = [Pod("a"), Pod("b")];

    [Fact]
    public void Rates_are_what_was_counted_between_two_readings()
    {
        var before = GatewayCounters.Read(Text(1000, 4, 10, 20), Start);
        var after = GatewayCounters.Read(Text(1500, 6, 10, 40), Start.AddSeconds(5));
        after.TokensPerSecond(before).ShouldBe(100);
        after.InFlight.ShouldBe(6);
        // All twenty of the interval were between 0.5 and 1 s, none below.
        after.TtftSince(before)!.Quantile(0.5)!.Value.ShouldBe(0.75, 1e-9);
        before.TokensPerSecond(null).ShouldBeNull();
    }

    [Fact]
    public void A_gateway_that_counts_anew_has_no_rate()
    {
        var before = GatewayCounters.Read(Text(1000, 4, 10, 20), Start);
        var restarted = GatewayCounters.Read(Text(10, 1, 0, 1), Start.AddSeconds(5));
        restarted.TokensPerSecond(before).ShouldBeNull();
        restarted.TtftSince(before).ShouldBeNull();
        GatewayCounters.Read("", Start.AddSeconds(5)).InFlight.ShouldBeNull();
    }

    [Fact]
    public void A_sum_of_which_one_part_is_unknown_is_unknown()
    {
        var known = new PodLoad { TokensPerSecond = 100, InFlight = 3, Queued = 1, KvUsedTokens = 50, KvTotalTokens = 100 };
        var row = LoadRow.Of(Entity, Pods, new Dictionary<(string, string), PodLoad> { [("models", "a")] = known, [("models", "b")] = known with { KvUsedTokens = 10, Queued = null } });
        (row.TokensPerSecond, row.InFlight, row.Queued, row.KvPercent, row.Trouble).ShouldBe((200, 6, null, 30, null));
        var half = LoadRow.Of(Entity, Pods, new Dictionary<(string, string), PodLoad> { [("models", "a")] = known });
        (half.TokensPerSecond, half.KvPercent, half.Seen).ShouldBe((null, null, 1));
        half.Trouble.ShouldBe("1 of 2 ready replicas have no metrics");
        LoadRow.Of(Entity, Pods, new Dictionary<(string, string), PodLoad> { [("models", "a")] = new() { KvFraction = 0.2 }, [("models", "b")] = new() { KvFraction = 0.4 } }).KvPercent!.Value.ShouldBe(30, 1e-9);
    }

    [Fact]
    public async Task An_engine_is_read_through_the_API_servers_proxy()
    {
        await using var lab = await PluginLab.StartAsync("1xH100:8", engines: LabEngines.Simulated);
        await lab.ApplyAsync(Seeds.All(Seeds.Namespace, Seeds.Super, """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: super-engine, namespace: models}
            data: {engine.yaml: "{return_perf_metrics: true, enable_iter_perf_stats: true}"}
            """, """
            apiVersion: v1
            kind: Pod
            metadata:
              name: super-a
              namespace: models
              labels: {serving.nemotron.dev/deployment: super, serving.nemotron.dev/role: server}
              annotations: {serving.nemotron.dev/weights-bytes: "16060522496"}
            spec:
              containers:
              - name: engine
                image: nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc20
                command: [trtllm-serve, serve, nvidia/Llama-3.1-Nemotron-Nano-8B-v1, --host, 0.0.0.0, --max_batch_size, "64", --max_seq_len, "32768", --extra_llm_api_options, /etc/engine/engine.yaml]
                ports: [{name: http, containerPort: 8000}]
                readinessProbe: {httpGet: {port: 8000, path: /health}, periodSeconds: 1}
                volumeMounts: [{name: options, mountPath: /etc/engine}]
                resources:
                  limits: {nvidia.com/gpu: "1"}
              volumes: [{name: options, configMap: {name: super-engine}}]
            """));
        var row = await UntilAsync(lab, row => row.GetProperty("seen").GetInt32() == 1);
        row.GetProperty("trouble").ValueKind.ShouldBe(JsonValueKind.Null, row.ToString());
        // An engine shows a family only after its first sample.
        row.GetProperty("kvPercent").ValueKind.ShouldBe(JsonValueKind.Null, row.ToString());
        var address = (await lab.GetAsync("api/v1/namespaces/models/pods/super-a"))["status"]!["podIP"];
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var answer = await client.PostAsJsonAsync(new Uri($"http://{address}:8000/v1/chat/completions"), new { max_tokens = 20, messages = new[] { new { role = "user", content = "Hello." } } });
        answer.IsSuccessStatusCode.ShouldBeTrue();
        row = await UntilAsync(lab, row => row.GetProperty("kvPercent").ValueKind == JsonValueKind.Number);
        row.GetProperty("inFlight").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
        var table = lab.Run("top", "-n", "models", "--once", "--interval", "1s").Out;
        table.ShouldStartWith("NAMESPACE ");
        table.ShouldMatch("models +super +2/3 +");
        lab.Run("top", "--interval", "now").ExitCode.ShouldBe(ExitCodes.BadInput);
    }

    private static async Task<JsonElement> UntilAsync(PluginLab lab, Func<JsonElement, bool> condition)
    {
        using var patience = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var run = lab.Run("top", "-n", "models", "-o", "json", "--interval", "1s");
            run.ExitCode.ShouldBe(0, run.Error);
            var row = JsonDocument.Parse(run.Out).RootElement[0];
            if (condition(row)) return row;
            await patience.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static ServingPod Pod(string name) => new("models", name, "super", true, new Dictionary<string, int>());

    private static string Text(int tokens, int inFlight, int halfSecond, int second) => $$"""
        nemotron_gateway_output_tokens_total{mode="on"} {{tokens / 2}}
        nemotron_gateway_output_tokens_total{mode="off"} {{tokens - tokens / 2}}
        nemotron_gateway_requests_in_flight{mode="on"} {{inFlight}}
        nemotron_gateway_time_to_first_token_seconds_bucket{mode="on",le="0.5"} {{halfSecond}}
        nemotron_gateway_time_to_first_token_seconds_bucket{mode="on",le="1"} {{second}}
        nemotron_gateway_time_to_first_token_seconds_bucket{mode="on",le="+Inf"} {{second}}

        """;
}
