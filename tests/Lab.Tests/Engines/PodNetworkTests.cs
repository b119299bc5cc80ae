using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Lab.Engines.Tests;

public class PodNetworkTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_refuses_before_it_is_open_answers_while_it_is_and_refuses_again()
    {
        using var network = LabNetwork.Claim();
        await using var server = await PodWebServer.StartAsync(_ => { }, Cancel);
        var address = new IPEndPoint(IPAddress.Parse(Pod(network, 0, 5)), 8000);
        using var client = new HttpClient();
        var url = new Uri($"http://{address}/who");

        Refused(await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(url, Cancel)));
        var port = PodPort.Open(server.Transport, address, PortProtocol.Http, http => http.Response.WriteAsync($"me at {http.Connection.LocalIpAddress}"));
        (await client.GetStringAsync(url, Cancel)).ShouldBe($"me at {address.Address}");
        port.Dispose();
        Refused(await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(url, Cancel)));

        static void Refused(HttpRequestException fault) => ((SocketException)fault.InnerException!).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [Fact]
    public async Task A_process_that_ends_cuts_the_streams_it_was_writing()
    {
        using var network = LabNetwork.Claim();
        await using var server = await PodWebServer.StartAsync(_ => { }, Cancel);
        var address = new IPEndPoint(IPAddress.Parse(Pod(network, 0, 5)), 8000);
        var port = PodPort.Open(server.Transport, address, PortProtocol.Http, async http =>
        {
            await http.Response.WriteAsync("first ");
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
        });
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{address}/"), HttpCompletionOption.ResponseHeadersRead, Cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        var buffer = new byte[64];
        (await body.ReadAsync(buffer, Cancel)).ShouldBe(6);

        port.Dispose();

        await Should.ThrowAsync<IOException>(async () => await body.ReadExactlyAsync(buffer, Cancel));
    }

    [Fact]
    public async Task Each_pod_answers_for_itself_behind_one_server()
    {
        using var network = LabNetwork.Claim();
        await using var server = await PodWebServer.StartAsync(_ => { }, Cancel);
        var ports = Enumerable.Range(2, 20).Select(host =>
        {
            var address = Pod(network, 3, host);
            return PodPort.Open(server.Transport, new(IPAddress.Parse(address), 8000), PortProtocol.Http, http => http.Response.WriteAsync(address));
        }).ToList();
        using var client = new HttpClient();
        foreach (var host in Enumerable.Range(2, 20))
        {
            (await client.GetStringAsync(new Uri($"http://{Pod(network, 3, host)}:8000/"), Cancel)).ShouldBe(Pod(network, 3, host));
        }

        ports.ForEach(port => port.Dispose());
    }

    [Fact]
    public void Labs_side_by_side_take_different_addresses()
    {
        using var first = LabNetwork.Claim();
        using var second = LabNetwork.Claim();
        second.ServicePrefix.ShouldNotBe(first.ServicePrefix);
        var nodes = Enumerable.Range(0, LabNetwork.MostNodes).ToList();
        nodes.Select(first.PodCidr).Concat(nodes.Select(second.PodCidr)).Distinct().Count().ShouldBe(2 * LabNetwork.MostNodes);
        nodes.Select(first.NodeAddress).Concat(nodes.Select(second.NodeAddress)).Distinct().Count().ShouldBe(2 * LabNetwork.MostNodes);
        Should.Throw<InvalidOperationException>(() => first.PodCidr(LabNetwork.MostNodes)).Message.ShouldContain("--engines none");
    }

    private static string Pod(LabNetwork network, int node, int host) => network.PodCidr(node).Replace(".0/24", $".{host}");
}
