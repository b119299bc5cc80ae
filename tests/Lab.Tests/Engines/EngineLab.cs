using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;
using Gvr = Nemotron.Lab.Api.Gvr;

namespace Nemotron.Lab.Engines.Tests;

/// <summary>A Lab with simulated engines, and pods put on it by hand.</summary>
internal sealed class EngineLab : IAsyncDisposable
{
    private EngineLab(LabCluster cluster) => Cluster = cluster;

    public LabCluster Cluster { get; }

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<EngineLab> StartAsync(string nodes = "1xH100:8", double clockSpeed = 20, double loadSpeed = 20, string? gateway = null) => new(await LabCluster.StartAsync(
        new() { Nodes = nodes, ClockSpeed = clockSpeed, LoadSpeed = loadSpeed, Engines = LabEngines.Simulated, Gateway = gateway }, Cancel));

    /// <summary>A pod with one engine container.</summary>
    public static JsonObject Pod(string name, string image, string[] command, int gpus = 1, string? more = null, string[]? env = null)
    {
        var pod = (JsonObject)JsonNode.Parse($$"""
            { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "{{name}}", "labels": { "app": "{{name}}" }, "annotations": { "{{EngineLoadTimes.WeightsAnnotation}}": "16060522496" } },
              "spec": { "terminationGracePeriodSeconds": 60, "containers": [ { "name": "engine", "image": "{{image}}",
                "readinessProbe": { "httpGet": { "port": 8000, "path": "/health" }, "periodSeconds": 2, "failureThreshold": 1 },
                "resources": { "limits": { "nvidia.com/gpu": "{{gpus}}" } } } ] } }
            """)!;
        var container = (JsonObject)pod["spec"]!["containers"]![0]!;
        container["command"] = new JsonArray([.. command]);
        if (env is not null) container["env"] = new JsonArray([.. env.Select(pair => (JsonNode)new JsonObject { ["name"] = pair.Split('=')[0], ["value"] = pair[(pair.IndexOf('=') + 1)..] })]);
        if (more is not null)
        {
            foreach (var (key, value) in (JsonObject)JsonNode.Parse(more)!) container[key] = value?.DeepClone();
        }

        return pod;
    }

    /// <summary>trtllm-serve of Nano.</summary>
    public static JsonObject TrtLlm(string name, string version = "1.3.0rc20", string[]? more = null, string? container = null) => Pod(
        name, $"nvcr.io/nvidia/tensorrt-llm/release:{version}",
        ["trtllm-serve", "serve", "nvidia/Llama-3.1-Nemotron-Nano-8B-v1", "--host", "0.0.0.0", "--max_batch_size", "64", "--max_seq_len", "32768", .. more ?? []],
        more: container);

    public void Create(JsonObject pod) => Cluster.Api.Create(BuiltIn.Pods, "default", pod, "test");

    public void CreateConfig(string name, string file, string text) => Cluster.Api.Create(
        BuiltIn.ConfigMaps, "default", new() { ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = new JsonObject { [file] = text } }, "test");

    public JsonObject? Find(string name) => Cluster.Api.Get(BuiltIn.Pods, "default", name);

    public JsonObject Get(string name) => Find(name) ?? throw new InvalidOperationException($"no pod {name}");

    public string Ip(string name) => Get(name).Text("status", "podIP")!;

    public Uri Url(string pod, string path, int port = 8000) => new($"http://{Ip(pod)}:{port}{path}");

    public JsonObject Status(string pod) => Get(pod).Items("status", "containerStatuses").First();

    public IEnumerable<string> Events(string name) => Cluster.Api.List(BuiltIn.Events, "default").Items
        .Where(item => item.Text("involvedObject", "name") == name).Select(item => $"{item.Text("reason")}: {item.Text("message")}");

    /// <summary>The process behind a pod.</summary>
    public EngineProcess Process(string pod) => Cluster.Engines!.Runtime.Processes.Single(process => process.Start.Pod.Uid() == Get(pod).Uid());

    /// <summary>The engine that serves behind a pod.</summary>
    public SimulatedEngine Engine(string pod) => Process(pod).Engine ?? throw new InvalidOperationException($"{pod} does not serve");

    public Task<string> LogAsync(string pod, string query = "") => Http.GetStringAsync(new Uri(Cluster.Url, $"api/v1/namespaces/default/pods/{pod}/log{query}"), Cancel);

    public Task ReadyAsync(string pod) => UntilAsync(BuiltIn.Pods, () => Find(pod)?.ConditionIsTrue("Ready") == true, $"{pod} ready");

    public async Task<JsonObject> CreateReadyAsync(JsonObject pod)
    {
        Create(pod);
        await ReadyAsync(pod.Name());
        return Get(pod.Name());
    }

    public async Task<(int Status, JsonObject Body)> PostAsync(string pod, string path, JsonObject body, int? tokens = null, int port = 8000)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(pod, path, port)) { Content = JsonContent.Create(body) };
        if (tokens is not null) request.Headers.Add(Asked.LengthHeader, $"{tokens}");
        using var response = await Http.SendAsync(request, Cancel);
        return ((int)response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!);
    }

    public async Task<string> PostRawAsync(string pod, string path, string body, int port = 8000)
    {
        using var response = await Http.PostAsync(Url(pod, path, port), new StringContent(body), Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return text;
    }

    public static JsonObject Chat(string text, string? system = null, string? more = null)
    {
        var messages = new JsonArray();
        if (system is not null) messages.Add(new JsonObject { ["role"] = "system", ["content"] = system });
        messages.Add(new JsonObject { ["role"] = "user", ["content"] = text });
        var body = new JsonObject { ["model"] = "any", ["messages"] = messages };
        if (more is not null)
        {
            foreach (var (key, value) in (JsonObject)JsonNode.Parse(more)!) body[key] = value?.DeepClone();
        }

        return body;
    }

    /// <summary>The server-sent events of a stream, as JSON; the end mark is left out and told by the second value.</summary>
    public async Task<(List<JsonObject> Pieces, bool Ended)> StreamAsync(string pod, string path, JsonObject body, int? tokens = null)
    {
        body = (JsonObject)body.DeepClone();
        body["stream"] = true;
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(pod, path)) { Content = JsonContent.Create(body) };
        if (tokens is not null) request.Headers.Add(Asked.LengthHeader, $"{tokens}");
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        response.EnsureSuccessStatusCode();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));
        var pieces = new List<JsonObject>();
        while (await reader.ReadLineAsync(Cancel) is { } line)
        {
            if (line.Length == 0) continue;
            if (line == "data: [DONE]") return (pieces, true);
            pieces.Add((JsonObject)JsonNode.Parse(line["data: ".Length..])!);
        }

        return (pieces, false);
    }

    /// <summary>Looks again at every change of a resource; real time bounds a hanging test only.</summary>
    public async Task UntilAsync(Gvr resource, Func<bool> holds, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var (_, version) = Cluster.Api.List(resource);
        if (holds()) return;
        try
        {
            await foreach (var _ in Cluster.Api.WatchAsync(resource, null, version, limit.Token))
            {
                if (holds()) return;
            }
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            var pods = string.Join("\n", Cluster.Api.List(BuiltIn.Pods).Items.Select(pod => $"{pod.Name()}: {pod.At("status")?.ToJsonString()}"));
            throw new TimeoutException($"{what} did not come to pass\n{pods}\n{string.Join("\n", Cluster.Api.List(BuiltIn.Events).Items.Select(item => item.Text("message")))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Cluster.DisposeAsync();
    }
}
