using System.Text.Json.Nodes;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Access;
using Nemotron.Lab.Nodes;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>A Lab with our CRDs, the real tools pointed at it, and operators to start and stop.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly List<WebApplication> _operators = [];

    private readonly bool _enginesListen;
    private readonly string _audit;

    private TestCluster(LabCluster lab, DirectoryInfo folder, string audit, bool enginesListen)
    {
        Lab = lab;
        _audit = audit;
        _enginesListen = enginesListen;
        _folder = folder;
        Kubeconfig = Path.Combine(folder.FullName, "kubeconfig");
        lab.WriteKubeconfig(Kubeconfig);
        Kubectl = new Tool("kubectl", Kubeconfig);
        Helm = new Tool("helm", Kubeconfig);
        Client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(Kubeconfig));
        Console.WriteLine("server: the Lab, in this process");
    }

    public LabCluster Lab { get; }

    public string Kubeconfig { get; }

    public Tool Kubectl { get; }

    public Tool Helm { get; }

    public Kubernetes Client { get; }

    /// <summary>What the webhooks' objects are named, which the roles name too.</summary>
    public string WebhookName { get; set; } = Webhooks.Name;

    /// <summary>Rights that the scenario's operator is given beyond the roles, in the words of <see cref="Rights"/>.</summary>
    public IList<string> AlsoGranted { get; } = [];

    /// <param name="nodes">The Lab's nodes.</param>
    /// <param name="clockSpeed">Seconds of the Lab in one second.</param>
    /// <param name="crds">Whether our CRDs are installed.</param>
    /// <param name="engines">What stands behind engine pods.</param>
    /// <param name="gateway">Whether the real gateway runs beside simulated engines.</param>
    /// <param name="with">What is installed beside Kubernetes.</param>
    /// <param name="authorization">Who decides what may be done.</param>
    /// <param name="loadSpeed">How many times faster than usual weights are loaded.</param>
    public static async Task<TestCluster> StartAsync(
        string nodes = "3xH100:8", double clockSpeed = 1, bool crds = true, LabEngines engines = LabEngines.None, bool gateway = false, LabAddOns with = LabAddOns.None,
        AuthorizationMode authorization = AuthorizationMode.AlwaysAllow, double loadSpeed = 100)
    {
        var folder = Directory.CreateTempSubdirectory("nemotron-test-");
        var audit = Path.Combine(folder.FullName, "audit.jsonl");
        var lab = await LabCluster.StartAsync(
            new LabClusterOptions
            {
                Nodes = nodes,
                ClockSpeed = clockSpeed,
                LoadSpeed = loadSpeed,
                Engines = engines,
                Gateway = gateway ? Path.Combine(AppContext.BaseDirectory, "nemotron-gateway.dll") : null,
                With = with,
                AuditFile = audit,
                Authorization = authorization,
            },
            TestContext.Current.CancellationToken);
        var cluster = new TestCluster(lab, folder, audit, engines == LabEngines.Simulated);
        if (crds)
        {
            (await cluster.Kubectl.RunAsync("apply -k config/crd")).Succeeded();
            (await cluster.Kubectl.RunAsync("wait --for=condition=Established crd --all --timeout=30s")).Succeeded();
        }

        return cluster;
    }

    /// <summary>Starts an operator in this process, on the Lab's clock.</summary>
    /// <param name="namespaces">The only namespaces it acts in; null for all.</param>
    /// <param name="leaderElect">Whether it takes turns with others.</param>
    /// <param name="webhookPort">Where its webhooks listen; 0 for none. <see cref="InstallWebhooksAsync"/> has the API server ask them.</param>
    /// <param name="scaling">How the autoscaler works; null scales nothing.</param>
    /// <param name="account">The service account of the webhooks' namespace that it is; null: one who may do everything.</param>
    public async Task<WebApplication> StartOperatorAsync(string[]? namespaces = null, bool leaderElect = false, int webhookPort = 0, ScalingSettings? scaling = null, string? account = null)
    {
        var app = OperatorHost.Build(
            new OperatorSettingsOnCommandLine(
                account is null ? Kubeconfig : KubeconfigOf(account), namespaces ?? [], leaderElect, account is null ? "default" : Webhooks.Namespace, 0, 0, webhookPort, Webhooks.Name, Webhooks.Namespace, Microsoft.Extensions.Logging.LogLevel.Warning, LogFormat.Text, null, null, 4,
                // Without engines nobody listens at a pod's address, and those lie beyond the loopback interface.
                ProbeReasoning: _enginesListen,
                EngineHealth: _enginesListen)
            {
                Scaling = scaling ?? new ScalingSettings(),
            },
            services => services.AddSingleton(Lab.Time));
        _operators.Add(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private string KubeconfigOf(string account)
    {
        var path = Path.Combine(_folder.FullName, account);
        Lab.WriteKubeconfig(path, LabIdentity.ServiceAccount(Webhooks.Namespace, account));
        return path;
    }

    /// <summary>What was asked of the API server up to now.</summary>
    public string AuditFile => _audit;

    /// <summary>Stops an operator that was started here.</summary>
    public async Task StopAsync(WebApplication app)
    {
        _operators.Remove(app);
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>Stops all operators that were started here.</summary>
    public async Task StopOperatorsAsync()
    {
        foreach (var app in _operators.ToList()) await StopAsync(app);
    }

    /// <summary>Starts an operator with webhooks, and waits until the API server can ask them.</summary>
    public async Task<WebApplication> StartWithWebhooksAsync()
    {
        var port = Ports.Free();
        await InstallWebhooksAsync(port);
        var app = await StartOperatorAsync(webhookPort: port);
        await Until.TrueAsync(() => Webhooks.Bundle(this) is not null, "the webhooks' authority to be trusted");
        return app;
    }

    /// <summary>Installs config/webhook, and puts whoever listens on a port of the loopback interface behind its Service.</summary>
    public async Task InstallWebhooksAsync(int port)
    {
        (await Kubectl.RunAsync("apply -f config/default/namespace.yaml")).Succeeded();
        (await Kubectl.RunAsync("apply -k config/webhook")).Succeeded();
        await Webhooks.WaitForThemAsync(this);
        await ApplyAsync(Webhooks.Endpoint(port));
    }

    public async Task ApplyAsync(string yaml) => (await Kubectl.RunAsync("apply -f -", yaml)).Succeeded();

    public IList<NemotronDeployment> Deployments(string ns = "models") => Read<NemotronDeploymentList>(
        Client.CustomObjects.ListNamespacedCustomObject(NemotronApi.Group, NemotronApi.Version, ns, NemotronDeployment.Plural)).Items;

    public NemotronDeployment? Deployment(string name, string ns = "models") => Deployments(ns).FirstOrDefault(deployment => deployment.Metadata.Name == name);

    public GpuNodePool? Pool(string name) => Read<GpuNodePoolList>(
        Client.CustomObjects.ListClusterCustomObject(NemotronApi.Group, NemotronApi.Version, GpuNodePool.Plural)).Items.FirstOrDefault(pool => pool.Metadata.Name == name);

    public IReadOnlyList<LeaderWorkerSet> LeaderWorkerSets(string ns = "models") => OfOthers<LeaderWorkerSet>(LeaderWorkerSet.GroupName, "leaderworkersets", ns);

    public IReadOnlyList<PodMonitor> PodMonitors(string ns = "models") => OfOthers<PodMonitor>(PodMonitor.GroupName, "podmonitors", ns);

    private IReadOnlyList<T> OfOthers<T>(string group, string plural, string ns) =>
        [.. JsonNode.Parse(KubernetesJson.Serialize(Client.CustomObjects.ListNamespacedCustomObject(group, "v1", ns, plural)))!["items"]!.AsArray()
            .Select(item => KubernetesJson.Deserialize<T>(item!.ToJsonString()))];

    public Task UntilReadyAsync(int count, string ns = "models", TimeSpan? limit = null) => Until.TrueAsync(
        () => Deployments(ns) is var all && all.Count == count && all.All(deployment => deployment.Is(ConditionTypes.Ready)),
        $"{count} NemotronDeployments Ready",
        limit,
        () => string.Join("; ", Deployments(ns).Where(deployment => !deployment.Is(ConditionTypes.Ready))
            .Select(deployment => $"{deployment.Metadata.Name}: {deployment.Condition(ConditionTypes.Ready)?.Message}").Take(5)));

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _operators)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Client.Dispose();
        await Lab.DisposeAsync();
        var used = Rights.Used(_audit);
        _folder.Delete(recursive: true);
        List<string> granted = [.. Rights.Granted(WebhookName), .. AlsoGranted];
        used.Where(right => !granted.Any(grant => Rights.Covers(grant, right))).ShouldBeEmpty("the operator did what its roles do not allow");
    }

    private static T Read<T>(object response) => KubernetesJson.Deserialize<T>(KubernetesJson.Serialize(response));
}

/// <summary>Answers of a resource's conditions.</summary>
internal static class ConditionAnswers
{
    public static k8s.Models.V1Condition? Condition(this NemotronDeployment entity, string type) =>
        entity.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type && condition.ObservedGeneration == entity.Metadata.Generation);

    public static bool Is(this NemotronDeployment entity, string type) => entity.Condition(type)?.Status == "True";

    public static bool IsNot(this NemotronDeployment entity, string type) => entity.Condition(type)?.Status == "False";
}
