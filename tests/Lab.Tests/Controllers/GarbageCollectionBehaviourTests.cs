using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.Tests;

public class GarbageCollectionBehaviourTests
{
    private static readonly Gvr Widgets = new("lab.example.com", "v1", "widgets");
    private static readonly Gvr Racks = new("lab.example.com", "v1", "racks");

    [Fact]
    public async Task Custom_resources_own_built_in_ones_as_soon_as_they_are_served()
    {
        await using var lab = await TestPlane.StartAsync("1xCPU");
        lab.Api.Serve(Widgets, "Widget", true);
        lab.Api.Create(BuiltIn.CustomResourceDefinitions, null, MemoryApi.Named("widgets.lab.example.com"), "test");
        var widget = lab.Api.Create(Widgets, "default", MemoryApi.Named("w"), "test");
        lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("child", "lab.example.com/v1", "Widget", widget), "test");

        lab.Api.Delete(Widgets, "default", "w");

        await lab.UntilAsync(() => lab.Api.Get(MemoryApi.ConfigMaps, "default", "child") is null, "child collected");
    }

    [Fact]
    public async Task Cluster_scoped_owners_own_namespaced_objects()
    {
        await using var lab = await TestPlane.StartAsync("1xCPU");
        lab.Api.Serve(Racks, "Rack", false);
        lab.Api.Create(BuiltIn.CustomResourceDefinitions, null, MemoryApi.Named("racks.lab.example.com"), "test");
        var rack = lab.Api.Create(Racks, null, MemoryApi.Named("r"), "test");
        lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("child", "lab.example.com/v1", "Rack", rack), "test");
        lab.Api.Delete(Racks, null, "r");
        await lab.UntilAsync(() => lab.Api.Get(MemoryApi.ConfigMaps, "default", "child") is null, "child collected");
    }

    [Fact]
    public async Task A_dependent_of_an_owner_that_never_was_goes_and_one_of_an_unknown_kind_stays()
    {
        await using var lab = await TestPlane.StartAsync("1xCPU");
        var ghost = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "ghost", ["uid"] = "never" } };
        lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("strange", "unheard.of/v1", "Thing", ghost), "test");
        lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("orphan", "v1", "ConfigMap", ghost), "test");
        await lab.UntilAsync(() => lab.Api.Get(MemoryApi.ConfigMaps, "default", "orphan") is null, "orphan collected");
        lab.Api.Get(MemoryApi.ConfigMaps, "default", "strange").ShouldNotBeNull();
    }

    [Fact]
    public async Task Foreground_deletion_takes_the_leaves_first()
    {
        await using var lab = await TestPlane.StartAsync("1xCPU");
        var root = lab.Api.Create(MemoryApi.ConfigMaps, "default", MemoryApi.Named("root"), "test");
        var middle = lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("middle", "v1", "ConfigMap", root), "test");
        lab.Api.Create(MemoryApi.ConfigMaps, "default", Owned("leaf", "v1", "ConfigMap", middle), "test");
        var (_, version) = lab.Api.List(MemoryApi.ConfigMaps, "default");
        var gone = new List<string>();

        lab.Api.Delete(MemoryApi.ConfigMaps, "default", "root", "Foreground");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        await foreach (var seen in lab.Api.WatchAsync(MemoryApi.ConfigMaps, "default", version, limit.Token))
        {
            if (seen.Type == "DELETED") gone.Add(seen.Object["metadata"]!["name"]!.GetValue<string>());
            if (gone.Count == 3) break;
        }

        gone.ShouldBe(["leaf", "middle", "root"]);
    }

    [Fact]
    public async Task Orphaned_dependents_live_on_without_their_owner()
    {
        await using var lab = await TestPlane.StartAsync("1xH100:8");
        lab.Api.Create(BuiltIn.Deployments, "default", TestPlane.GpuDeployment("nano", 1, 1), "test");
        await lab.UntilAsync(() => lab.ReadyPods().Count() == 1, "ready");

        lab.Api.Delete(BuiltIn.Deployments, "default", "nano", "Orphan");

        await lab.UntilAsync(() => lab.Api.Get(BuiltIn.Deployments, "default", "nano") is null, "owner gone");
        var set = lab.Api.List(BuiltIn.ReplicaSets, "default").Items.ShouldHaveSingleItem();
        set.At("metadata", "ownerReferences").ShouldBeNull();
        lab.ReadyPods().Count().ShouldBe(1);

        // And a new Deployment of the same selector does not take the set for its own by name alone.
        set.IsDeleting().ShouldBeFalse();
    }

    private static JsonObject Owned(string name, string apiVersion, string kind, JsonObject owner)
    {
        var obj = MemoryApi.Named(name);
        obj["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = apiVersion, ["kind"] = kind, ["name"] = owner.Name(), ["uid"] = owner.Uid(), ["blockOwnerDeletion"] = true,
        });
        return obj;
    }
}
