using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Access;

/// <summary>HTTP/2 over TLS: many watches on few connections.</summary>
public class Http2Tests
{
    private const string Pods = "/api/v1/namespaces/default/configmaps";
    private static readonly Gvr ConfigMaps = new("", "v1", "configmaps");

    [Fact]
    public async Task Watches_share_a_connection_until_its_hundred_streams_are_taken_and_then_open_another()
    {
        const int watches = 150;
        var connections = new ConcurrentBag<EndPoint>();
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        using var client = Counting(lab, connections);
        (await SecureLab.SendAsync(client, "GET", "/version")).Code.ShouldBe(200);
        var readers = new List<(HttpResponseMessage Response, StreamReader Lines)>();
        foreach (var opening in Enumerable.Range(0, watches).Select(_ => client.GetAsync($"{Pods}?watch=true&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)).ToArray())
        {
            var response = await opening;
            response.Version.ShouldBe(HttpVersion.Version20);
            readers.Add((response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken))));
        }

        // All are open at once, and each hears of the same change.
        lab.Server.Api.Create(ConfigMaps, "default", new() { ["metadata"] = new JsonObject { ["name"] = "a" } }, "test");
        foreach (var (_, lines) in readers) (await lines.ReadLineAsync(TestContext.Current.CancellationToken))!.ShouldContain("\"name\":\"a\"");
        connections.Count.ShouldBe(2, "a hundred streams on the first, the others on the second");

        // Requests go on beside them, on the connections that are there.
        (await SecureLab.SendAsync(client, "GET", Pods)).Code.ShouldBe(200);
        connections.Count.ShouldBe(2);
        foreach (var (response, lines) in readers)
        {
            lines.Dispose();
            response.Dispose();
        }
    }

    [Fact]
    public async Task A_watch_that_ends_leaves_the_others_on_its_connection_alone()
    {
        var connections = new ConcurrentBag<EndPoint>();
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        using var client = Counting(lab, connections);
        using var staying = await client.GetAsync($"{Pods}?watch=true&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var lines = new StreamReader(await staying.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        using (var leaving = await client.GetAsync($"{Pods}?watch=true&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            leaving.EnsureSuccessStatusCode();
        }

        (await SecureLab.SendAsync(client, "GET", $"{Pods}?watch=true&timeoutSeconds=1")).Code.ShouldBe(200);
        // A fault strikes one stream, not the connection.
        lab.Server.Faults.Add(new Fault(FaultKind.DropBefore, 1, (_, path) => path.EndsWith("/version", StringComparison.Ordinal)));
        await Should.ThrowAsync<HttpRequestException>(() => SecureLab.SendAsync(client, "GET", "/version"));
        lab.Server.Api.Create(ConfigMaps, "default", new() { ["metadata"] = new JsonObject { ["name"] = "a" } }, "test");
        (await lines.ReadLineAsync(TestContext.Current.CancellationToken))!.ShouldContain("\"name\":\"a\"");
        connections.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Older_clients_speak_the_older_protocol()
    {
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        var client = lab.Client();
        client.DefaultRequestVersion = HttpVersion.Version11;
        using var response = await client.GetAsync("/version", TestContext.Current.CancellationToken);
        response.Version.ShouldBe(HttpVersion.Version11);
    }

    [Fact]
    public async Task Who_does_not_know_the_authority_does_not_connect()
    {
        await using var lab = await SecureLab.StartAsync(new() { Tls = true });
        using var stranger = new HttpClient { BaseAddress = lab.Server.Url };
        await Should.ThrowAsync<HttpRequestException>(() => stranger.GetAsync("/version", TestContext.Current.CancellationToken));
    }

    private static HttpClient Counting(SecureLab lab, ConcurrentBag<EndPoint> connections) => lab.Client(tune: handler => handler.ConnectCallback = async (context, cancel) =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(context.DnsEndPoint, cancel);
        connections.Add(socket.LocalEndPoint!);
        return new NetworkStream(socket, ownsSocket: true);
    });
}
