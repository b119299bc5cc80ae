using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nemotron.Lab.Api.Access;
using Nemotron.Lab.Api.Audit;
using Nemotron.Lab.Crd;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>
/// A Kubernetes API server in this process, on the loopback interface over an in-memory store: plain HTTP that takes everybody for the
/// administrator, or HTTPS with HTTP/2, and with RBAC where that is asked for. It is a test bed: nothing is kept.
/// </summary>
public sealed class LabServer : IAsyncDisposable
{
    private static readonly TimeSpan TenYears = TimeSpan.FromDays(3650);
    private static readonly Gvr ServiceAccounts = new("", "v1", "serviceaccounts");
    private static readonly string[] FirstNamespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    private readonly LabServerOptions options;
    private readonly bool secure;
    private readonly LabAuthority authority;
    private readonly X509Certificate2? certificate;
    private readonly ServiceAccountTokens tokens = new();
    private readonly string adminToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private WebApplication? app;
    private CancellationTokenSource stopping = new();
    private readonly Webhooks.WebhookClient webhooks;
    private EventExpiry? expiry;
    private ApiContext api;
    private int losses;
    private int port;

    private LabServer(LabServerOptions options)
    {
        this.options = options;
        secure = options.Tls || options.Authorization == AuthorizationMode.Rbac;
        authority = LabAuthority.Create(options.SystemTime);
        if (secure) certificate = options.ServerCertificate ?? authority.IssueServer();
        Log = new RequestLog(options.RequestLogCapacity);
        Audit = new AuditLog(options.AuditCapacity, options.AuditFile);
        webhooks = new Webhooks.WebhookClient(options.Time, options.SystemTime);
        api = NewContext();
        Faults = new FaultInjection(() => api.Store.Compact());
        Api = new InProcessApi(api);
    }

    /// <summary>Where the server listens.</summary>
    public Uri Url => new($"{(secure ? "https" : "http")}://127.0.0.1:{port}/");

    /// <summary>The authority that clients must trust, as PEM; null over plain HTTP.</summary>
    public string? CertificateAuthority => secure ? authority.Pem : null;

    /// <summary>The requests answered so far, with who made them and what the authorizer said.</summary>
    public AuditLog Audit { get; }

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
            losses++;
            api = NewContext();
            Api = new InProcessApi(api);
        }
        await ListenAsync(cancel);
    }

    /// <summary>Writes a kubeconfig with this server as its only context, named <c>lab</c>.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    /// <param name="identity">As whom it speaks; the administrator when null.</param>
    /// <exception cref="InvalidOperationException">The service account is not there, or a certificate is asked for over plain HTTP.</exception>
    public void WriteKubeconfig(string path, LabIdentity? identity = null)
    {
        string credentials;
        switch (identity ?? LabIdentity.Admin)
        {
            case LabIdentity.AccountIdentity account:
                credentials = Kubeconfig.Token(IssueToken(account.Namespace, account.Name, TenYears));
                break;
            case LabIdentity.CertificateIdentity client:
                if (!secure) throw new InvalidOperationException("a client certificate is of no use over plain HTTP: start the server with Tls");
                using (var issued = authority.IssueClient(client.User, client.Groups)) credentials = Kubeconfig.Certificate(issued);
                break;
            default:
                credentials = Kubeconfig.Token(adminToken);
                break;
        }
        Kubeconfig.Write(path, Url, CertificateAuthority, credentials);
    }

    /// <summary>A bearer token of a service account, as a TokenRequest would give it.</summary>
    /// <param name="ns">The account's namespace.</param>
    /// <param name="name">The account's name.</param>
    /// <param name="lifetime">How long it is good, by the Lab's clock; an hour when null.</param>
    /// <exception cref="InvalidOperationException">There is no such account.</exception>
    public string IssueToken(string ns, string name, TimeSpan? lifetime = null)
    {
        var account = Api.Get(ServiceAccounts, ns, name)
            ?? throw new InvalidOperationException($"there is no service account {name} in the namespace {ns}: create it first");
        return tokens.Issue(ns, name, account.Uid()!, api.Now, lifetime, []).Token;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        expiry?.Dispose();
        stopping.Dispose();
        Faults.Dispose();
        webhooks.Dispose();
        certificate?.Dispose();
        authority.Dispose();
        tokens.Dispose();
        Audit.Dispose();
    }

    private ApiContext NewContext()
    {
        // A server that begins anew must not hand out the uids that it handed out before: others still name them.
        var store = new RevisionedStore(Math.Max(EventHistory.FewestKept, options.HistoryCapacity), options.HistoryBytes);
        var context = new ApiContext(store, new ResourceCatalog(BuiltinResources.Over(store)), options.Time, options.Seed + losses) { ServicePrefix = options.ServicePrefix };
        var definitions = new CrdController(context);
        bool rbac = options.Authorization == AuthorizationMode.Rbac;
        var roles = new RbacAuthorizer(context.Catalog);
        var aggregation = new RoleAggregation(context);
        context.Access = new AccessControl(
            new Authenticator(context, secure ? options.TrustsClient ?? authority.Signed : null, tokens, adminToken, strict: rbac), rbac ? roles : new AlwaysAllow(), tokens);
        expiry?.Dispose();
        var events = expiry = new EventExpiry(context, options.EventTimeToLive);
        context.Committed = (resource, stored, removed) =>
        {
            events.Follow(resource, stored, removed);
            if (CrdController.IsDefinition(resource)) definitions.OnDefinitionChanged(stored, removed);
            else if (removed && resource.Custom) definitions.OnInstanceRemoved(resource);
            else if (rbac && RoleAggregation.Concerns(resource)) aggregation.Run();
        };
        context.Admission = new AdmissionChain([.. options.Admission, .. rbac ? [new EscalationAdmission(roles)] : (IAdmission[])[], new Webhooks.WebhookAdmission(context, webhooks)]);
        var inProcess = new InProcessApi(context);
        foreach (string name in FirstNamespaces)
        {
            inProcess.Create(new Gvr("", "v1", "namespaces"), null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, "kube-apiserver");
        }
        if (rbac) BootstrapRoles.Ensure(inProcess);
        return context;
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        stopping = new CancellationTokenSource();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, Secure);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(10);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        app = builder.Build();
        var http = new HttpApi(api, options, Faults, Log, Audit, new OpenApi.OpenApiDocuments(api.Catalog), stopping.Token);
        app.Run((RequestDelegate)http.HandleAsync);
        await app.StartAsync(cancel);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        port = new Uri(address).Port;
    }

    private void Secure(ListenOptions listen)
    {
        if (certificate is null) return;
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            // Whose a certificate is, and whether it is any good, is for authentication to say, with a 401.
            https.ClientCertificateValidation = (_, _, _) => true;
        });
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
