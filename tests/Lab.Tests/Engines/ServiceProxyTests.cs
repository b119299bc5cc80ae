using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers;
using Nemotron.Lab.Nodes;
using static Nemotron.Lab.Engines.Tests.EngineLab;

namespace Nemotron.Lab.Engines.Tests;

public class ServiceProxyTests
{
    [Fact]
    public async Task A_cluster_ip_leads_to_the_ready_pods_in_turn_and_refuses_without_any()
    {
        await using var lab = await StartAsync();
        lab.Cluster.Api.Create(BuiltIn.Services, "default", (JsonObject)JsonNode.Parse("""
            { "metadata": { "name": "nano" }, "spec": { "selector": { "role": "nano" }, "ports": [ { "name": "http", "port": 80, "targetPort": 8000 } ] } }
            """)!, "test");
        var ip = lab.Cluster.Api.Get(BuiltIn.Services, "default", "nano").Text("spec", "clusterIP")!;
        var url = new Uri($"http://{ip}/v1/models");
        await RefusedAsync(lab, url);

        foreach (var name in new[] { "a", "b" })
        {
            var pod = TrtLlm(name, more: ["--served_model_name", name]);
            pod["metadata"]!["labels"]!["role"] = "nano";
            await lab.CreateReadyAsync(pod);
        }

        await lab.UntilAsync(BuiltIn.EndpointSlices, () => Ready(lab) == 2, "two endpoints");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
        var served = new HashSet<string>();
        await Waiting.UntilAsync(() =>
        {
            served.Add(JsonNode.Parse(client.GetStringAsync(url, Cancel).GetAwaiter().GetResult()).Items("data").Single().Text("id")!);
            return served.Count == 2;
        });

        // A stream goes on after its pod has left the Service.
        var engine = lab.Engine("a");
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "b");
        await lab.UntilAsync(BuiltIn.EndpointSlices, () => Ready(lab) == 1, "one endpoint");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{ip}/v1/chat/completions")) { Content = System.Net.Http.Json.JsonContent.Create(Chat("Hello", more: """{ "ignore_eos": true, "max_tokens": 400, "stream": true }""")) };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        lab.Cluster.Api.Delete(BuiltIn.Pods, "default", "a");
        await lab.UntilAsync(BuiltIn.EndpointSlices, () => Ready(lab) == 0, "no endpoint");
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldEndWith("data: [DONE]\n\n");
        await Waiting.UntilAsync(() => Refuses(url));
    }

    [Fact]
    public void Routes_take_ready_endpoints_and_ending_ones_only_when_no_other_is_left()
    {
        var service = (JsonObject)JsonNode.Parse("""{ "spec": { "ports": [ { "name": "http", "port": 80 }, { "name": "dns", "port": 53, "protocol": "UDP" } ] } }""")!;
        Routes("r r").ShouldBe("80: 127.0.0.2:8000 127.0.0.3:8000");
        Routes("r t").ShouldBe("80: 127.0.0.2:8000");
        Routes("n t").ShouldBe("80: 127.0.0.3:8000");
        Routes("n n").ShouldBe("80: ");

        string Routes(string endpoints) => string.Join("; ", ServiceRoutes.Of(service, [Slice(endpoints)]).Select(route => $"{route.Port}: {string.Join(' ', route.Endpoints)}"));

        static JsonObject Slice(string endpoints) => new()
        {
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = 8000 }),
            ["endpoints"] = new JsonArray([.. endpoints.Split(' ').Select((state, at) => (JsonNode)new JsonObject
            {
                ["addresses"] = new JsonArray($"127.0.0.{at + 2}"),
                ["conditions"] = new JsonObject { ["ready"] = state == "r", ["serving"] = state != "n", ["terminating"] = state == "t" },
            })]),
        };
    }

    private static int Ready(EngineLab lab) => lab.Cluster.Api.List(BuiltIn.EndpointSlices, "default").Items.SelectMany(slice => slice.Items("endpoints")).Count(endpoint => endpoint.Flag("conditions", "ready"));

    private static async Task RefusedAsync(EngineLab lab, Uri url)
    {
        var refused = await Should.ThrowAsync<HttpRequestException>(() => lab.Http.GetAsync(url, Cancel));
        ((SocketException)refused.InnerException!).SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    private static bool Refuses(Uri url)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Parse(url.Host), url.Port);
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
