using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Services;

namespace Nemotron.Lab.Controllers.Tests;

public class EndpointSliceTests
{
    [Fact]
    public void Named_ports_are_resolved_per_pod_and_pods_grouped_by_them()
    {
        var slices = EndpointDecision.Decide(Service("http"), [Pod("a", 8000), Pod("b", 9000), Pod("c", 8000)], node => $"zone-of-{node}");
        slices.Select(slice => (slice.Ports[0].Whole("port"), string.Join(',', slice.Endpoints.Select(endpoint => endpoint.Text("targetRef", "name")))))
            .ShouldBe([(8000, "a,c"), (9000, "b")]);
        slices[0].Endpoints[0].Text("zone").ShouldBe("zone-of-n");
    }

    [Fact]
    public void Terminating_and_unready_pods_are_listed_but_not_ready()
    {
        var going = Pod("a", 80);
        going["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        var slice = EndpointDecision.Decide(Service("http"), [going, Pod("b", 80, ready: false), Pod("c", 80)], _ => null).ShouldHaveSingleItem();
        slice.Endpoints.Select(endpoint => endpoint!["conditions"]!.ToJsonString()).ShouldBe(
        [
            """{"ready":false,"serving":true,"terminating":true}""",
            """{"ready":false,"serving":false,"terminating":false}""",
            """{"ready":true,"serving":true,"terminating":false}""",
        ]);
    }

    [Fact]
    public void Slices_hold_a_hundred_endpoints_and_an_empty_service_has_an_empty_slice()
    {
        EndpointDecision.Decide(Service("http"), Enumerable.Range(0, 250).Select(i => Pod($"p{i}", 80)), _ => null).Select(slice => slice.Endpoints.Count).ShouldBe([100, 100, 50]);
        EndpointDecision.Decide(Service("http"), [], _ => null).ShouldHaveSingleItem().Endpoints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_follows_its_pods()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        var deployment = TestPlane.GpuDeployment("nano", 2, 1);
        deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["containerPort"] = 8000 });
        lab.Api.Create(BuiltIn.Deployments, "default", deployment, "test");
        var service = Service("http");
        service["spec"]!["selector"] = new JsonObject { ["app"] = "nano" };
        lab.Api.Create(BuiltIn.Services, "default", service, "test");

        await lab.UntilAsync(() => Ready(lab) == 2, "two ready endpoints");
        lab.Api.MergePatch(BuiltIn.Deployments, "default", "nano", new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 1 } }, "test");
        await lab.UntilAsync(() => Ready(lab) == 1, "one ready endpoint");
        lab.Api.List(BuiltIn.EndpointSlices, "default").Items.ShouldHaveSingleItem().Label("kubernetes.io/service-name").ShouldBe("s");
        lab.Api.Delete(BuiltIn.Services, "default", "s");
        await lab.UntilAsync(() => lab.Api.List(BuiltIn.EndpointSlices, "default").Items.Count == 0, "slices collected");

        static int Ready(TestPlane lab) => lab.Api.List(BuiltIn.EndpointSlices, "default").Items
            .SelectMany(slice => slice.Items("endpoints")).Count(endpoint => endpoint.Flag("conditions", "ready"));
    }

    private static JsonObject Service(string target) => (JsonObject)JsonNode.Parse($$"""
        { "metadata": { "name": "s", "namespace": "default" }, "spec": { "selector": { "app": "x" }, "ports": [ { "name": "api", "port": 80, "targetPort": "{{target}}" } ] } }
        """)!;

    private static JsonObject Pod(string name, int port, bool ready = true) => (JsonObject)JsonNode.Parse($$"""
        { "metadata": { "name": "{{name}}", "namespace": "default", "uid": "u-{{name}}" },
          "spec": { "nodeName": "n", "containers": [ { "name": "c", "ports": [ { "name": "http", "containerPort": {{port}} } ] } ] },
          "status": { "phase": "Running", "podIP": "10.0.0.1", "conditions": [ { "type": "Ready", "status": "{{(ready ? "True" : "False")}}" } ] } }
        """)!;
}
