using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Nemotron.Kube.Tests;

/// <summary>
/// What the wire can do to a list or a watch. Each test names the weakness of the client's own watch (facts §1.3) or of KubeOps (§2.2) that it keeps out.
/// </summary>
public sealed class ReflectorFaultTests
{
    /// <summary>Answers list and watch in turn: lists say what <paramref name="list"/> says, the n-th watch does what the n-th script does; later ones hang.</summary>
    private static Func<HttpContext, SeenRequest, Task> Script(Func<string> list, params Func<HttpContext, SeenRequest, Task>[] watches) =>
        Script(list, () => 1_000_000, watches);

    /// <summary>As above; the server counts at <paramref name="version"/> when it is asked.</summary>
    private static Func<HttpContext, SeenRequest, Task> Script(Func<string> list, Func<int> version, params Func<HttpContext, SeenRequest, Task>[] watches)
    {
        var next = -1;
        return async (context, request) =>
        {
            if (InformerFixture.AsksForVersion(request))
            {
                await context.JsonAsync(Widgets.List(version()));
            }
            else if (!request.IsWatch)
            {
                await context.JsonAsync(list());
            }
            else if (request.Parameter("sendInitialEvents") is not null)
            {
                await context.StatusAsync(422, "Invalid", "sendInitialEvents is forbidden");
            }
            else if (Interlocked.Increment(ref next) is var n && n < watches.Length)
            {
                await watches[n](context, request);
            }
            else
            {
                await context.BeginWatchAsync();
                await context.HangAsync();
            }
        };
    }

