using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

public class DeletionTests
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""";

    [Fact]
    public async Task A_pod_without_a_node_goes_at_once_and_one_on_a_node_gets_its_grace_period()
    {
        await using var lab = await LabFixture.StartAsync();
        await lab.SendAsync("POST", Pods, Pod);
        await lab.SendAsync("DELETE", $"{Pods}/p");
        (await lab.SendAsync("GET", $"{Pods}/p")).Code.ShouldBe(404);

        await lab.SendAsync("POST", Pods, Pod);
        (await lab.SendAsync("POST", $"{Pods}/p/binding", """{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n"}}""")).Code.ShouldBe(201);
        await lab.SendAsync("DELETE", $"{Pods}/p");
        var going = await lab.SendAsync("GET", $"{Pods}/p");
        ((int)going.Body["metadata"]!["deletionGracePeriodSeconds"]!).ShouldBe(30);

        await lab.SendAsync("DELETE", $"{Pods}/p", """{"gracePeriodSeconds":60}""");
        ((int)(await lab.SendAsync("GET", $"{Pods}/p")).Body["metadata"]!["deletionGracePeriodSeconds"]!).ShouldBe(30, "a later request cannot lengthen the wait");
        await lab.SendAsync("DELETE", $"{Pods}/p", """{"gracePeriodSeconds":0}""");
        (await lab.SendAsync("GET", $"{Pods}/p")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task A_namespace_stays_until_it_is_finalized()
    {
        await using var lab = await LabFixture.StartAsync();
        await lab.SendAsync("POST", "/api/v1/namespaces", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"team"}}""");
        await lab.SendAsync("DELETE", "/api/v1/namespaces/team");
        var going = await lab.SendAsync("GET", "/api/v1/namespaces/team");
        ((string?)going.Body["status"]!["phase"]).ShouldBe("Terminating");
        (await lab.SendAsync("POST", "/api/v1/namespaces/team/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}""")).Code.ShouldBe(403);

        going.Body["spec"]!["finalizers"] = new JsonArray();
        await lab.SendAsync("PUT", "/api/v1/namespaces/team", going.Body.ToJsonString());
        (await lab.SendAsync("GET", "/api/v1/namespaces/team")).Code.ShouldBe(200, "only the finalize subresource takes a namespace's finalizers");
        var again = await lab.SendAsync("GET", "/api/v1/namespaces/team");
        again.Body["spec"]!["finalizers"] = new JsonArray();
        await lab.SendAsync("PUT", "/api/v1/namespaces/team/finalize", again.Body.ToJsonString());
        (await lab.SendAsync("GET", "/api/v1/namespaces/team")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task The_in_process_door_finalizes_and_deletes_what_is_absent_without_complaint()
    {
        await using var lab = await LabFixture.StartAsync();
        var namespaces = new Gvr("", "v1", "namespaces");
        lab.Server.Api.Create(namespaces, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "team" } }, "test");
        lab.Server.Api.Delete(namespaces, null, "team");
        var ns = (JsonObject)lab.Server.Api.Get(namespaces, null, "team")!.DeepClone();
        ns["spec"]!["finalizers"] = new JsonArray();
        lab.Server.Api.Update(namespaces, null, "team", ns, "test", "finalize");
        lab.Server.Api.Get(namespaces, null, "team").ShouldBeNull();
        Should.NotThrow(() => lab.Server.Api.Delete(namespaces, null, "team"));
    }

    [Theory]
    [InlineData("Foreground", "foregroundDeletion")]
    [InlineData("Orphan", "orphan")]
    public async Task Propagation_is_written_down_for_the_garbage_collector(string policy, string finalizer)
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        var going = await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/a?propagationPolicy={policy}");
        going.Body["metadata"]!["finalizers"]!.AsArray().Select(f => (string?)f).ShouldBe([finalizer]);
    }
}
