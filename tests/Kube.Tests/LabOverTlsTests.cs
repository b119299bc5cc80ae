using System.Net;
using System.Text;
using k8s.Autorest;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Access;
using Prometheus;

namespace Nemotron.Kube.Tests;

/// <summary>Our client against the Lab over HTTPS and HTTP/2, with a certificate and with a service account's token, held to its roles.</summary>
public sealed class LabOverTlsTests
{
    private const string ConfigMaps = "api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task Client_ByCertificateAndByToken_IsWhoItIsAndMayWhatItsRolesSay()
    {
        await using var lab = await LabServer.StartAsync(new() { Authorization = AuthorizationMode.Rbac }, TestContext.Current.CancellationToken);
        using var files = new TemporaryFolder();
        using var admin = Client(lab, files, LabIdentity.Certificate("jane", "system:masters"));
        await SendAsync(admin, HttpMethod.Post, "api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"op"}}""");
        await SendAsync(admin, HttpMethod.Post, "apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            """{"metadata":{"name":"op"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list","watch","create"]}]}""");
        await SendAsync(admin, HttpMethod.Post, "apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
            """{"metadata":{"name":"op"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"op"},"subjects":[{"kind":"ServiceAccount","name":"op","namespace":"default"}]}""");

        using var op = Client(lab, files, LabIdentity.ServiceAccount("default", "op"));
        await SendAsync(op, HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"a"}}""");
        var refused = await Should.ThrowAsync<HttpOperationException>(() => SendAsync(op, HttpMethod.Delete, $"{ConfigMaps}/a", null));
        refused.Response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        refused.Response.Content.ShouldContain("cannot delete resource");
        (await lab.Audit.FirstAsync(entry => entry.Verb == "delete", TestContext.Current.CancellationToken)).User.ShouldBe("system:serviceaccount:default:op");
    }

    [Fact]
    public async Task ManyWatches_AreOpenAtOnce_AndAllHear()
    {
        const int Watches = 130;
        await using var lab = await LabServer.StartAsync(new() { Tls = true }, TestContext.Current.CancellationToken);
        using var files = new TemporaryFolder();
        using var client = Client(lab, files, LabIdentity.Admin);
        var lines = new List<StreamReader>();
        for (var i = 0; i < Watches; i++)
        {
            var response = await client.SendAsync(HttpMethod.Get, $"{ConfigMaps}?watch=true&resourceVersion=0", default, null, TestContext.Current.CancellationToken);
            response.Version.ShouldBe(HttpVersion.Version20);
            lines.Add(new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
        }

        await SendAsync(client, HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"a"}}""");
        foreach (var reader in lines)
        {
            (await reader.ReadLineAsync(TestContext.Current.CancellationToken))!.ShouldContain("\"name\":\"a\"");
            reader.Dispose();
        }
    }

    private static KubeClient Client(LabServer lab, TemporaryFolder files, LabIdentity identity)
    {
        var path = files.File();
        lab.WriteKubeconfig(path, identity);
        return KubeClientFactory.Create(
            new OperatorSettings { KubeconfigPath = path }, new RuntimeMetrics(Metrics.NewCustomRegistry()), new FakeTimeProvider(), new Jitter(1), NullLogger.Instance);
    }

    private static async Task SendAsync(KubeClient client, HttpMethod method, string path, string? body)
    {
        using var response = await client.SendAsync(
            method, path, body is null ? default : Encoding.UTF8.GetBytes(body), body is null ? null : "application/json", TestContext.Current.CancellationToken);
        response.Version.ShouldBe(HttpVersion.Version20);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("lab-tls-");
        private int files;

        public string File() => Path.Combine(folder.FullName, $"kubeconfig-{files++}");

        public void Dispose() => folder.Delete(recursive: true);
    }
}
