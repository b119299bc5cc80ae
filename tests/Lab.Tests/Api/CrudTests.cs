using System.Text.Json.Nodes;

namespace Nemotron.Lab.Tests.Api;

public class CrudTests
{
    [Fact]
    public async Task A_created_object_can_be_read_changed_and_deleted()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        created.Code.ShouldBe(201);
        ((int)created.Body["spec"]!["size"]!).ShouldBe(1);
        ((int)created.Body["metadata"]!["generation"]!).ShouldBe(1);

        var patched = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", """{"spec":{"size":2}}""", "application/merge-patch+json");
        patched.Code.ShouldBe(200);
        ((int)patched.Body["metadata"]!["generation"]!).ShouldBe(2);

        var deleted = await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/a");
        ((string?)deleted.Body["status"]).ShouldBe("Success");
        (await lab.SendAsync("GET", $"{LabFixture.Widgets}/a")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task A_stale_resource_version_is_a_conflict_and_none_is_refused_for_custom_resources()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        string stale = created.Body.ToJsonString();
        await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", """{"spec":{"size":2}}""", "application/merge-patch+json");

        var conflict = await lab.SendAsync("PUT", $"{LabFixture.Widgets}/a", stale);
        conflict.Code.ShouldBe(409);
        ((string?)conflict.Body["reason"]).ShouldBe("Conflict");

        var unversioned = JsonNode.Parse(stale)!;
        ((JsonObject)unversioned["metadata"]!).Remove("resourceVersion");
        (await lab.SendAsync("PUT", $"{LabFixture.Widgets}/a", unversioned.ToJsonString())).Code.ShouldBe(422);
    }

    [Fact]
    public async Task Another_uid_is_a_precondition_in_a_put_refused_in_a_patch_and_not_heard_in_a_patch_of_a_custom_status()
    {
        const string Merge = "application/merge-patch+json";
        const string Other = """{"metadata":{"uid":"11111111-1111-1111-1111-111111111111"},"status":{"replicas":1}}""";
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        string uid = (string)created.Body["metadata"]!["uid"]!;

        foreach (string path in (string[])[$"{LabFixture.Widgets}/a", $"{LabFixture.Widgets}/a/status"])
        {
            var other = created.Body.DeepClone();
            other["metadata"]!["uid"] = "11111111-1111-1111-1111-111111111111";
            var put = await lab.SendAsync("PUT", path, other.ToJsonString());
            put.Code.ShouldBe(409);
            ((string)put.Body["message"]!).ShouldContain("UID in precondition");
        }

        var refused = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", Other, Merge);
        refused.Code.ShouldBe(422);
        ((string)refused.Body["message"]!).ShouldContain("metadata.uid: Invalid value: \"11111111-1111-1111-1111-111111111111\": field is immutable");

        var heard = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a/status", Other, Merge);
        heard.Code.ShouldBe(200);
        ((int)heard.Body["status"]!["replicas"]!).ShouldBe(1);
        ((string)heard.Body["metadata"]!["uid"]!).ShouldBe(uid);

        string tested = """[{"op":"test","path":"/metadata/uid","value":"11111111-1111-1111-1111-111111111111"},{"op":"add","path":"/status/replicas","value":2}]""";
        (await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a/status", tested, "application/json-patch+json")).Code.ShouldBe(422);

        const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
        (await lab.SendAsync("POST", Deployments, """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"d"}},
             "template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """)).Code.ShouldBe(201);
        (await lab.SendAsync("PATCH", $"{Deployments}/d/status", Other, Merge)).Code.ShouldBe(422);
        (await lab.SendAsync("PATCH", $"{Deployments}/d/status", """{"status":{"replicas":0}}""", Merge)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task A_write_that_changes_nothing_takes_no_new_version()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var created = await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a", """{"size":3}"""));
        var again = await lab.SendAsync("PATCH", $"{LabFixture.Widgets}/a", """{"spec":{"size":3}}""", "application/merge-patch+json");
        ((string?)again.Body["metadata"]!["resourceVersion"]).ShouldBe((string?)created.Body["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task A_watch_from_a_version_tells_what_came_after()
    {
        await using var lab = await LabFixture.WithWidgetsAsync();
        var list = await lab.SendAsync("GET", LabFixture.Widgets);
        using var watch = await lab.WatchAsync($"{LabFixture.Widgets}?watch=true&resourceVersion={list.Body["metadata"]!["resourceVersion"]}");
        watch.Code.ShouldBe(200);

        await lab.SendAsync("POST", LabFixture.Widgets, LabFixture.Widget("a"));
        await lab.SendAsync("DELETE", $"{LabFixture.Widgets}/a");

        var added = await watch.NextAsync();
        ((string?)added!["type"]).ShouldBe("ADDED");
        ((string?)added["object"]!["metadata"]!["name"]).ShouldBe("a");
        ((string?)(await watch.NextAsync())!["type"]).ShouldBe("DELETED");
    }
}
