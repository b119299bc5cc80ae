using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>A control plane over a <see cref="MemoryApi"/>, on a clock that runs a few hundred times faster than the system's.</summary>
internal sealed class TestPlane : IAsyncDisposable
{
    private TestPlane(LabClock clock, MemoryApi api, ControlPlane plane) => (Clock, Api, Plane) = (clock, api, plane);

    public LabClock Clock { get; }

    public MemoryApi Api { get; }

    public ControlPlane Plane { get; }

    public static async Task<TestPlane> StartAsync(string nodes, double speed = 200, ILogger? log = null)
    {
        var clock = new LabClock(speed);
        var api = new MemoryApi(clock);
        foreach (var node in NodeObjects.From(NodeSpec.ParseList(nodes), clock.GetUtcNow())) NodeRegistrar.Register(api, node);
        var plane = await ControlPlane.StartAsync(api, clock, new ControlPlaneOptions(), log ?? NullLogger.Instance, TestContext.Current.CancellationToken);
        return new(clock, api, plane);
    }

    public IReadOnlyList<JsonObject> Pods(string ns = "default") => Api.List(BuiltIn.Pods, ns).Items;

    public IEnumerable<JsonObject> ReadyPods(string ns = "default") => Pods(ns).Where(pod => pod.ConditionIsTrue("Ready") && !pod.IsDeleting());

    public JsonObject Deployment(string name) => Api.Get(BuiltIn.Deployments, "default", name) ?? throw new InvalidOperationException($"no deployment {name}");

    public Task UntilAsync(Func<bool> holds, string what) => Api.UntilAsync(holds, what);

    public IEnumerable<string> EventsOf(string name) => Api.List(BuiltIn.Events, "default").Items
        .Where(item => item.Text("involvedObject", "name") == name).Select(item => $"{item.Text("reason")}: {item.Text("message")}");

    public ValueTask DisposeAsync() => Plane.DisposeAsync();

    /// <summary>A Deployment of one container with GPUs.</summary>
    public static JsonObject GpuDeployment(string name, int replicas, int gpus, string image = "engine:1", string? more = null)
    {
        var deployment = (JsonObject)JsonNode.Parse($$"""
            { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "{{name}}" },
              "spec": { "replicas": {{replicas}}, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
                "selector": { "matchLabels": { "app": "{{name}}" } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } },
                "template": { "metadata": { "labels": { "app": "{{name}}" } },
                  "spec": { "terminationGracePeriodSeconds": 30, "restartPolicy": "Always",
                    "containers": [ { "name": "engine", "image": "{{image}}", "readinessProbe": { "httpGet": { "port": 8000 } },
                      "resources": { "limits": { "nvidia.com/gpu": "{{gpus}}" }, "requests": { "nvidia.com/gpu": "{{gpus}}" } } } ] } } } }
            """)!;
        if (more is not null)
        {
            foreach (var (key, value) in (JsonObject)JsonNode.Parse(more)!) deployment["spec"]![key] = value?.DeepClone();
        }

        return deployment;
    }
}
