using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;
using YamlDotNet.Serialization;

namespace Nemotron.Runtime.Bench;

/// <summary>A Lab in this process with the operator's resource types, and fleets to put into it.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    public const string Namespace = "models";

    private const string Manager = "bench";
    private static readonly Gvr Definitions = new("apiextensions.k8s.io", "v1", "customresourcedefinitions");
    private static readonly Gvr Namespaces = new("", "v1", "namespaces");
    private static readonly Gvr Pools = new("serving.nemotron.dev", "v1alpha1", "gpunodepools");
    private static readonly Gvr Fleets = new("serving.nemotron.dev", "v1alpha1", "nemotronfleets");
    private static readonly Gvr Models = new("serving.nemotron.dev", "v1alpha1", "nemotrondeployments");
    private static readonly Gvr Workloads = new("apps", "v1", "deployments");
    private static readonly Gvr Pods = new("", "v1", "pods");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("nemotron-bench-");

    private TestBed(LabCluster lab)
    {
        Lab = lab;
        Kubeconfig = Path.Combine(folder.FullName, "kubeconfig");
        lab.WriteKubeconfig(Kubeconfig);
    }

    public LabCluster Lab { get; }

    public string Kubeconfig { get; }

    /// <summary>Requests of operators, without their leases.</summary>
    public IEnumerable<LoggedRequest> OperatorRequests => Lab.Server.Log.Requests.Where(request =>
        request.UserAgent.StartsWith("nemotron-operator", StringComparison.Ordinal) && !request.Path.Contains("/leases", StringComparison.Ordinal));

    /// <summary>Writes of operators, without their leases.</summary>
    public IReadOnlyList<LoggedRequest> OperatorWrites => [.. OperatorRequests.Where(request => request.IsWrite)];

    /// <param name="repository">The checkout, for the resource types.</param>
    /// <param name="nodes">The Lab's nodes, such as <c>65xH100:8</c>.</param>
    public static async Task<TestBed> StartAsync(string repository, string nodes)
    {
        // Engines load in a blink: what is measured is the operator, not the wait for weights.
        var lab = await LabCluster.StartAsync(new LabClusterOptions { Nodes = nodes, LoadSpeed = 1000, KubeletEvents = false }, CancellationToken.None);
        var bed = new TestBed(lab);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(repository, "config", "crd"), "serving.*.yaml"))
        {
            bed.Create(Definitions, null, FromYaml(File.ReadAllText(file)));
        }

        bed.Create(Namespaces, null, Named(Namespace));
        bed.Create(Pools, null, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "h100" },
            ["spec"] = new JsonObject { ["nodeSelector"] = new JsonObject { ["nvidia.com/gpu.product"] = "NVIDIA-H100-80GB-HBM3" } },
        });
        return bed;
    }

    /// <summary>Puts all NemotronDeployments into one fleet, and has the pool plan what it would move.</summary>
    public void CreateFleet()
    {
        Create(Fleets, null, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "all" },
            ["spec"] = new JsonObject { ["selector"] = new JsonObject(), ["budgets"] = new JsonArray(new JsonObject { ["nodePool"] = "h100" }) },
        });
        Lab.Api.MergePatch(Pools, null, "h100", new JsonObject { ["spec"] = new JsonObject { ["consolidation"] = new JsonObject { ["mode"] = "DryRun" } } }, Manager);
    }

    /// <summary>Creates NemotronDeployments <c>n-{from}</c> and on, of one GPU each.</summary>
    public void CreateModels(int from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            Create(Models, Namespace, new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = $"n-{i}", ["namespace"] = Namespace },
                ["spec"] = new JsonObject { ["model"] = "Nano", ["tensorParallel"] = 1, ["maxContextTokens"] = 8192, ["replicas"] = 1 },
            });
        }
    }

    /// <summary>Asks for another context length of a NemotronDeployment.</summary>
    public void ChangeModel(int number, int contextTokens) => Lab.Api.MergePatch(
        Models, Namespace, $"n-{number}", new JsonObject { ["spec"] = new JsonObject { ["maxContextTokens"] = contextTokens } }, Manager);

    /// <summary>Creates workloads of others: pods that the operator must know of and leave alone.</summary>
    public void CreateOtherPods(int count)
    {
        const int perWorkload = 500;
        const string ns = "others";
        Create(Namespaces, null, Named(ns));
        for (var made = 0; made < count; made += perWorkload)
        {
            var name = $"web-{made / perWorkload}";
            var labels = new JsonObject { ["app"] = name };
            Create(Workloads, ns, new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
                ["spec"] = new JsonObject
                {
                    ["replicas"] = Math.Min(perWorkload, count - made),
                    ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
                    ["template"] = new JsonObject
                    {
                        // As many as pods of a busy cluster have.
                        ["metadata"] = new JsonObject
                        {
                            ["labels"] = labels,
                            ["annotations"] = new JsonObject
                            {
                                ["checksum/config"] = new string('c', 64),
                                ["kubectl.kubernetes.io/restartedAt"] = "2026-01-01T00:00:00Z",
                                ["prometheus.io/scrape"] = "true",
                                ["sidecar.example.invalid/status"] = new string('s', 400),
                                ["cluster-autoscaler.kubernetes.io/safe-to-evict"] = "false",
                            },
                        },
                        ["spec"] = new JsonObject
                        {
                            ["containers"] = new JsonArray(new JsonObject
                            {
                                ["name"] = "app",
                                ["image"] = "example.invalid/web:1",
                                ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 8080 }),
                                ["env"] = new JsonArray(new JsonObject { ["name"] = "LEVEL", ["value"] = "info" }),
                                ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "50m", ["memory"] = "64Mi" } },
                            }),
                        },
                    },
                },
            });
        }
    }

    public int RunningPods => Lab.Api.List(Pods).Items.Count(pod => pod["status"]?["phase"]?.ToString() == "Running");

    /// <summary>NemotronDeployments whose newest generation is Ready.</summary>
    public int ReadyModels => Lab.Api.List(Models).Items.Count(IsSettled);

    /// <summary>Waits until so many NemotronDeployments are ready and rolled out, and operators have written nothing for two seconds.</summary>
    public async Task UntilSettledAsync(int models, TimeSpan limit, Func<string> why)
    {
        await UntilAsync(() => ReadyModels == models, limit, () => $"{models} NemotronDeployments to be ready ({ReadyModels} are). {why()}");
        var writes = OperatorWrites.Count;
        var since = TimeProvider.System.GetTimestamp();
        await UntilAsync(
            () =>
            {
                if (OperatorWrites.Count is var now && now != writes) (writes, since) = (now, TimeProvider.System.GetTimestamp());
                return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(2);
            },
            limit, () => $"operators to write nothing any more. {why()}");
    }

    public static async Task UntilAsync(Func<bool> condition, TimeSpan limit, Func<string> what, TimeSpan? interval = null)
    {
        using var timer = new PeriodicTimer(interval ?? TimeSpan.FromMilliseconds(100));
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > limit) throw new TimeoutException($"waited {limit} in vain for {what()}");
            await timer.WaitForNextTickAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        folder.Delete(recursive: true);
    }

    private static bool IsSettled(JsonObject model) => Says(model, "Ready", "True") && Says(model, "Progressing", "False");

    private static bool Says(JsonObject model, string type, string status) => (model["status"]?["conditions"]?.AsArray() ?? []).Any(condition =>
        condition!["type"]!.ToString() == type
        && condition["status"]!.ToString() == status
        && condition["observedGeneration"]!.ToString() == model["metadata"]!["generation"]!.ToString());

    private void Create(Gvr resource, string? ns, JsonObject obj) => Lab.Api.Create(resource, ns, obj, Manager);

    private static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };

    private static JsonObject FromYaml(string yaml) => JsonNode.Parse(
        new SerializerBuilder().JsonCompatible().Build().Serialize(
            new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(yaml)!))!.AsObject();
}
