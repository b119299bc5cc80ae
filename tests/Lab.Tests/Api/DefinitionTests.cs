using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Api;

public class DefinitionTests
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    [Fact]
    public async Task A_definition_is_established_and_served_at_once()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var crd = await lab.SendAsync("GET", $"{Definitions}/widgets.lab.example.com");
        crd.Body["status"]!["conditions"]!.AsArray().Select(c => $"{c!["type"]}={c["status"]}").ShouldBe(["NamesAccepted=True", "Established=True"]);
        (await lab.SendAsync("GET", LabFixture.Widgets)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_not_accepted_and_not_served()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        string other = LabFixture.WidgetCrd.Replace("widgets", "gadgets", StringComparison.Ordinal);
        (await lab.SendAsync("POST", Definitions, other)).Code.ShouldBe(201);
        var crd = await lab.SendAsync("GET", $"{Definitions}/gadgets.lab.example.com");
        var accepted = crd.Body["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "NamesAccepted")!;
        ((string?)accepted["status"]).ShouldBe("False");
        (await lab.SendAsync("GET", "/apis/lab.example.com/v1/gadgets")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Deleting_a_definition_deletes_its_objects_and_then_itself()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        await lab.SendAsync("DELETE", $"{Definitions}/widgets.lab.example.com");
        (await lab.SendAsync("GET", $"{Definitions}/widgets.lab.example.com")).Code.ShouldBe(404);
        (await lab.SendAsync("GET", LabFixture.Widgets)).Code.ShouldBe(404);
        (await lab.SendAsync("POST", Definitions, LabFixture.WidgetCrd)).Code.ShouldBe(201);
        (await lab.SendAsync("GET", LabFixture.Widgets)).Body["items"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_object_with_a_finalizer_holds_its_definition_which_takes_no_more()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", metadata: """,  "finalizers":["lab.example.com/hold"] """));
        await lab.SendAsync("DELETE", $"{Definitions}/widgets.lab.example.com");
        (await lab.SendAsync("GET", $"{LabFixture.Widgets}/a")).Body["metadata"]!["deletionTimestamp"].ShouldNotBeNull();
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("b"))).Code.ShouldBe(405);
        await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        (await lab.SendAsync("GET", $"{Definitions}/widgets.lab.example.com")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Watches_end_with_their_definition()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true");
        (await watch.NextAsync()).ShouldNotBeNull();
        await lab.SendAsync("DELETE", $"{Definitions}/widgets.lab.example.com");
        ((string?)(await watch.NextAsync())!["type"]).ShouldBe("DELETED");
        (await watch.NextAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_changed_schema_holds_for_the_next_write_and_leaves_objects_alone()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", """{"size":9}"""));
        var narrowed = await lab.SendAsync("PATCH", $"{Definitions}/widgets.lab.example.com",
            """[{"op":"add","path":"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum","value":5}]""", "application/json-patch+json");
        narrowed.Code.ShouldBe(200);
        (await lab.SendAsync("GET", $"{LabFixture.Widgets}/a")).Code.ShouldBe(200);
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("b", """{"size":9}"""))).Code.ShouldBe(422);
    }

    [Fact]
    public async Task Two_served_versions_show_one_object()
    {
        await using var lab = await LabFixture.StartAsync();
        var crd = (JsonObject)JsonNode.Parse(LabFixture.WidgetCrd)!;
        var second = crd["spec"]!["versions"]![0]!.DeepClone();
        second["name"] = "v2";
        second["storage"] = false;
        crd["spec"]!["versions"]!.AsArray().Add(second);
        (await lab.SendAsync("POST", Definitions, crd.ToJsonString())).Code.ShouldBe(201);
        (await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"))).Code.ShouldBe(201);
        var shown = await lab.SendAsync("GET", LabFixture.Widgets.Replace("/v1/", "/v2/", StringComparison.Ordinal) + "/a");
        ((string?)shown.Body["apiVersion"]).ShouldBe("lab.example.com/v2");
        using var watch = await lab.WatchAsync(LabFixture.Widgets.Replace("/v1/", "/v2/", StringComparison.Ordinal) + "?watch=true");
        ((string?)(await watch.NextAsync())!["object"]!["apiVersion"]).ShouldBe("lab.example.com/v2");
    }
}
