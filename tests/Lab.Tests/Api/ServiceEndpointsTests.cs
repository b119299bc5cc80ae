using System.Text.Json.Nodes;
using Nemotron.Lab.Api.Webhooks;

namespace Nemotron.Lab.Tests.Api;

public class ServiceEndpointsTests
{
    private const string Service = """{"spec":{"ports":[{"name":"metrics","port":80},{"name":"webhook","port":443}]}}""";

    [Fact]
    public void The_endpoint_of_the_ports_name_is_taken() =>
        Resolve(Service, Slice("10.244.0.7", 9443), Slice("127.0.0.1", 9444)).ShouldBe("127.0.0.1:9444");

    [Theory]
    [InlineData(null, 443, "service \"hook\" not found")]
    [InlineData(Service, 8443, "no service port 8443 found for service \"hook\"")]
    [InlineData(Service, 443, "no endpoints available for service \"hook\"")]
    public void What_leads_nowhere_is_told_as_the_real_server_tells_it(string? service, long port, string message) =>
        Should.Throw<HttpRequestException>(() => Resolve(service, port)).Message.ShouldBe(message);

    [Fact]
    public void Simulated_pods_and_endpoints_that_are_not_ready_do_not_count()
    {
        Should.Throw<HttpRequestException>(() => Resolve(Service, Slice("10.244.0.7", 9443))).Message.ShouldContain("no endpoints available");
        Should.Throw<HttpRequestException>(() => Resolve(Service, Slice("127.0.0.1", 9443, ready: false))).Message.ShouldContain("no endpoints available");
        Should.Throw<HttpRequestException>(() => Resolve(Service, Slice("127.0.0.1", 9443, port: "metrics"))).Message.ShouldContain("no endpoints available");
    }

    private static string Resolve(string? service, params JsonObject[] slices) => Resolve(service, 443, slices);

    private static string Resolve(string? service, long port, params JsonObject[] slices) =>
        ServiceEndpoints.Resolve("hook", service is null ? null : JsonNode.Parse(service)!.AsObject(), slices, port).ToString();

    private static JsonObject Slice(string address, int number, bool ready = true, string port = "webhook") => new()
    {
        ["ports"] = new JsonArray(new JsonObject { ["name"] = port, ["port"] = number }),
        ["endpoints"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray(address), ["conditions"] = new JsonObject { ["ready"] = ready } }),
    };
}
