using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Api;

/// <summary>Who manages replicas that are written through the scale, and applies to subresources.</summary>
public class ScaleOwnershipTests
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Apply = "application/apply-patch+yaml";
    private const string Merge = "application/merge-patch+json";

    [Fact]
    public async Task A_scale_by_another_takes_the_replicas_from_their_manager()
    {
        await using var lab = await LabFixture.StartAsync();
        await ApplyDeploymentAsync(lab, "op", replicas: 2);
        (await lab.SendAsync("PATCH", $"{Deployments}/d/scale?fieldManager=hpa", """{"spec":{"replicas":5}}""", Merge)).Code.ShouldBe(200);

        var live = (await lab.SendAsync("GET", $"{Deployments}/d")).Body;
        ((int)live["spec"]!["replicas"]!).ShouldBe(5);
        OwnersOfReplicas(live).ShouldBe(["hpa Update scale apps/v1"]);
        // As on the real server: a manager who came through the scale carries no time.
        Entries(live).Single(e => (string?)e["manager"] == "hpa").ContainsKey("time").ShouldBeFalse();
    }

    [Fact]
    public async Task An_apply_of_the_scale_meets_the_owner_as_a_conflict_and_takes_over_by_force()
    {
        await using var lab = await LabFixture.StartAsync();
        await ApplyDeploymentAsync(lab, "op", replicas: 2);

        var refused = await ApplyScaleAsync(lab, "hpa", 4);
        refused.Code.ShouldBe(409);
        ((string?)refused.Body["message"]).ShouldBe("Apply failed with 1 conflict: conflict with \"op\": .spec.replicas");

        var forced = await ApplyScaleAsync(lab, "hpa", 4, force: true);
        forced.Code.ShouldBe(200);
        ((string?)forced.Body["kind"]).ShouldBe("Scale");
        ((int)forced.Body["spec"]!["replicas"]!).ShouldBe(4);
        OwnersOfReplicas((await lab.SendAsync("GET", $"{Deployments}/d")).Body).ShouldBe(["hpa Apply scale apps/v1"]);

        // The first owner, who still applies a number, is now the one in conflict.
        var late = await lab.SendAsync("PATCH", $"{Deployments}/d?fieldManager=op", Deployment(2), Apply);
        late.Code.ShouldBe(409);
        ((string?)late.Body["message"]).ShouldBe("Apply failed with 1 conflict: conflict with \"hpa\" with subresource \"scale\": .spec.replicas");
    }

    [Fact]
    public async Task An_apply_of_the_same_number_shares_the_replicas()
    {
        await using var lab = await LabFixture.StartAsync();
        await ApplyDeploymentAsync(lab, "op", replicas: 2);
        (await ApplyScaleAsync(lab, "hpa", 2)).Code.ShouldBe(200);
        OwnersOfReplicas((await lab.SendAsync("GET", $"{Deployments}/d")).Body).ShouldBe(["hpa Apply scale apps/v1", "op Apply  apps/v1"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_scale_must_be_applied_as_a_scale_and_exist()
    {
        await using var lab = await LabFixture.StartAsync();
        await ApplyDeploymentAsync(lab, "op", replicas: 2);
        var wrong = await lab.SendAsync("PATCH", $"{Deployments}/d/scale?fieldManager=hpa", """{"apiVersion":"apps/v1","kind":"Scale","spec":{"replicas":1}}""", Apply);
        wrong.Code.ShouldBe(400);
        ((string?)wrong.Body["message"]).ShouldBe("Incorrect version specified in apply patch. Specified patch version: apps/v1, expected: autoscaling/v1");
        (await lab.SendAsync("PATCH", $"{Deployments}/none/scale?fieldManager=hpa", Scale("none", 1), Apply)).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Custom_resources_keep_replicas_where_their_definition_says()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", $"{LabFixture.Widgets}?fieldManager=op", LabFixture.Widget("w", """{"replicas":2}"""));
        var applied = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/w/scale?fieldManager=hpa&force=true", Scale("w", 7), Apply);
        applied.Code.ShouldBe(200);
        var live = (await lab.SendAsync("GET", $"{LabFixture.Widgets}/w")).Body;
        ((int)live["spec"]!["replicas"]!).ShouldBe(7);
        OwnersOfReplicas(live).ShouldBe(["hpa Apply scale lab.example.com/v1"]);
        // What the first manager has beside the replicas stays its own.
        Entries(live).Single(e => (string?)e["manager"] == "op")["fieldsV1"]!.ToJsonString().ShouldContain("f:size");
    }

    [Fact]
    public async Task Two_appliers_of_the_status_own_their_own_conditions()
    {
        await using var lab = await LabFixture.StartAsync();
        await ApplyDeploymentAsync(lab, "op", replicas: 2);
        (await ApplyConditionAsync(lab, "one", "Available")).Code.ShouldBe(200);
        (await ApplyConditionAsync(lab, "two", "Progressing")).Code.ShouldBe(200);
        // The first gives its condition up; the second's stays.
        (await lab.SendAsync("PATCH", $"{Deployments}/d/status?fieldManager=one", """{"apiVersion":"apps/v1","kind":"Deployment"}""", Apply)).Code.ShouldBe(200);

        var live = (await lab.SendAsync("GET", $"{Deployments}/d")).Body;
        ((JsonArray)live["status"]!["conditions"]!).Select(c => (string?)c!["type"]).ShouldBe(["Progressing"]);
        Entries(live).Where(e => (string?)e["subresource"] == "status").Select(e => (string?)e["manager"]).ShouldBe(["two"]);
        ((int)live["spec"]!["replicas"]!).ShouldBe(2);
    }

    [Fact]
    public async Task What_nobody_managed_belongs_to_before_first_apply()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("w", """{"size":3,"color":"red"}"""));
        (await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/w", """{"metadata":{"managedFields":[{}]}}""", Merge)).Code.ShouldBe(200);
        // Nothing is tracked until somebody applies.
        await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/w?fieldManager=someone", """{"spec":{"size":4}}""", Merge);
        Entries((await lab.SendAsync("GET", $"{LabFixture.Widgets}/w")).Body).ShouldBeEmpty();

        var refused = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/w?fieldManager=op", LabFixture.Widget("w", """{"color":"blue"}"""), Apply);
        refused.Code.ShouldBe(409);
        ((string?)refused.Body["message"]).ShouldBe("Apply failed with 1 conflict: conflict with \"before-first-apply\" using lab.example.com/v1: .spec.color");
    }

    private static Task<(int Code, JsonNode Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> ApplyScaleAsync(LabFixture lab, string manager, int replicas, bool force = false) =>
        lab.SendAsync("PATCH", $"{Deployments}/d/scale?fieldManager={manager}{(force ? "&force=true" : "")}", Scale("d", replicas), Apply);

    private static Task<(int Code, JsonNode Body, System.Net.Http.Headers.HttpResponseHeaders Headers)> ApplyConditionAsync(LabFixture lab, string manager, string type) =>
        lab.SendAsync("PATCH", $"{Deployments}/d/status?fieldManager={manager}",
            $$$"""{"apiVersion":"apps/v1","kind":"Deployment","status":{"conditions":[{"type":"{{{type}}}","status":"True"}]}}""", Apply);

    private static async Task ApplyDeploymentAsync(LabFixture lab, string manager, int replicas) =>
        (await lab.SendAsync("PATCH", $"{Deployments}/d?fieldManager={manager}", Deployment(replicas), Apply)).Code.ShouldBe(201);

    private static string Deployment(int replicas) => $$$$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":{{{{{replicas}}}}},"selector":{"matchLabels":{"app":"d"}},
         "template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}}}
        """;

    private static string Scale(string name, int replicas) =>
        $$$$"""{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"{{{{name}}}}"},"spec":{"replicas":{{{{replicas}}}}}}""";

    private static IEnumerable<JsonObject> Entries(JsonNode obj) => (obj["metadata"]!["managedFields"] as JsonArray ?? []).OfType<JsonObject>();

    private static IReadOnlyList<string> OwnersOfReplicas(JsonNode obj) =>
    [
        .. Entries(obj).Where(e => e["fieldsV1"]?["f:spec"]?["f:replicas"] is not null)
            .Select(e => $"{(string?)e["manager"]} {(string?)e["operation"]} {(string?)e["subresource"]} {(string?)e["apiVersion"]}"),
    ];
}
