using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests;

/// <summary>Connections and credentials.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public void Connections_AreSeveral_AndNoticeADeadPeer()
    {
        SocketsHttpHandler? handler = null;
        var settings = new OperatorSettings
        {
            ClientConfiguration = new KubernetesClientConfiguration { Host = "https://127.0.0.1:1/", FirstMessageHandlerSetup = h => handler = h },
        };
        using var client = KubeClientFactory.Create(
            settings, new RuntimeMetrics(Metrics.NewCustomRegistry()), new FakeTimeProvider(), new Jitter(1), NullLogger.Instance);
        handler.ShouldNotBeNull();
        handler.EnableMultipleHttp2Connections.ShouldBeTrue("hundreds of watches do not fit one connection");
        handler.KeepAlivePingPolicy.ShouldBe(HttpKeepAlivePingPolicy.WithActiveRequests);
        (handler.KeepAlivePingDelay + handler.KeepAlivePingTimeout).TotalSeconds.ShouldBeLessThanOrEqualTo(60);
        handler.ConnectTimeout.TotalSeconds.ShouldBeLessThanOrEqualTo(30);
    }

    [Fact]
    public async Task Kubeconfig_TokenFile_IsUsed_AndPathsAreRelativeToTheFile()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Path, "token"), "first");
        File.WriteAllText(Path.Combine(folder.Path, "config"), """
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: k, cluster: {server: "http://127.0.0.1:1"}}]
            contexts: [{name: c, context: {cluster: k, user: u, namespace: team}}]
            users: [{name: u, user: {tokenFile: token}}]
            """);
        var configuration = Kubeconfig.Load(Path.Combine(folder.Path, "config"));
        configuration.Host.ShouldBe("http://127.0.0.1:1");
        configuration.Namespace.ShouldBe("team");
        (await configuration.TokenProvider.GetAuthenticationHeaderAsync(default)).Parameter.ShouldBe("first");
    }

    [Theory]
    [InlineData("{}", "{token: abc}", "abc")]
    [InlineData("{name: x}", "{}", null)]
    public void Kubeconfig_UserWithToken_OrNobody(string extension, string user, string? token)
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "config");
        File.WriteAllText(path, """
            {"apiVersion": "v1", "kind": "Config", "current-context": "c", "preferences": {},
             "clusters": [{"name": "k", "cluster": {"server": "http://127.0.0.1:1", "extensions": [{"name": "e", "extension": EXTENSION}]}}],
             "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
             "users": [{"name": "u", "user": USER}]}
            """.Replace("EXTENSION", extension, StringComparison.Ordinal).Replace("USER", user, StringComparison.Ordinal));
        Kubeconfig.Load(path).AccessToken.ShouldBe(token);
    }

    [Theory]
    [InlineData(null, "a=1", true)]
    [InlineData("a=1", "a=1,b=2", true)]
    [InlineData("a==1, b=2", "a=1,b=2", true)]
    [InlineData("a=1", "a=2", false)]
    [InlineData("a=1", "b=1", false)]
    [InlineData("a!=1", "a=2", false)]
    [InlineData("a in (1,2)", "a=1", false)]
    [InlineData("a", "a=1", false)]
    public void LabelSelector_IsUnderstoodOrLeftToTheServer(string? selector, string labels, bool selected) => LabelSelectorText.Selects(
        selector, labels.Split(',').ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[1])).ShouldBe(selected);

    private sealed class Folder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("kube-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
