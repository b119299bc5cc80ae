using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Kube.Tests;

/// <summary>An informer of some namespaces: one list and watch for each, one cache for all.</summary>
public sealed class NamespacesTests
{
    private static readonly Dictionary<NamespacedName, string> AllReadable = [];

    [Fact]
    public void WithoutNamespaces_AllThereIs_IsOneScope()
    {
        var scope = new InformerScopes([]).All.ShouldHaveSingleItem();
        scope.Namespace.ShouldBeNull();
        scope.Covers(new("any", "x")).ShouldBeTrue();
        scope.Covers(new(null, "x")).ShouldBeTrue();
        scope.Describe("pods").ShouldBe("pods");
    }

    [Fact]
    public void EachNamespace_IsAScope_HoweverOftenItIsNamed()
    {
        var scopes = new InformerScopes(["a", "b", "a"]);
        scopes.All.Select(scope => scope.Namespace).ShouldBe(["a", "b"]);
        scopes.Of(new("b", "x")).ShouldBeSameAs(scopes.All[1]);
        scopes.Of(new("c", "x")).ShouldBeNull();
        scopes.Of(new(null, "x")).ShouldBeNull();
        scopes.All[1].Describe("pods").ShouldBe("pods in namespace b");
    }

    [Fact]
    public void ATypeOfTheCluster_IsCachedWhole_WhateverTheNamespaces() =>
        new Informer<V1Node>(new InformerOptions<V1Node>(), ["a", "b"], (_, _, _, _) => Task.CompletedTask).Scopes.All.ShouldHaveSingleItem().Namespace.ShouldBeNull();

