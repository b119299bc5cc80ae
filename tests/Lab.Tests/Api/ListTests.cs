using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Api;

public class ListTests
{
    [Fact]
    public async Task Pages_show_one_moment_although_objects_come_and_go()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        foreach (string name in (string[])["a", "b", "c", "d", "e"]) await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget(name));
        var first = await lab.SendAsync("GET", $"{LabFixture.Widgets}?limit=2");
        ((int)first.Body["metadata"]!["remainingItemCount"]!).ShouldBe(3);
        await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/d");
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("bb"));
        var rest = await lab.SendAsync("GET", $"{LabFixture.Widgets}?limit=10&continue={Uri.EscapeDataString((string)first.Body["metadata"]!["continue"]!)}");
        Names(rest.Body).ShouldBe(["c", "d", "e"]);
    }

    [Fact]
    public async Task A_continue_token_from_forgotten_history_is_gone()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        foreach (string name in (string[])["a", "b", "c"]) await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget(name));
        var first = await lab.SendAsync("GET", $"{LabFixture.Widgets}?limit=1");
        await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/c");
        lab.Server.Faults.CompactHistory();
        var gone = await lab.SendAsync("GET", $"{LabFixture.Widgets}?continue={Uri.EscapeDataString((string)first.Body["metadata"]!["continue"]!)}");
        gone.Code.ShouldBe(410);
        ((string?)gone.Body["reason"]).ShouldBe("Expired");
    }

    [Fact]
    public async Task Items_of_builtin_lists_carry_no_kind_and_are_whole()
    {
        await using var lab = await LabFixture.StartAsync();
        await lab.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}}""");
        var list = await lab.SendAsync("GET", "/api/v1/configmaps");
        var item = list.Body["items"]!.AsArray().ShouldHaveSingleItem()!;
        item["kind"].ShouldBeNull();
        ((string?)item["data"]!["a"]).ShouldBe("1");
    }

    [Fact]
    public async Task Yaml_is_taken_and_given()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets,
            "apiVersion: lab.example.com/v1\nkind: Widget\nmetadata:\n  name: y\nspec: {size: 4}\n", "application/yaml", accept: "application/yaml");
        created.Code.ShouldBe(201);
        ((string)created.Body!).ShouldContain("size: 4");
    }

    [Fact]
    public async Task Concurrent_patches_are_all_kept()
    {
        await using var lab = await LabFixture.StartAsync();
        const string path = "/api/v1/namespaces/default/configmaps";
        await lab.SendAsync("POST", path, """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}""");
        await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            lab.SendAsync("PATCH", $"{path}/c", $$$"""{"data":{"k{{{i}}}":"v"}}""", "application/merge-patch+json")));
        ((JsonObject)(await lab.SendAsync("GET", $"{path}/c")).Body["data"]!).Count.ShouldBe(24);
    }

    private static IEnumerable<string?> Names(JsonNode list) => list["items"]!.AsArray().Select(i => (string?)i!["metadata"]!["name"]);
}
