using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Crd;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>
/// A Kubernetes API server in this process: plain HTTP on the loopback interface over an in-memory store.
/// It is a test bed: no authentication, no authorization, no persistence.
/// </summary>
public sealed class LabServer : IAsyncDisposable
{
    private static readonly string[] FirstNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private readonly LabServerOptions options;
    private WebApplication? app;
    private CancellationTokenSource stopping = new();
    private readonly Webhooks.WebhookClient webhooks;
    private ApiContext api;
    private int port;

    private LabServer(LabServerOptions options)
    {
        this.options = options;
        Log = new RequestLog(options.RequestLogCapacity);
        webhooks = new Webhooks.WebhookClient(options.Time);
        api = NewContext();
        Faults = new FaultInjection(() => api.Store.Compact());
        Api = new InProcessApi(api);
    }

    /// <summary>Where the server listens.</summary>
    public Uri Url => new($"http://127.0.0.1:{port}/");

    /// <summary>The requests answered so far.</summary>
    public RequestLog Log { get; }

    /// <summary>What tests make go wrong.</summary>
    public FaultInjection Faults { get; }

    /// <summary>The API without the wire, for the Lab's own controllers. Replaced by a restart without data.</summary>
    internal IApi Api { get; private set; }

    /// <summary>Starts a server with the four namespaces every cluster has.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="cancel">Gives up starting.</param>
    public static async Task<LabServer> StartAsync(LabServerOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        var server = new LabServer(options) { port = options.Port };
        await server.ListenAsync(cancel);
        return server;
    }

    /// <summary>Stops and starts again on the same port; clients see connections break. Without data, everything but the first namespaces is gone.</summary>
    /// <param name="keepData">Whether objects, versions and history survive, as with etcd behind the server.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task RestartAsync(bool keepData, CancellationToken cancel)
    {
        await StopListeningAsync();
        if (!keepData)
        {
            api = NewContext();
            Api = new InProcessApi(api);
        }
        await ListenAsync(cancel);
    }

    /// <summary>Writes a kubeconfig with this server as its only context, named <c>lab</c>.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    public void WriteKubeconfig(string path) => File.WriteAllText(path, $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: lab
          cluster:
            server: {Url.GetLeftPart(UriPartial.Authority)}
        contexts:
        - name: lab
          context:
            cluster: lab
            user: lab
            namespace: default
        current-context: lab
        users:
        - name: lab
          user:
            token: nobody-checks-this
        """);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        stopping.Dispose();
        Faults.Dispose();
        webhooks.Dispose();
    }

    private ApiContext NewContext()
    {
        var store = new RevisionedStore(Math.Max(16, options.HistoryCapacity));
        var context = new ApiContext(store, new ResourceCatalog(BuiltinResources.Over(store)), options.Time, options.Seed);
        var definitions = new CrdController(context);
        context.Committed = (resource, stored, removed) =>
        {
            if (CrdController.IsDefinition(resource)) definitions.OnDefinitionChanged(stored, removed);
            else if (removed && resource.Custom) definitions.OnInstanceRemoved(resource);
        };
        context.Admission = new Webhooks.WebhookAdmission(context, webhooks);
        var inProcess = new InProcessApi(context);
        foreach (string name in FirstNamespaces)
        {
            inProcess.Create(new Gvr("", "v1", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, "kube-apiserver");
        }
        return context;
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        stopping = new CancellationTokenSource();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(10);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        app = builder.Build();
        var http = new HttpApi(api, options, Faults, Log, new OpenApi.OpenApiDocuments(api.Catalog), stopping.Token);
        app.Run((RequestDelegate)http.HandleAsync);
        await app.StartAsync(cancel);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        port = new Uri(address).Port;
    }

    private async Task StopListeningAsync()
    {
        if (app is null) return;
        await stopping.CancelAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        app = null;
    }
}
