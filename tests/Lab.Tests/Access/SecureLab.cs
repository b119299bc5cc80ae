using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Audit;

namespace Nemotron.Lab.Tests.Access;

/// <summary>A server over HTTPS, with RBAC unless asked otherwise, and clients that trust its authority.</summary>
internal sealed class SecureLab : IAsyncDisposable
{
    private readonly List<HttpClient> clients = [];

    private SecureLab(LabServer server) => Server = server;

    public LabServer Server { get; }

    public static async Task<SecureLab> StartAsync(LabServerOptions? options = null) =>
        new(await LabServer.StartAsync(options ?? new() { Authorization = AuthorizationMode.Rbac }, TestContext.Current.CancellationToken));

    /// <summary>A client over HTTP/2.</summary>
    /// <param name="token">Its bearer token, or null.</param>
    /// <param name="certificate">Its certificate, or null.</param>
    /// <param name="tune">What else to set on the handler.</param>
    public HttpClient Client(string? token = null, X509Certificate2? certificate = null, Action<SocketsHttpHandler>? tune = null)
    {
        var root = X509Certificate2.CreateFromPem(Server.CertificateAuthority);
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { root }, RevocationMode = X509RevocationMode.NoCheck },
            },
        };
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        tune?.Invoke(handler);
        var client = new HttpClient(handler) { BaseAddress = Server.Url, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        clients.Add(client);
        return client;
    }

    /// <summary>A client as a service account, which is made when it is not there.</summary>
    public HttpClient Account(string ns, string name)
    {
        var accounts = new Gvr("", "v1", "serviceaccounts");
        var namespaces = new Gvr("", "v1", "namespaces");
        if (Server.Api.Get(namespaces, null, ns) is null) Server.Api.Create(namespaces, null, Named(ns), "test");
        if (Server.Api.Get(accounts, ns, name) is null) Server.Api.Create(accounts, ns, Named(name), "test");
        return Client(Server.IssueToken(ns, name));
    }

    /// <summary>Grants a Role in a namespace, or a ClusterRole when there is none, to a service account.</summary>
    public void Grant(string? ns, string account, string rules)
    {
        (string accountNamespace, string name) = (account.Split('/')[0], account.Split('/')[1]);
        string kind = ns is null ? "ClusterRole" : "Role";
        string role = $"r{Guid.CreateVersion7():n}";
        Create($"{kind.ToLowerInvariant()}s", ns, $$$$$$"""{"metadata":{"name":"{{{{{{role}}}}}}"},"rules":{{{{{{rules}}}}}}}""");
        Create($"{kind.ToLowerInvariant()}bindings", ns, $$$$$$"""
            {"metadata":{"name":"{{{{{{role}}}}}}"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"{{{{{{kind}}}}}}","name":"{{{{{{role}}}}}}"},
             "subjects":[{"kind":"ServiceAccount","namespace":"{{{{{{accountNamespace}}}}}}","name":"{{{{{{name}}}}}}"}]}
            """);
    }

    public JsonObject Create(string plural, string? ns, string json) =>
        Server.Api.Create(new Gvr("rbac.authorization.k8s.io", "v1", plural), ns, (JsonObject)JsonNode.Parse(json)!, "test");

    /// <summary>The audit event of a request, by its user agent.</summary>
    public Task<AuditEvent> AuditedAsync(string agent, string stage = "ResponseComplete") =>
        Server.Audit.FirstAsync(entry => entry.UserAgent == agent && entry.Stage == stage, TestContext.Current.CancellationToken);

    public static async Task<(int Code, JsonNode Body)> SendAsync(HttpClient client, string method, string path, string? body = null, string contentType = "application/json", params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        bool one = response.Content.Headers.ContentType?.MediaType == "application/json" && !(response.IsSuccessStatusCode && path.Contains("watch=true", StringComparison.Ordinal));
        return ((int)response.StatusCode, one ? JsonNode.Parse(text)! : JsonValue.Create(text));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await Server.DisposeAsync();
    }

    private static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };
}