    [Fact]
    public void Synced_WhenEachNamespaceHasBeenListed()
    {
        var (informer, a, b) = Two();
        informer.Replace(a, [Widget("a", "x", 3)], AllReadable, "5");
        informer.Replace(a, [Widget("a", "x", 3)], AllReadable, "6");
        informer.Synced.ShouldBeFalse("b has not been listed");
        informer.WhenSynced(TestContext.Current.CancellationToken).IsCompleted.ShouldBeFalse();
        informer.Get("a", "x").ShouldNotBeNull("what is known can be looked at");
        informer.Replace(b, [], AllReadable, "4");
        informer.Synced.ShouldBeTrue("a namespace without objects, or that is not there, is an empty list");
        informer.WhenSynced(TestContext.Current.CancellationToken).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void AList_RemovesWhatItsOwnNamespaceLost_AndNothingElse()
    {
        var (informer, a, b) = Two();
        informer.Replace(a, [Widget("a", "x", 3), Widget("a", "y", 4)], AllReadable, "5");
        informer.Replace(b, [Widget("b", "x", 2)], new Dictionary<NamespacedName, string> { [new("b", "bad")] = "no size" }, "5");
        var heard = new Ear();
        informer.AddHandler(heard);
        heard.Words.Clear();

        informer.Replace(a, [Widget("a", "y", 7)], new Dictionary<NamespacedName, string> { [new("a", "bad")] = "no size" }, "8");
        heard.Words.ShouldBe(["updated a/y@7", "deleted a/x@3"]);
        informer.Keys.Order(Comparer<NamespacedName>.Create((l, r) => string.CompareOrdinal(l.ToString(), r.ToString()))).ShouldBe([new("a", "y"), new("b", "x")]);
        informer.Unreadable.Keys.ShouldBe([new("a", "bad"), new("b", "bad")], ignoreOrder: true);

        informer.Replace(b, [Widget("b", "x", 2)], AllReadable, "9");
        informer.Unreadable.Keys.ShouldBe([new NamespacedName("a", "bad")]);
        heard.Words.Count.ShouldBe(2, "the list of b brings nothing new");
    }

    [Fact]
    public void WhatHasBeenSeenOfOneNamespace_SaysNothingOfAnother()
    {
        var (informer, a, b) = Two();
        informer.Replace(a, [], AllReadable, "10");
        informer.Replace(b, [], AllReadable, "11");
        informer.Bookmark(a, "100");
        informer.HasSeen(new("a", "x"), "50").ShouldBeTrue();
        informer.HasSeen(new("b", "x"), "50").ShouldBeFalse("a's bookmark is no news of b");

        informer.Upsert(Widget("b", "y", 60));
        informer.HasSeen(new("b", "x"), "50").ShouldBeTrue();
        informer.HasSeen(new("a", "x"), "101").ShouldBeFalse();
        (a.SeenVersion, b.SeenVersion).ShouldBe(("100", "60"));

        informer.Remove(Widget("a", "x", 120));
        (a.SeenVersion, b.SeenVersion).ShouldBe(("120", "60"));
        informer.HasSeen(new("c", "x"), "500").ShouldBeTrue("nobody looks there, and nothing must wait for it");
    }

    [Fact]
    public void AListThatGoesBack_TakesItsNamespaceBack_Alone()
    {
        var (informer, a, b) = Two();
        informer.Replace(a, [Widget("a", "x", 90)], AllReadable, "100");
        informer.Replace(b, [Widget("b", "x", 91)], AllReadable, "100");
        informer.Replace(a, [Widget("a", "x", 2)], AllReadable, "5");
        (a.SeenVersion, b.SeenVersion).ShouldBe(("5", "100"));
        informer.Get("a", "x")!.Metadata.ResourceVersion.ShouldBe("2");
        informer.Get("b", "x")!.Metadata.ResourceVersion.ShouldBe("91");
    }

    [Fact]
    public void ATypeThatIsNotInstalled_EmptiesEachNamespace_AndIsServedAgainWhenAllSaySo()
    {
        var (informer, a, b) = Two();
        informer.Replace(a, [Widget("a", "x", 3)], AllReadable, "5");
        informer.Replace(b, [Widget("b", "x", 3)], AllReadable, "5");
        informer.ReplaceByNothing(a);
        (informer.Served, informer.Count).ShouldBe((false, 1));
        informer.ReplaceByNothing(b);
        (informer.Served, informer.Count).ShouldBe((false, 0));
        informer.Replace(a, [Widget("a", "x", 7)], AllReadable, "8");
        informer.Served.ShouldBeFalse();
        informer.Replace(b, [], AllReadable, "8");
        informer.Served.ShouldBeTrue();
    }

    [Fact]
    public async Task HandlersHearOneChangeAtATime_InTheOrderOfEachNamespace()
    {
        const int Changes = 2_000;
        var (informer, a, b) = Two();
        informer.Replace(a, [], AllReadable, "1");
        informer.Replace(b, [], AllReadable, "1");
        var heard = new Ear();
        informer.AddHandler(heard);
        await Task.WhenAll(new[] { "a", "b" }.Select(ns => Task.Run(() =>
        {
            for (var version = 2; version < 2 + Changes; version++) informer.Upsert(Widget(ns, "x", version));
        })));
        heard.Words.Count.ShouldBe(2 * Changes);
        foreach (var ns in new[] { "a", "b" })
            heard.Words.Where(word => word.Contains($" {ns}/x@", StringComparison.Ordinal)).Select(word => int.Parse(word.Split('@')[1])).ShouldBe(Enumerable.Range(2, Changes));
        (a.SeenVersion, b.SeenVersion).ShouldBe(("2001", "2001"));
    }

    [Fact]
    public async Task EachNamespace_IsListedAndWatchedFromAVersionOfItsOwn_AndNoOtherIsAskedFor()
    {
        await using var f = await StartAsync(new Namespaces
        {
            ["a"] = { List = () => Widgets.List(7, Widgets.Json("x", 3, ns: "a")) },
            ["b"] = { List = () => Widgets.List(9, Widgets.Json("x", 4, ns: "b")) },
        });
        await f.Until(() => f.Watches.Count(watch => watch.Parameter("sendInitialEvents") is null) == 2, "both watches");
        f.Informer.Synced.ShouldBeTrue();
        f.Informer.List().Count.ShouldBe(2, "one name in two namespaces");
        f.Informer.List("b").ShouldHaveSingleItem().Metadata.ResourceVersion.ShouldBe("4");
        f.Host.Requests.Select(request => request.Path).Distinct().Order().ShouldBe([Path("a"), Path("b")]);
        f.Watches.Where(watch => watch.Parameter("sendInitialEvents") is null).Select(watch => (watch.Path, watch.Parameter("resourceVersion"))).Order().ShouldBe([(Path("a"), "7"), (Path("b"), "9")]);
    }

    [Fact]
    public async Task AnExpiredWatch_ListsItsOwnNamespaceAnew_AndTheOthersGoOn()
    {
        var lists = 0;
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var f = await StartAsync(new Namespaces
        {
            ["a"] =
            {
                List = () => ++lists == 1 ? Widgets.List(7, Widgets.Json("kept", 3, ns: "a"), Widgets.Json("gone", 4, ns: "a")) : Widgets.List(20, Widgets.Json("kept", 3, ns: "a")),
                Watches = { c => c.StatusAsync(410, "Expired", "too old resource version: 7 (15)") },
            },
            ["b"] =
            {
                List = () => Widgets.List(9, Widgets.Json("x", 5, ns: "b")),
                Watches =
                {
                    async c =>
                    {
                        await c.BeginWatchAsync();
                        await goOn.Task;
                        await c.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("x", 12, ns: "b")));
                        await c.LineAsync(Widgets.Event("DELETED", Widgets.Json("x", 13, ns: "b")));
                        await c.HangAsync();
                    },
                },
            },
        });
        await f.UntilHeard("deleted gone@4");
        f.Informer.Get("b", "x").ShouldNotBeNull("a's new list says nothing of b");
        goOn.SetResult();
        await f.UntilHeard("updated x@12", "deleted x@13");
        f.Lists.Count(list => list.Path == Path("a")).ShouldBe(2);
        f.Lists.Count(list => list.Path == Path("b")).ShouldBe(1);
        f.Heard.Count(word => word.StartsWith("initial kept", StringComparison.Ordinal)).ShouldBe(1);
        f.Informer.List().ShouldHaveSingleItem().Metadata.Name.ShouldBe("kept");
    }

    [Fact]
    public async Task ANamespaceThatIsForbidden_IsNamed_AndWaitedFor_WhileOthersAreKeptCurrent()
    {
        var granted = false;
        await using var f = await StartAsync(new Namespaces
        {
            ["a"] =
            {
                List = () => Widgets.List(7),
                Watches =
                {
                    async c =>
                    {
                        await c.BeginWatchAsync();
                        await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("x", 8, ns: "a")));
                        await c.HangAsync();
                    },
                },
            },
            ["b"] = { Allowed = () => granted, List = () => Widgets.List(9, Widgets.Json("y", 4, ns: "b")) },
        });
        await f.UntilHeard("added x@8");
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        f.Informer.Trouble.ShouldBe("Not allowed: o may not list widgets in namespace b. Grant the verb \"list\" on the resource \"widgets\" of the API group \"test.example.com\".");
        f.Informer.Synced.ShouldBeFalse("what is in b is not known");
        granted = true;
        await f.UntilHeard("initial y@4");
        f.Informer.Synced.ShouldBeTrue();
        f.Informer.Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task ANamespaceThatBecomesForbidden_KeepsWhatIsKnown_AndTheOthersGoOn()
    {
        var granted = true;
        var (withdraw, goOn) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var f = await StartAsync(new Namespaces
        {
            ["a"] =
            {
                Allowed = () => granted,
                List = () => Widgets.List(7, Widgets.Json("x", 3, ns: "a")),
                Watches =
                {
                    async c =>
                    {
                        await c.BeginWatchAsync();
                        await withdraw.Task;
                        granted = false;
                    },
                },
            },
            ["b"] =
            {
                List = () => Widgets.List(9),
                Watches =
                {
                    async c =>
                    {
                        await c.BeginWatchAsync();
                        await goOn.Task;
                        await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("y", 12, ns: "b")));
                        await c.HangAsync();
                    },
                },
            },
        });
        await f.Until(() => f.Informer.Synced, "both lists");
        withdraw.SetResult();
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        f.Informer.Trouble!.ShouldContain("in namespace a");
        goOn.SetResult();
        await f.UntilHeard("added y@12");
        f.Informer.Get("a", "x").ShouldNotBeNull();
        f.Informer.Synced.ShouldBeTrue();
        granted = true;
        await f.Until(() => f.Informer.Trouble is null, "a to be watched again");
    }

    private static string Path(string ns) => $"/apis/test.example.com/v1/namespaces/{ns}/widgets";

    private static (Informer<Widget> Informer, InformerScope A, InformerScope B) Two()
    {
        var informer = new Informer<Widget>(new InformerOptions<Widget>(), ["a", "b"], (_, _, _, _) => Task.CompletedTask);
        return (informer, informer.Scopes.All[0], informer.Scopes.All[1]);
    }

    private static Widget Widget(string ns, string name, int version) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = ns, Name = name, Uid = $"{ns}-{name}", ResourceVersion = $"{version}" },
    };

    private static Task<InformerFixture> StartAsync(Namespaces server) => InformerFixture.StartAsync(server.AnswerAsync, settings: s => s.Namespaces = [.. server.Keys]);

    private sealed class Ear : IInformerHandler<Widget>
    {
        internal List<string> Words { get; } = [];

        public void OnAdded(Widget obj, bool initial) => Say("added", obj);

        public void OnUpdated(Widget before, Widget after, bool initial) => Say("updated", after);

        public void OnDeleted(Widget obj) => Say("deleted", obj);

        // Not guarded: the informer calls its handlers one at a time.
        private void Say(string what, Widget obj) => Words.Add($"{what} {NamespacedName.Of(obj)}@{obj.Metadata.ResourceVersion}");
    }

    /// <summary>What the server has in a namespace: lists, and what the n-th watch does; later ones hang.</summary>
    private sealed class Script
    {
        private int next = -1;

        internal Func<bool> Allowed { get; set; } = () => true;

        internal Func<string> List { get; set; } = () => throw new InvalidOperationException("No list was scripted.");

        internal List<Func<HttpContext, Task>> Watches { get; } = [];

        internal async Task AnswerAsync(HttpContext context, SeenRequest request, string ns)
        {
            if (request.Parameter("sendInitialEvents") is not null)
                await context.StatusAsync(422, "Invalid", "sendInitialEvents is forbidden");
            else if (!Allowed())
                await context.StatusAsync(403, "Forbidden", $"widgets.test.example.com is forbidden: User \"o\" cannot {(request.IsWatch ? "watch" : "list")} resource \"widgets\" in API group \"test.example.com\" in the namespace \"{ns}\"");
            else if (InformerFixture.AsksForVersion(request))
                await context.JsonAsync(Widgets.List(1_000_000));
            else if (!request.IsWatch)
                await context.JsonAsync(List());
            else if (Interlocked.Increment(ref next) is var n && n < Watches.Count)
                await Watches[n](context);
            else
            {
                await context.BeginWatchAsync();
                await context.HangAsync();
            }
        }
    }

    private sealed class Namespaces : Dictionary<string, Script>
    {
        internal new Script this[string ns]
        {
            get
            {
                if (!TryGetValue(ns, out var script)) Add(ns, script = new Script());
                return script;
            }
        }

        internal Task AnswerAsync(HttpContext context, SeenRequest request) => base[request.Path.Split('/')[5]].AnswerAsync(context, request, request.Path.Split('/')[5]);
    }
}
