using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s;
using k8s.Autorest;
using k8s.LeaderElection;
using k8s.LeaderElection.ResourceLock;
using k8s.Models;

namespace Nemotron.Kube.Tests;

/// <summary>
/// The weaknesses of the Kubernetes client's own watch, requests and leader elector, for which this runtime has parts of its own. Should a test here fail one day, the client has
/// been mended, and the part may go.
/// </summary>
public sealed class StockClientTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Kubernetes Client(string url, params DelegatingHandler[] handlers) => new(new KubernetesClientConfiguration { Host = url }, handlers);

    private static string Pod(string name) =>
        Widgets.Event("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" + name + "\",\"namespace\":\"default\",\"resourceVersion\":\"5\"}}");

    private static async Task<(List<string> Names, List<Exception> Errors)> WatchAsync(string url)
    {
        using var client = Client(url);
        var names = new List<string>();
        var errors = new List<Exception>();
        await foreach (var (_, pod) in client.CoreV1.WatchListNamespacedPodAsync("default", onError: errors.Add, cancellationToken: Ct))
        {
            names.Add(pod.Metadata.Name);
        }

        return (names, errors);
    }

    [Fact]
    public async Task EmptyWatch_ClosedByServer_Throws()
    {
        await using var host = await ApiHost.StartAsync((c, _) => c.BeginWatchAsync());
        (await Should.ThrowAsync<HttpRequestException>(() => WatchAsync(host.Url))).InnerException.ShouldNotBeNull();
    }

    [Fact]
    public async Task Expired410InTheStream_EndsNothingAndThrowsNothing()
    {
        await using var host = await ApiHost.StartAsync(async (c, _) =>
        {
            await c.BeginWatchAsync();
            await c.LineAsync(Widgets.Error(410, "Expired", "too old"));
            await c.LineAsync(Pod("after"));
        });
        var (names, errors) = await WatchAsync(host.Url);
        names.ShouldBe(["after"], "whoever does not listen to onError never learns that its version is lost");
        errors.ShouldHaveSingleItem().ShouldBeOfType<KubernetesException>();
    }

    [Fact]
    public async Task GarbageLine_IsSkipped_TheEventIsLost()
    {
        await using var host = await ApiHost.StartAsync(async (c, _) =>
        {
            await c.BeginWatchAsync();
            await c.LineAsync(Pod("before"));
            await c.LineAsync("{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":");
            await c.LineAsync(Pod("after"));
        });
        var (names, errors) = await WatchAsync(host.Url);
        names.ShouldBe(["before", "after"]);
        errors.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task TooManyRequests_IsThrownAtTheCaller()
    {
        await using var host = await ApiHost.StartAsync((c, _) =>
        {
            c.Response.Headers.RetryAfter = "1";
            return c.StatusAsync(429, "TooManyRequests", "slow down");
        });
        using var client = Client(host.Url);
        await Should.ThrowAsync<HttpOperationException>(() => client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Ct));
        host.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Bodies_AreReadBlockingAThread_OursAreNot()
    {
        var body = "{\"apiVersion\":\"v1\",\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
        using var stock = Client("http://127.0.0.1:1/", new CannedHandler(body));
        await Should.ThrowAsync<NotSupportedException>(() => stock.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Ct));

        using var ours = new KubeClient(new KubernetesClientConfiguration { Host = "http://127.0.0.1:1/" }, new CannedHandler(body));
        var (list, _) = await new KubeApi(ours, TimeProvider.System).SendAsync<V1PodList>(HttpMethod.Get, "api/v1/pods", default, null, Ct);
        list.Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task LeaderElector_ConnectionRefused_EndsItForGood()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)port.LocalEndpoint).Port}";
        port.Stop();
        using var client = Client(url);
        await Should.ThrowAsync<HttpRequestException>(() => Elector(client).RunAndTryToHoldLeadershipForeverAsync(Ct));
    }

    [Fact]
    public async Task LeaderElector_ReadsBeforeEachRenewal_AndKeepsTheLeaseWhenStopped()
    {
        await using var api = await TinyApi.StartAsync();
        using var client = Client(api.Url);
        var elector = Elector(client);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var run = elector.RunAndTryToHoldLeadershipForeverAsync(stop.Token);
        await Until.True(() => api.Host.Requests.Count(r => r.Method == "PUT") >= 3, "three renewals");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        api.Host.Requests.Count(r => r.Method == "GET").ShouldBeGreaterThanOrEqualTo(api.Host.Requests.Count(r => r.Method == "PUT"), "two requests per renewal");
        api.Get("/apis/coordination.k8s.io/v1/namespaces/default/leases/stock")!["spec"]!["holderIdentity"]!.ToString().ShouldBe("a", "not released");
        elector.IsLeader().ShouldBeTrue("though it leads no longer");
    }

    private static k8s.LeaderElection.LeaderElector Elector(IKubernetes client) => new(new LeaderElectionConfig(new LeaseLock(client, "default", "stock", "a"))
    {
        // So long that no pause of the machine costs it the lease.
        LeaseDuration = TimeSpan.FromMinutes(2),
        RenewDeadline = TimeSpan.FromMinutes(1),
        RetryPeriod = TimeSpan.FromMilliseconds(50),
    });

    /// <summary>Answers with a body that can be read only without blocking, as a slow network's would be.</summary>
    private sealed class CannedHandler(string body) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new AsyncOnlyContent(Encoding.UTF8.GetBytes(body)), RequestMessage = request });
    }

    private sealed class AsyncOnlyContent(byte[] body) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new AsyncOnlyStream(body));

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class AsyncOnlyStream(byte[] body) : MemoryStream(body, 0, body.Length, writable: false, publiclyVisible: true)
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("blocking");

        public override int Read(Span<byte> buffer) => throw new NotSupportedException("blocking");

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            var count = Math.Min(buffer.Length, (int)(Length - Position));
            GetBuffer().AsMemory((int)Position, count).CopyTo(buffer);
            Position += count;
            return count;
        }
    }
}
