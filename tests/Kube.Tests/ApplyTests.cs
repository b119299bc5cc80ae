using System.Text.Json.Nodes;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube.Tests;

public sealed class ApplyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static async Task<(OperatorFixture F, IServerSideApply Apply, Widget Owner)> StartAsync(TinyApi api, Action<IControllerBuilder<Widget>>? build = null)
    {
        api.PutWidget("owner");
        var f = await OperatorFixture.StartAsync(api.Url, build: build ?? (b => b.Owns<V1ConfigMap>()));
        await f.UntilCalled("reconcile owner");
        return (f, f.Services.GetRequiredService<IServerSideApply>(), f.Services.GetRequiredService<IInformerCache<Widget>>().Get("default", "owner")!);
    }

    private static Task Cached(OperatorFixture f, string name, string version) => f.Until(
        () => f.Services.GetRequiredService<IInformerCache<V1ConfigMap>>().Get("default", name)?.Metadata.ResourceVersion == version, "cached");

    [Fact]
    public async Task Create_ThenUnchanged_WithoutARequest_ThenUpdate()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var created = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        created.Action.ShouldBe(ApplyAction.Created);
        created.Object.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe(owner.Metadata.Uid);
        await Cached(f, "c", created.Object.Metadata.ResourceVersion);
        var requests = api.Host.Requests.Count;
        for (var i = 0; i < 3; i++)
        {
            (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Action.ShouldBe(ApplyAction.Unchanged);
        }

        api.Host.Requests.Count.ShouldBe(requests, "the cache answers");
        var updated = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "2"), owner, Ct);
        updated.Action.ShouldBe(ApplyAction.Updated);
        updated.Differences.ShouldContain("data.value");
        var write = api.Writes[^1];
        write.ContentType.ShouldStartWith("application/apply-patch+yaml");
        write.Parameter("fieldManager").ShouldBe("test");
        write.Parameter("force").ShouldBe("true");
    }

    [Fact]
    public async Task DriftByOthers_IsPutRight_ButTheirOwnFieldsAreLeft()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        var theirs = api.Get(TinyApi.ConfigMapPath("c"))!;
        theirs["data"]!["other"] = "x";
        var version = api.Put(TinyApi.ConfigMapPath("c"), theirs)["metadata"]!["resourceVersion"]!.ToString();
        await Cached(f, "c", version);
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Action.ShouldBe(ApplyAction.Unchanged);
        theirs = api.Get(TinyApi.ConfigMapPath("c"))!;
        theirs["data"]!["value"] = "tampered";
        version = api.Put(TinyApi.ConfigMapPath("c"), theirs)["metadata"]!["resourceVersion"]!.ToString();
        await Cached(f, "c", version);
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Differences.ShouldBe(["data.value"]);
    }

    [Fact]
    public async Task FieldNoLongerDesired_IsNoticedByTheHash()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var two = OperatorFixture.ConfigMap("c", "1");
        two.Data["gone"] = "soon";
        var created = await apply.ApplyAsync(two, owner, Ct);
        await Cached(f, "c", created.Object.Metadata.ResourceVersion);
        var result = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        result.Action.ShouldBe(ApplyAction.Updated);
        result.Differences.ShouldBe(["metadata.annotations.test/applied"]);
    }

    [Fact]
    public async Task WhatTheServerDoesNotKeep_IsNotAppliedOverAndOver()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        api.Intercept = async (c, r) =>
        {
            if (r.Method != "PATCH")
            {
                return false;
            }

            // As a mutating webhook that insists on its own value.
            var body = JsonNode.Parse(r.Body)!.AsObject();
            body["data"]!["value"] = "policy";
            await c.JsonAsync(api.Put(r.Path, body).ToJsonString());
            return true;
        };
        for (var i = 0; i < 4; i++)
        {
            var result = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "mine"), owner, Ct);
            await Cached(f, "c", result.Object.Metadata.ResourceVersion);
        }

        api.Writes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ControlledByAnother_IsRefused()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var theirs = KubeJson.ToTree(OperatorFixture.ConfigMap("c", "1"));
        theirs["metadata"]!["ownerReferences"] = JsonNode.Parse("""[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"other","controller":true}]""");
        await Cached(f, "c", api.Put(TinyApi.ConfigMapPath("c"), theirs)["metadata"]!["resourceVersion"]!.ToString());
        (await Should.ThrowAsync<OwnedByAnotherException>(apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)))
            .Message.ShouldStartWith("ConfigMap default/c exists and is controlled by Pod p");
        api.Writes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MadeBySomebodyElse_IsLeftAlone_WhetherTheCacheHasItOrNot(bool cached)
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api, cached ? null : b => b.Owns<V1ConfigMap>().AddInformer<V1ConfigMap>(o => o.LabelSelector = "mine"));
        await using var _ = f;
        var version = api.Put(TinyApi.ConfigMapPath("c"), KubeJson.ToTree(OperatorFixture.ConfigMap("c", "1")))["metadata"]!["resourceVersion"]!.ToString();
        if (cached) await Cached(f, "c", version);
        var desired = OperatorFixture.ConfigMap("c", "1");
        desired.Metadata.Labels = new Dictionary<string, string> { ["mine"] = "" };
        (await Should.ThrowAsync<OwnedByAnotherException>(apply.ApplyAsync(desired, owner, Ct)))
            .Message.ShouldBe("ConfigMap default/c exists and was not made by test: rename one of them, or delete it.");
        api.Writes.ShouldBeEmpty();

        api.Delete(TinyApi.ConfigMapPath("c"));
        (await apply.ApplyAsync(desired, owner, Ct)).Action.ShouldBe(ApplyAction.Created);
    }

    [Fact]
    public async Task MadeHere_AndLeftAnOrphan_IsTakenBack()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        var orphan = api.Get(TinyApi.ConfigMapPath("c"))!;
        orphan["metadata"]!.AsObject().Remove("ownerReferences");
        await Cached(f, "c", api.Put(TinyApi.ConfigMapPath("c"), orphan)["metadata"]!["resourceVersion"]!.ToString());
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Object.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe(owner.Metadata.Uid);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ChildThatIsGone_IsNotMadeAgain_ForAnOwnerThatIsGoneToo(bool ownerMadeAnew)
    {
        // The collector took the child for its owner is no more; the cache of the owners is behind.
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var created = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        await Cached(f, "c", created.Object.Metadata.ResourceVersion);
        api.HoldEvents("widgets");
        api.Delete(TinyApi.WidgetPath("owner"));
        if (ownerMadeAnew)
        {
            api.PutWidget("owner");
        }

        api.Delete(TinyApi.ConfigMapPath("c"));
        await f.Until(() => f.Services.GetRequiredService<IInformerCache<V1ConfigMap>>().Get("default", "c") is null, "heard of the child's end");
        var writes = api.Writes.Count;
        (await Should.ThrowAsync<OwnerGoneException>(apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)))
            .Message.ShouldStartWith($"Widget default/owner (uid {owner.Metadata.Uid}) {(ownerMadeAnew ? "was made anew" : "is gone")}");
        api.Writes.Count.ShouldBe(writes);
    }

    [Fact]
    public async Task ChildThatSomebodyDeleted_IsMadeAgain()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var created = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        await Cached(f, "c", created.Object.Metadata.ResourceVersion);
        api.Delete(TinyApi.ConfigMapPath("c"));
        await f.Until(() => f.Services.GetRequiredService<IInformerCache<V1ConfigMap>>().Get("default", "c") is null, "heard of the child's end");
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Action.ShouldBe(ApplyAction.Created);
    }

    [Fact]
    public async Task SlimCache_IsNoBasisForComparison_TheLiveObjectIs()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api, b => b.Owns<V1ConfigMap>().AddInformer<V1ConfigMap>(o => o.Without<V1ConfigMap>("data")));
        await using var _ = f;
        var created = await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct);
        await Cached(f, "c", created.Object.Metadata.ResourceVersion);
        f.Services.GetRequiredService<IInformerCache<V1ConfigMap>>().Get("default", "c")!.Data.ShouldBeNull();
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Action.ShouldBe(ApplyAction.Unchanged);
        api.Writes.Count.ShouldBe(1);
        (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "2"), owner, Ct)).Action.ShouldBe(ApplyAction.Updated);
    }

    [Fact]
    public async Task MustExist_DoesNotCreate()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, _) = await StartAsync(api);
        await using var __ = f;
        var error = await Should.ThrowAsync<HttpOperationException>(
            apply.ApplyAsync(OperatorFixture.ConfigMap("none", "1"), new ApplyOptions { MustExist = true, RecordHash = false }, Ct));
        ApiErrors.StatusOf(error).ShouldBe(System.Net.HttpStatusCode.NotFound);
        api.Writes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_OnlyTheObjectThatWasMeant()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, apply, owner) = await StartAsync(api);
        await using var _ = f;
        var created = (await apply.ApplyAsync(OperatorFixture.ConfigMap("c", "1"), owner, Ct)).Object;
        api.Delete(TinyApi.ConfigMapPath("c"));
        api.Put(TinyApi.ConfigMapPath("c"), KubeJson.ToTree(OperatorFixture.ConfigMap("c", "another")));
        (await apply.DeleteAsync(created, Ct)).ShouldBeFalse();
        api.Get(TinyApi.ConfigMapPath("c")).ShouldNotBeNull();
        api.Writes[^1].Body.ShouldContain($"\"preconditions\":{{\"uid\":\"{created.Metadata.Uid}\"}}");
        api.Writes[^1].Body.ShouldContain("\"propagationPolicy\":\"Background\"");
    }

    [Fact]
    public async Task Status_IsWrittenOnlyWhenItSaysSomethingNew_AndOnlyWhatIsNew()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, _, owner) = await StartAsync(api);
        await using var __ = f;
        var status = f.Services.GetRequiredService<IStatusWriter>();
        var written = await status.UpdateStatusAsync(owner, w => w.Status = new WidgetStatus { Phase = "Ready", Seen = 1 }, Ct);
        written.Status!.Phase.ShouldBe("Ready");
        owner.Status.ShouldBeNull("the cached entity is not modified");
        (await status.UpdateStatusAsync(written, new WidgetStatus { Phase = "Ready", Seen = 1 }, Ct)).ShouldBeSameAs(written);
        api.Writes.Count.ShouldBe(1);
        var again = await status.UpdateStatusAsync(written, new WidgetStatus { Phase = "Ready" }, Ct);
        again.Status!.Seen.ShouldBeNull();
        var write = api.Writes[^1];
        write.Path.ShouldBe(TinyApi.WidgetPath("owner") + "/status");
        JsonNode.DeepEquals(JsonNode.Parse(write.Body), JsonNode.Parse($$"""[{"op":"test","path":"/metadata/uid","value":"{{owner.Metadata.Uid}}"},{"op":"remove","path":"/status/seen"}]""")).ShouldBeTrue(write.Body);
        again.Metadata.Generation.ShouldBe(owner.Metadata.Generation);
    }

    [Fact]
    public async Task Status_OfAnEntityThatIsGone_IsNoError()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, _, owner) = await StartAsync(api);
        await using var __ = f;
        api.Delete(TinyApi.WidgetPath("owner"));
        (await f.Services.GetRequiredService<IStatusWriter>().UpdateStatusAsync(owner, new WidgetStatus { Phase = "x" }, Ct)).ShouldBeSameAs(owner);
    }

    [Fact]
    public async Task Status_OfAnEntityThatWasMadeAnew_IsNotWritten_AndItsNewsIsWaitedFor()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, _, owner) = await StartAsync(api);
        await using var __ = f;
        api.HoldEvents();
        api.Delete(TinyApi.WidgetPath("owner"));
        api.PutWidget("owner", change: w => w["status"] = new JsonObject { ["phase"] = "anew" });
        (await f.Services.GetRequiredService<IStatusWriter>().UpdateStatusAsync(owner, new WidgetStatus { Phase = "x" }, Ct)).ShouldBeSameAs(owner);
        f.Services.GetRequiredService<PendingWrites>().MayProceed(owner.Metadata.Uid, () => { }).ShouldBeFalse();
        api.Get(TinyApi.WidgetPath("owner"))!["status"]!["phase"]!.ToString().ShouldBe("anew");
    }

    [Fact]
    public async Task Status_OtherThanTheCacheHas_GetsWhatDiffers_AndKeepsTheRest()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, _, owner) = await StartAsync(api);
        await using var __ = f;
        var status = f.Services.GetRequiredService<IStatusWriter>();
        // The cache knows of no status; another has written one meanwhile.
        api.PutWidget("owner", change: w => w["status"] = new JsonObject { ["seen"] = 7 });
        var written = await status.UpdateStatusAsync(owner, new WidgetStatus { Phase = "Ready" }, Ct);
        (written.Status!.Phase, written.Status.Seen).ShouldBe(("Ready", 7));

        // And one that is gone.
        api.PutWidget("owner");
        (await status.UpdateStatusAsync(written, new WidgetStatus { Phase = "Steady" }, Ct)).Status!.Phase.ShouldBe("Steady");
        api.Get(TinyApi.WidgetPath("owner"))!["status"]!.AsObject().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Status_ThatIsRefused_IsSaid_AfterOneLook()
    {
        await using var api = await TinyApi.StartAsync();
        var (f, _, owner) = await StartAsync(api);
        await using var __ = f;
        api.Intercept = async (context, request) =>
        {
            if (!request.ContentType.StartsWith(KubeApi.JsonPatch, StringComparison.Ordinal)) return false;
            await context.StatusAsync(422, "Invalid", "status.phase: Unsupported value");
            return true;
        };
        var error = await Should.ThrowAsync<HttpOperationException>(f.Services.GetRequiredService<IStatusWriter>().UpdateStatusAsync(owner, new WidgetStatus { Phase = "x" }, Ct));
        ApiErrors.Describe(error).ShouldContain("Unsupported value");
        api.Writes.Count.ShouldBe(2);
    }

    [Fact]
    public void StatusPatch_EscapesNames_DescendsIntoWhatIsThere_AndLeavesNullsOut()
    {
        var status = JsonNode.Parse("""{"nodes":{"a/b":1,"c~d":2},"gone":null}""")!.AsObject();
        var change = JsonNode.Parse("""{"nodes":{"a/b":3,"c~d":null,"absent":null},"usage":{"x":1,"y":null}}""")!.AsObject();
        StatusPatch.Operations("u", "5", status, change).ToJsonString().ShouldBe(
            """[{"op":"test","path":"/metadata/uid","value":"u"},{"op":"add","path":"/status/nodes/a~1b","value":3},{"op":"remove","path":"/status/nodes/c~0d"},{"op":"add","path":"/status/usage","value":{"x":1}}]""");
        StatusPatch.Operations("u", "5", null, change).ToJsonString().ShouldBe(
            """[{"op":"test","path":"/metadata/uid","value":"u"},{"op":"test","path":"/metadata/resourceVersion","value":"5"},{"op":"add","path":"/status","value":{"nodes":{"a/b":3},"usage":{"x":1}}}]""");
    }
}