    [Fact]
    public async Task StreamedList_OneRequest_SyncsAndGoesOnAsWatch()
    {
        await using var f = await InformerFixture.StartAsync(async (context, _) =>
        {
            await context.BeginWatchAsync();
            await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 5)));
            await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("b", 3)));
            await context.LineAsync(Widgets.Bookmark(7, initialEnd: true));
            await context.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("a", 8, size: 2)));
            await context.HangAsync();
        });
        await f.UntilHeard("initial a@5", "initial b@3", "updated a@8");

        f.Informer.Synced.ShouldBeTrue();
        f.Host.Requests.Count.ShouldBe(1);
        var watch = f.Watches[0];
        watch.Parameter("sendInitialEvents").ShouldBe("true");
        watch.Parameter("resourceVersionMatch").ShouldBe("NotOlderThan");
        watch.Parameter("allowWatchBookmarks").ShouldBe("true");
        int.Parse(watch.Parameter("timeoutSeconds")!).ShouldBeInRange(300, 600);
    }

    [Fact]
    public async Task StreamedList_ChangesWhileItIsStreamed_AreNotMissed()
    {
        await using var f = await InformerFixture.StartAsync(async (context, _) =>
        {
            await context.BeginWatchAsync();
            await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("gone", 3)));
            await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 5)));
            await context.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("a", 8)));
            await context.LineAsync(Widgets.Event("DELETED", Widgets.Json("gone", 9)));
            await context.LineAsync(Widgets.Bookmark(9, initialEnd: true));
            await context.HangAsync();
        });
        await f.Until(() => f.Informer.Synced, "synced");
        f.Heard.ShouldBe(["initial a@8"]);
        f.Informer.Count.ShouldBe(1);
    }

    [Fact]
    public async Task StreamedList_Cut_BeginsAnew()
    {
        var attempt = 0;
        await using var f = await InformerFixture.StartAsync(async (context, request) =>
        {
            if (request.IsWatch)
            {
                await context.BeginWatchAsync();
                await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("half", 3)));
                if (++attempt == 1)
                {
                    context.Abort();
                    return;
                }

                await context.LineAsync(Widgets.Event("ADDED", Widgets.Json("rest", 4)));
                await context.LineAsync(Widgets.Bookmark(9, initialEnd: true));
                await context.HangAsync();
            }
        });
        await f.UntilHeard("initial half@3", "initial rest@4");
        f.Heard.Count.ShouldBe(2, "half a list is no list");
    }

    [Fact]
    public async Task StreamedList_Refused_FallsBackToPages()
    {
        await using var f = await InformerFixture.StartAsync(
            async (context, request) =>
            {
                if (request.IsWatch && request.Parameter("sendInitialEvents") is not null)
                {
                    await context.StatusAsync(422, "Invalid", "sendInitialEvents is forbidden");
                }
                else if (request.IsWatch)
                {
                    await context.BeginWatchAsync();
                    await context.HangAsync();
                }
                else if (request.Parameter("continue") is null)
                {
                    await context.JsonAsync(Widgets.List(9, Widgets.Json("a", 1)).Replace("\"resourceVersion\":\"9\"", "\"resourceVersion\":\"9\",\"continue\":\"t/2\""));
                }
                else
                {
                    await context.JsonAsync(Widgets.List(9, Widgets.Json("b", 2)));
                }
            },
            o => o.PageSize = 2);
        await f.Until(() => f.Watches.Count == 2, "the watch after the list");

        f.Informer.List().Select(w => w.Metadata.Name).Order().ShouldBe(["a", "b"]);
        f.Lists.Select(r => r.Parameter("continue")).ShouldBe([null, "t/2"]);
        f.Lists.ShouldAllBe(r => r.Parameter("limit") == "2");
        f.Watches[1].Parameter("resourceVersion").ShouldBe("9");
    }

    [Fact]
    public async Task StreamedList_ServerIgnoresIt_FallsBackAfterItsSilence()
    {
        await using var f = await InformerFixture.StartAsync(async (context, request) =>
        {
            if (!request.IsWatch)
            {
                await context.JsonAsync(Widgets.List(4, Widgets.Json("a", 4)));
                return;
            }

            await context.BeginWatchAsync();
            await context.HangAsync();
        });
        await f.UntilHeard("initial a@4");
        f.Watches[0].Parameter("sendInitialEvents").ShouldBe("true");
    }

    [Fact]
    public async Task PageToken_Expired_StartsTheListAgainWhole()
    {
        await using var f = await InformerFixture.StartAsync(async (context, request) =>
        {
            if (request.IsWatch)
            {
                await context.StatusAsync(400, "BadRequest", "no");
            }
            else if (request.Parameter("continue") is not null)
            {
                await context.StatusAsync(410, "Expired", "The provided continue parameter is too old");
            }
            else
            {
                await context.JsonAsync(request.Parameter("limit") is null
                    ? Widgets.List(9, Widgets.Json("a", 1), Widgets.Json("b", 2))
                    : Widgets.List(8, Widgets.Json("a", 1)).Replace("\"resourceVersion\":\"8\"", "\"resourceVersion\":\"8\",\"continue\":\"t\""));
            }
        });
        await f.UntilHeard("initial a@1", "initial b@2");
    }

    [Fact]
    public async Task EmptyWatch_ClosedByServer_IsNoError()
    {
        // The client's own watch throws "Error while copying content to a stream" here.
        var closed = 0;
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                closed++;
            }));
        await f.Until(() => f.Watches.Count >= 3, "the next watch");
        closed.ShouldBe(1);
        f.Informer.Trouble.ShouldBeNull();
        f.Watches[^1].Parameter("resourceVersion").ShouldBe("7");
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task QuietWatch_CountsAsRecovered()
    {
        // The client's own watch does not return before the first event: nobody can tell that it is established.
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            (c, _) => c.StatusAsync(500, "InternalError", "etcd"),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.HangAsync();
            }));
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        await f.Until(() => f.Informer.Trouble is null, "the second watch, which says nothing");
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Reconnect_GoesOnFromTheLastEvent_NotFromTheLastBookmark()
    {
        // KubeOps advances only on bookmarks and replays everything.
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 8)));
            },
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Bookmark(12));
            }));
        await f.Until(() => f.Watches.Count >= 4, "two more watches");
        f.Watches.Skip(1).Take(3).Select(w => w.Parameter("resourceVersion")).ShouldBe(["7", "8", "12"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Expired410_RelistsAndFindsTheLostDeletion(bool inStream)
    {
        // KubeOps never learns of what was deleted while it was not watching; the client's watch goes on after the in-stream form.
        var lists = 0;
        await using var f = await InformerFixture.StartAsync(Script(
            () => Interlocked.Increment(ref lists) == 1
                ? Widgets.List(7, Widgets.Json("keep", 3), Widgets.Json("lost", 4))
                : Widgets.List(50, Widgets.Json("keep", 3), Widgets.Json("new", 40)),
            async (c, _) =>
            {
                if (inStream)
                {
                    await c.BeginWatchAsync();
                    await c.LineAsync(Widgets.Error(410, "Expired", "too old resource version: 7 (40)"));
                    await c.HangAsync();
                }
                else
                {
                    await c.StatusAsync(410, "Expired", "too old resource version: 7 (40)");
                }
            }));
        await f.UntilHeard("initial keep@3", "initial lost@4", "deleted lost@4", "initial new@40");
        f.Heard.Count(h => h.Contains("keep")).ShouldBe(1, "what did not change is no news");
        await f.Until(() => f.Watches.Count >= 3, "the watch after the second list");
        f.Watches[^1].Parameter("resourceVersion").ShouldBe("50");
    }

    [Fact]
    public async Task DeletedAndRecreatedWhileAway_IsHeardAsBoth()
    {
        var lists = 0;
        await using var f = await InformerFixture.StartAsync(Script(
            () => Interlocked.Increment(ref lists) == 1 ? Widgets.List(7, Widgets.Json("a", 3, uid: "one")) : Widgets.List(50, Widgets.Json("a", 40, uid: "two")),
            (c, _) => c.StatusAsync(410, "Expired", "too old")));
        await f.UntilHeard("deleted a@3", "initial a@40");
    }

    [Fact]
    public async Task TruncatedLine_IsReadAgainByTheNextWatch()
    {
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 8)));
                await c.Response.WriteAsync(Widgets.Event("ADDED", Widgets.Json("b", 9))[..60]);
                await c.Response.Body.FlushAsync();
            },
            async (c, r) =>
            {
                r.Parameter("resourceVersion").ShouldBe("8");
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("b", 9)));
                await c.HangAsync();
            }));
        await f.UntilHeard("added a@8", "added b@9");
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ConnectionCutWithinAnEvent_LosesNothing()
    {
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.Response.WriteAsync(Widgets.Event("ADDED", Widgets.Json("a", 8))[..40]);
                await c.Response.Body.FlushAsync();
                c.Abort();
            },
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 8)));
                await c.HangAsync();
            }));
        await f.UntilHeard("added a@8");
        f.Lists.Count.ShouldBe(1, "a broken connection keeps the version");
        f.VersionChecks.Count.ShouldBe(1, "whether it is still the same server is asked once");
    }

    [Fact]
    public async Task GarbageLine_LosesNothing()
    {
        // The client's own watch reports it and goes on: the event is lost.
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync("}{ no json");
                await c.HangAsync();
            },
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 8)));
                await c.HangAsync();
            }));
        await f.UntilHeard("added a@8");
    }

    [Fact]
    public async Task UnreadableObject_StopsNothing_AndKeepsItsLastState()
    {
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7, Widgets.Json("bad", 3, extra: ",\"color\":\"Mauve\""), Widgets.Json("good", 4)),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("good", 8, extra: ",\"color\":\"Mauve\"")));
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("other", 9)));
                await c.LineAsync(Widgets.Event("DELETED", Widgets.Json("bad", 10, extra: ",\"color\":\"Mauve\"")));
                await c.HangAsync();
            }));
        await f.UntilHeard("initial good@4", "added other@9");
        await f.Until(() => f.Informer.Unreadable.Count == 1, "only one is left unreadable");
        f.Informer.Synced.ShouldBeTrue();
        f.Informer.Get("default", "good")!.Metadata.ResourceVersion.ShouldBe("4");
        f.Informer.Unreadable.Keys.ShouldBe([new NamespacedName("default", "good")]);
        f.SeenVersion.ShouldBe("10");
    }

    [Fact]
    public async Task HalfOpenWatch_IsGivenUpByTheWatchdog()
    {
        // The client's own watch hangs for ever.
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.HangAsync();
            },
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("ADDED", Widgets.Json("a", 8)));
                await c.HangAsync();
            }));
        await f.Until(() => f.Watches.Count >= 2, "the first watch");
        var began = f.Clock.GetUtcNow();
        await f.Until(() => f.Watches.Count >= 3, "the watch after the silent one", TimeSpan.FromSeconds(5));
        await f.UntilHeard("added a@8");
        (f.Clock.GetUtcNow() - began).TotalMinutes.ShouldBeGreaterThan(5);
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task NoAnswerAtAll_IsGivenUp()
    {
        await using var f = await InformerFixture.StartAsync(Script(() => Widgets.List(7), (c, _) => c.HangAsync()));
        await f.Until(() => f.Watches.Count >= 3, "the watch after the one without answer", TimeSpan.FromSeconds(1));
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task TooManyRequests_WaitsAsLongAsAsked_AndKeepsTheVersion()
    {
        DateTimeOffset? refusedAt = null;
        DateTimeOffset? backAt = null;
        InformerFixture? fixture = null;
        await using var f = fixture = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            async (c, _) =>
            {
                refusedAt = fixture!.Clock.GetUtcNow();
                c.Response.Headers.RetryAfter = "40";
                await c.StatusAsync(429, "TooManyRequests", "slow down");
            },
            async (c, r) =>
            {
                backAt = fixture!.Clock.GetUtcNow();
                r.Parameter("resourceVersion").ShouldBe("7");
                await c.BeginWatchAsync();
                await c.HangAsync();
            }));
        await f.Until(() => backAt is not null, "the watch after the refusal", TimeSpan.FromSeconds(1));
        (backAt!.Value - refusedAt!.Value).TotalSeconds.ShouldBeGreaterThanOrEqualTo(40);
        f.Lists.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ServerErrors_BackOff_ThenSuspectTheVersion()
    {
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7),
            (c, _) => c.StatusAsync(500, "InternalError", "etcd"),
            (c, _) => c.StatusAsync(500, "InternalError", "etcd"),
            (c, _) => c.StatusAsync(500, "InternalError", "etcd")));
        await f.Until(() => f.Lists.Count == 2, "a new list after three errors in a row");
        await f.Until(() => f.Watches.Count >= 5 && f.Informer.Trouble is null, "well again");
    }

    [Fact]
    public async Task ServerLostItsData_IsNoticedByVersionsGoingBack()
    {
        var lists = 0;
        await using var f = await InformerFixture.StartAsync(Script(
            () => Interlocked.Increment(ref lists) == 1 ? Widgets.List(700, Widgets.Json("old", 600)) : Widgets.List(5, Widgets.Json("fresh", 4)),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Bookmark(3));
                await c.HangAsync();
            },
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("fresh", 6)));
                await c.HangAsync();
            }));
        await f.UntilHeard("deleted old@600", "initial fresh@4", "updated fresh@6");
    }

    [Fact]
    public async Task ServerLostItsData_AndIsSilent_IsNoticedAfterTheBrokenConnection()
    {
        // As a real server does, this one sends nothing to a watch from a version that it has not reached.
        var lists = 0;
        await using var f = await InformerFixture.StartAsync(Script(
            () => Interlocked.Increment(ref lists) == 1 ? Widgets.List(700, Widgets.Json("old", 600)) : Widgets.List(5, Widgets.Json("fresh", 4)),
            () => 5,
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                c.Abort();
            }));
        await f.UntilHeard("deleted old@600", "initial fresh@4");
        f.VersionChecks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task LateAndRepeatedEvents_DoNotTakeTheCacheBack()
    {
        await using var f = await InformerFixture.StartAsync(Script(
            () => Widgets.List(7, Widgets.Json("a", 3)),
            async (c, _) =>
            {
                await c.BeginWatchAsync();
                await c.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("a", 9)));
                await c.LineAsync(Widgets.Event("MODIFIED", Widgets.Json("a", 9)));
                await c.LineAsync(Widgets.Event("DELETED", Widgets.Json("a", 5, uid: "another")));
                await c.LineAsync(Widgets.Bookmark(20));
                await c.HangAsync();
            }));
        await f.Until(() => f.SeenVersion == "20", "the bookmark");
        f.Informer.Get("default", "a")!.Metadata.ResourceVersion.ShouldBe("9");
        f.Heard.ShouldNotContain(h => h.StartsWith("deleted"));
    }

    [Fact]
    public async Task ConnectionRefused_AtStart_KeepsTryingAndSaysWhy()
    {
        // YARP's informer and KubeOps' leader election die of this.
        using var reserve = new TcpListener(IPAddress.Loopback, 0);
        reserve.Start();
        var port = ((IPEndPoint)reserve.LocalEndpoint).Port;
        reserve.Stop();
        var unused = await ApiHost.StartAsync((_, _) => Task.CompletedTask);
        await using var f = InformerFixture.Start(unused, $"http://127.0.0.1:{port}");
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        f.Informer.Trouble!.ShouldStartWith("The API server is unreachable: ");
        f.Informer.Synced.ShouldBeFalse();

        await using var late = await ApiHost.StartAsync(Script(() => Widgets.List(7, Widgets.Json("a", 3))), port);
        await f.UntilHeard("initial a@3");
        await f.Until(() => f.Informer.Trouble is null, "no trouble");
    }

    [Fact]
    public async Task MissingType_KeepsTryingAndSaysWhatToDo_ThenSyncs()
    {
        var installed = false;
        var inner = Script(() => Widgets.List(7, Widgets.Json("a", 3)));
        await using var f = await InformerFixture.StartAsync(
            (c, r) =>
            {
                if (installed)
                {
                    return inner(c, r);
                }

                c.Response.StatusCode = 404;
                return c.Response.WriteAsync("404 page not found\n");
            },
            settings: s => s.MissingResourceHint = "Install it with: kubectl apply -f crds");
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        f.Informer.Trouble.ShouldBe("The resource widgets.test.example.com is not installed (CRD missing). Install it with: kubectl apply -f crds");
        f.Informer.Synced.ShouldBeFalse();
        installed = true;
        var from = f.Clock.GetUtcNow();
        await f.UntilHeard("initial a@3");
        (f.Clock.GetUtcNow() - from).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task MissingOptionalType_CountsAsEmptyAndSynced_AndSaysThatItIsNotServed()
    {
        var installed = false;
        var inner = Script(() => Widgets.List(7, Widgets.Json("a", 3)));
        await using var f = await InformerFixture.StartAsync(
            (c, r) => installed ? inner(c, r) : c.StatusAsync(404, "NotFound", "the server could not find the requested resource"), o => o.Optional = true);
        await f.Until(() => f.Informer.Synced, "synced without the type");
        f.Informer.Served.ShouldBeFalse();
        installed = true;
        await f.UntilHeard("initial a@3");
        f.Informer.Served.ShouldBeTrue();
    }

    [Fact]
    public async Task Forbidden_NamesVerbAndResource()
    {
        await using var f = await InformerFixture.StartAsync((c, _) => c.StatusAsync(
            403, "Forbidden", "widgets.test.example.com is forbidden: User \"system:serviceaccount:a:b\" cannot list resource \"widgets\" in API group \"test.example.com\" at the cluster scope"));
        await f.Until(() => f.Informer.Trouble is not null, "trouble");
        f.Informer.Trouble.ShouldBe(
            "Not allowed: system:serviceaccount:a:b may not list widgets cluster-wide. Grant the verb \"list\" on the resource \"widgets\" of the API group \"test.example.com\".");
    }

    [Fact]
    public async Task OneNamespace_AsksForThatOnly()
    {
        await using var f = await InformerFixture.StartAsync(
            Script(() => Widgets.List(7)), o => o.LabelSelector = "a in (b,c)", s => s.Namespaces = ["team-a"]);
        await f.Until(() => f.Informer.Synced, "synced");
        f.Host.Requests.ShouldAllBe(r => r.Path == "/apis/test.example.com/v1/namespaces/team-a/widgets" && r.Parameter("labelSelector") == "a in (b,c)");
    }

    [Fact]
    public async Task ExpiredAgainAndAgain_DoesNotSpin()
    {
        await using var f = await InformerFixture.StartAsync(async (c, r) =>
        {
            if (r.IsWatch)
            {
                await c.StatusAsync(r.Parameter("sendInitialEvents") is null ? 410 : 422, "Expired", "too old");
            }
            else
            {
                await c.JsonAsync(Widgets.List(7));
            }
        });
        var from = f.Clock.GetUtcNow();
        await f.Until(() => f.Lists.Count >= 6, "six lists");
        (f.Clock.GetUtcNow() - from).ShouldBeGreaterThan(TimeSpan.FromSeconds(5), "backoff between lists");
    }
}
