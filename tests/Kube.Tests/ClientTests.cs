using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests;

public sealed class ClientTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly RuntimeMetrics metrics = new(Metrics.NewCustomRegistry());

    private KubeApi Api(string url) => new(
        KubeClientFactory.Create(
            new OperatorSettings { ClientConfiguration = new KubernetesClientConfiguration { Host = url } }, metrics, clock, new Jitter(1), NullLogger.Instance),
        clock);

    [Fact]
    public async Task TooManyRequests_IsTriedAgainAfterTheTimeAsked_AndCounted()
    {
        var attempts = 0;
        await using var host = await ApiHost.StartAsync(async (c, _) =>
        {
            if (++attempts < 3)
            {
                c.Response.Headers.RetryAfter = "7";
                await c.StatusAsync(429, "TooManyRequests", "slow down");
                return;
            }

            await c.JsonAsync(Widgets.Json("a", 1));
        });
        var from = clock.GetUtcNow();
        var get = Api(host.Url).GetAsync<Widget>(new NamespacedName("default", "a"), default);
        await Until.True(() => get.IsCompleted, "answered", clock);
        (await get)!.Metadata.Name.ShouldBe("a");
        (clock.GetUtcNow() - from).TotalSeconds.ShouldBeInRange(14, 40);
        var authority = new Uri(host.Url).Authority;
        metrics.Requests.WithLabels("429", "GET", authority).Value.ShouldBe(2);
        metrics.Requests.WithLabels("200", "GET", authority).Value.ShouldBe(1);
    }

    [Fact]
    public async Task WriteRetried_CarriesItsBodyAgain()
    {
        var attempts = 0;
        await using var host = await ApiHost.StartAsync(async (c, r) =>
        {
            if (++attempts == 1)
            {
                c.Response.Headers.RetryAfter = "1";
                await c.StatusAsync(503, "ServiceUnavailable", "starting");
                return;
            }

            await c.JsonAsync(r.Body);
        });
        var send = Api(host.Url).SendAsync<Widget>(HttpMethod.Post, "x", "{\"metadata\":{\"name\":\"z\"}}"u8.ToArray(), KubeApi.Json, default);
        await Until.True(() => send.IsCompleted, "answered", clock);
        (await send).Object.Metadata.Name.ShouldBe("z");
    }

    [Fact]
    public async Task ServerErrorWithoutRetryAfter_IsReturnedAtOnce()
    {
        await using var host = await ApiHost.StartAsync((c, _) => c.StatusAsync(500, "InternalError", "boom"));
        var error = await Should.ThrowAsync<HttpOperationException>(Api(host.Url).GetAsync<Widget>(new NamespacedName("default", "a"), default));
        host.Requests.Count.ShouldBe(1);
        ApiErrors.Describe(error).ShouldBe("The API server answered 500 to GET /apis/test.example.com/v1/namespaces/default/widgets/a: boom");
    }

    [Theory]
    [InlineData("api/v1/namespaces/a/pods/x", null)]
    [InlineData("api/v1/namespaces/a/pods/x/eviction", null)]
    [InlineData("api/v1/namespaces/a/pods/x/eviction", "10")]
    public async Task TooManyRequests_WithoutATime_OrOfAnEviction_IsReturnedAtOnce(string path, string? retryAfter)
    {
        await using var host = await ApiHost.StartAsync((c, _) =>
        {
            if (retryAfter is not null) c.Response.Headers.RetryAfter = retryAfter;
            return c.StatusAsync(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
        });
        var send = Api(host.Url).SendAsync<Widget>(HttpMethod.Post, path, "{}"u8.ToArray(), KubeApi.Json, default);
        await Until.True(() => send.IsCompleted, "answered", clock);
        (await Should.ThrowAsync<HttpOperationException>(send)).Response.StatusCode.ShouldBe(System.Net.HttpStatusCode.TooManyRequests);
        host.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task NoAnswer_IsATimeout()
    {
        await using var host = await ApiHost.StartAsync((c, _) => c.HangAsync());
        var get = Api(host.Url).GetAsync<Widget>(new NamespacedName("default", "a"), default);
        await Until.True(() => get.IsCompleted, "given up", clock, TimeSpan.FromSeconds(1));
        ApiErrors.Describe(await Should.ThrowAsync<TimeoutException>(get)).ShouldStartWith("The API server does not answer: GET ");
    }

    [Fact]
    public async Task Errors_AreOneSentenceThatHelps()
    {
        (int Code, string Reason, string Message) answer = (500, "", "");
        await using var host = await ApiHost.StartAsync((c, _) => c.StatusAsync(answer.Code, answer.Reason, answer.Message));
        async Task<string> Say(string path, int code, string reason, string message)
        {
            answer = (code, reason, message);
            return ApiErrors.Describe(await Should.ThrowAsync<HttpOperationException>(Api(host.Url).SendAsync<Widget>(HttpMethod.Get, path, default, null, default)), "Run install.");
        }

        (await Say("api/v1/namespaces/a/pods", 403, "Forbidden", "pods is forbidden: User \"me\" cannot list resource \"pods\" in API group \"\" in the namespace \"a\""))
            .ShouldBe("Not allowed: me may not list pods in namespace a. Grant the verb \"list\" on the resource \"pods\" of the API group \"\".");
        (await Say("apis/g.example.com/v1/things", 404, "NotFound", "the server could not find the requested resource"))
            .ShouldBe("The resource things.g.example.com is not installed (CRD missing). Run install.");
        (await Say("api/v1/namespaces/a/pods/x", 404, "NotFound", "pods \"x\" not found"))
            .ShouldBe("The API server answered 404 to GET /api/v1/namespaces/a/pods/x: pods \"x\" not found");
        (await Say("api/v1/pods", 401, "Unauthorized", "Unauthorized")).ShouldContain("does not accept the credentials");
    }

    [Fact]
    public void MissingKubeconfig_IsSaidInASentence() =>
        Should.Throw<KubeconfigException>(() => KubeClientFactory.Configuration(new OperatorSettings { KubeconfigPath = "/nowhere/config" }))
            .Message.ShouldStartWith("The kubeconfig /nowhere/config cannot be used: ");

    [Theory]
    [InlineData(typeof(V1Pod), "api/v1/namespaces/n/pods/x")]
    [InlineData(typeof(V1Deployment), "apis/apps/v1/namespaces/n/deployments/x")]
    [InlineData(typeof(V1Node), "api/v1/nodes/x")]
    [InlineData(typeof(Widget), "apis/test.example.com/v1/namespaces/n/widgets/x")]
    [InlineData(typeof(ClusterThing), "apis/test.example.com/v1/clusterthings/x")]
    public void Paths(Type type, string path) => ResourceType.Of(type).ObjectPath(new NamespacedName("n", "x")).ShouldBe(path);

    [Fact]
    public void Reading_DropsManagedFields_PoolsLabels_AndWhatIsNotWanted()
    {
        const string json = """
            {"type":"ADDED","object":{"metadata":{"name":"p","namespace":"n","uid":"u","resourceVersion":"1","labels":{"app":"x"},"managedFields":[{"manager":"m"}]},
            "spec":{"nodeName":"node-1","volumes":[{"name":"v"}],"containers":[{"name":"c","resources":{"limits":{"cpu":"500m"}}}]}}}
            """;
        var options = new InformerOptions<V1Pod>().Without<V1PodSpec>("volumes");
        var parser = new WatchLineParser<V1Pod>(options);
        var line = new System.Buffers.ReadOnlySequence<byte>(System.Text.Encoding.UTF8.GetBytes(json.ReplaceLineEndings("")));
        var first = parser.Parse(line).Object!;
        var second = parser.Parse(line).Object!;
        first.Metadata.ManagedFields.ShouldBeNull();
        first.Spec.Volumes.ShouldBeNull();
        first.Spec.Containers[0].Resources.Limits["cpu"].ToString().ShouldBe("500m");
        first.Metadata.Labels["app"].ShouldBeSameAs(second.Metadata.Labels["app"]);
        first.Spec.NodeName.ShouldBeSameAs(second.Spec.NodeName);
        first.Kind.ShouldBe("Pod");
        first.ApiVersion.ShouldBe("v1");
    }

    [Fact]
    public void WatchLine_TypeAfterObject_IsReadTheSame()
    {
        var line = new System.Buffers.ReadOnlySequence<byte>(System.Text.Encoding.UTF8.GetBytes($$"""{"object":{{Widgets.Json("a", 3)}},"type":"DELETED"}"""));
        var parsed = new WatchLineParser<Widget>(new InformerOptions<Widget>()).Parse(line);
        parsed.Kind.ShouldBe(WatchLineKind.Deleted);
        parsed.Object!.Metadata.Name.ShouldBe("a");
    }

    [Theory]
    [InlineData("10", "9", true)]
    [InlineData("9", "10", false)]
    [InlineData("10", "10", true)]
    [InlineData("99999999999999999999999", "100000000000000000000000", false)]
    [InlineData("abc", "9", null)]
    [InlineData("09", "9", null)]
    [InlineData(null, "9", null)]
    public void ResourceVersions_CompareAsNumbersOrNotAtAll(string? left, string right, bool? expected) =>
        ResourceVersions.AtLeast(left, right).ShouldBe(expected);

    [Fact]
    public void AuthorityFile_IsReadAgainWhenItChanges()
    {
        var path = Path.Combine(Path.GetTempPath(), $"ca-{Guid.NewGuid():N}.crt");
        try
        {
            using var oldKey = ECDsa.Create();
            using var newKey = ECDsa.Create();
            using var oldCa = Ca("old", oldKey);
            using var newCa = Ca("new", newKey);
            using var server = Leaf(newCa);
            var authority = new RotatingAuthority(path);
            File.WriteAllText(path, oldCa.ExportCertificatePem());
            File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeFalse();
            File.WriteAllText(path, newCa.ExportCertificatePem());
            File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc));
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeTrue();
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch).ShouldBeFalse();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void AuthorityFile_MountedByTheKubelet_IsReadAgainWhenItsFolderIsExchanged()
    {
        // As a pod sees it: ca.crt leads to ..data/ca.crt, and only where ..data leads changes.
        var folder = Directory.CreateTempSubdirectory("ca-");
        try
        {
            using var oldKey = ECDsa.Create();
            using var newKey = ECDsa.Create();
            using var oldCa = Ca("old", oldKey);
            using var newCa = Ca("new", newKey);
            using var server = Leaf(newCa);
            foreach (var (name, ca) in new[] { ("..1", oldCa), ("..2", newCa) })
                File.WriteAllText(Path.Combine(folder.CreateSubdirectory(name).FullName, "ca.crt"), ca.ExportCertificatePem());
            var data = Path.Combine(folder.FullName, "..data");
            var path = Path.Combine(folder.FullName, "ca.crt");
            Directory.CreateSymbolicLink(data, "..1");
            File.CreateSymbolicLink(path, "..data/ca.crt");
            var authority = new RotatingAuthority(path);
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeFalse();
            Directory.Delete(data);
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeFalse("nothing to read: what was read last stays");
            Directory.CreateSymbolicLink(data, "..2");
            authority.Validate(this, server, null, SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeTrue();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static X509Certificate2 Ca(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
    }

    private static X509Certificate2 Leaf(X509Certificate2 ca)
    {
        using var key = ECDsa.Create();
        return new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256)
            .Create(ca, TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddDays(10), [1, 2, 3]);
    }

    [KubernetesEntity(Group = "test.example.com", ApiVersion = "v1", Kind = "ClusterThing", PluralName = "clusterthings")]
    [EntityScope(EntityScope.Cluster)]
    private sealed class ClusterThing : IKubernetesObject<V1ObjectMeta>
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public V1ObjectMeta Metadata { get; set; } = new();
    }
}
