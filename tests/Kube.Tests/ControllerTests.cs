using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube.Tests;

/// <summary>The loop around a controller, whole: informer, queue, reconcile, requeue.</summary>
public sealed class ControllerTests
{
    private static Task<ReconciliationResult<Widget>> Ok(Widget w, TimeSpan? after = null) => Task.FromResult(ReconciliationResult<Widget>.Success(w, after));

    [Fact]
    public async Task Reconcile_EveryEntityOnce_AndAgainWhenItsSpecChanges()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        api.PutWidget("b");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        await f.UntilCalled("reconcile b");
        api.PutWidget("a", size: 2);
        await f.UntilCalled("reconcile a", 2);
        f.Behaviour.Count("reconcile b").ShouldBe(1);
        api.Writes.ShouldBeEmpty("a settled operator writes nothing");
    }

    [Fact]
    public async Task StatusChange_IsNoNews_ButLabelIs()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        api.PutWidget("a", change: w => w["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "x" });
        var cache = f.Services.GetRequiredService<IInformerCache<Widget>>();
        await f.Until(() => cache.Get("default", "a")?.Status?.Phase == "x", "the status in the cache");
        f.Behaviour.Count("reconcile a").ShouldBe(1);
        api.PutWidget("a", change: w => w["metadata"]!["labels"] = new System.Text.Json.Nodes.JsonObject { ["l"] = "1" });
        await f.UntilCalled("reconcile a", 2);
    }

    [Fact]
    public async Task Exception_IsRetriedWithoutEnd_AndStopsNobodyElse()
    {
        // KubeOps drops an item after five failures.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("bad");
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = (w, _) => w.Metadata.Name == "bad" ? throw new InvalidOperationException("no") : Ok(w),
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile bad", 9);
        api.PutWidget("good");
        await f.UntilCalled("reconcile good");
        f.Metrics.ReconcileTotal.WithLabels("widget", "error").Value.ShouldBeGreaterThanOrEqualTo(8);
        f.Metrics.Retries.WithLabels("widget", "widget").Value.ShouldBeGreaterThanOrEqualTo(8);
    }

    [Fact]
    public async Task Failure_WithoutTime_IsRetried()
    {
        // In KubeOps it never is.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour { OnReconcile = (w, _) => Task.FromResult(ReconciliationResult<Widget>.Failure(w, "not yet")) };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a", 4);
    }

    [Fact]
    public async Task TerminalException_IsNotRetried_UntilSomethingChanges()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour { OnReconcile = (_, _) => throw new TerminalException("size must be even") };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a");
        await f.Until(() => f.Metrics.TerminalErrors.WithLabels("widget").Value == 1, "counted");
        f.Clock.Advance(TimeSpan.FromHours(1));
        f.Behaviour.Count("reconcile a").ShouldBe(1);
        f.Metrics.Retries.WithLabels("widget", "widget").Value.ShouldBe(0);
        api.PutWidget("a", size: 2);
        await f.UntilCalled("reconcile a", 2);
    }

    [Fact]
    public async Task RequeueAfter_ComesAtItsTime_AndSurvivesAStatusChange()
    {
        // KubeOps#554.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour { OnReconcile = (w, _) => Ok(w, TimeSpan.FromMinutes(3)) };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a");
        await f.Until(() => f.Metrics.ReconcileTotal.WithLabels("widget", "requeue_after").Value == 1, "settled");
        var from = f.Clock.GetUtcNow();
        api.PutWidget("a", change: w => w["status"] = new System.Text.Json.Nodes.JsonObject { ["phase"] = "x" });
        await f.Until(() => f.Behaviour.Count("reconcile a") == 2, "again", TimeSpan.FromSeconds(1));
        (f.Clock.GetUtcNow() - from).TotalSeconds.ShouldBeInRange(175, 190);
    }

    [Fact]
    public async Task Timeout_CancelsTheReconcile_AndRetries()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, ct) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
                return ReconciliationResult<Widget>.Success(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.WithReconciliationTimeout(TimeSpan.FromSeconds(5)));
        await f.Until(() => f.Behaviour.Count("reconcile a") >= 2, "again after the timeout", TimeSpan.FromMilliseconds(200));
        f.Metrics.Timeouts.WithLabels("widget").Value.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task OneHotObject_DoesNotBlockOthers_NorRunTwice()
    {
        // KubeOps takes the slot before the object's lock: a hot object occupies all.
        await using var api = await TinyApi.StartAsync();
        var running = 0;
        var most = 0;
        var gate = new TaskCompletionSource();
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, _) =>
            {
                if (w.Metadata.Name == "hot")
                {
                    most = Math.Max(most, Interlocked.Increment(ref running));
                    await gate.Task;
                    Interlocked.Decrement(ref running);
                }

                return ReconciliationResult<Widget>.Success(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.MaxConcurrentReconciles(2));
        api.PutWidget("hot");
        await f.UntilCalled("reconcile hot");
        for (var i = 2; i < 20; i++)
        {
            api.PutWidget("hot", size: i);
        }

        api.PutWidget("cold");
        await f.UntilCalled("reconcile cold");
        gate.SetResult();
        await f.UntilCalled("reconcile hot", 2);
        await f.Until(() => running == 0, "done");
        most.ShouldBe(1);
        f.Behaviour.Count("reconcile hot").ShouldBe(2, "eighteen changes while in work are one more reconcile");
    }

    [Fact]
    public async Task Deleted_IsToldOnce_WithTheLastState_AndRetriedWhenItFails()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a", size: 42);
        var failures = 2;
        Widget? told = null;
        var behaviour = new WidgetBehaviour
        {
            OnDeleted = (w, _) =>
            {
                told = w;
                return failures-- > 0 ? throw new InvalidOperationException("no") : Ok(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a");
        api.Delete(TinyApi.WidgetPath("a"));
        await f.UntilCalled("deleted a", 3);
        told!.Spec!.Size.ShouldBe(42);
        api.PutWidget("b");
        await f.UntilCalled("reconcile b");
        f.Behaviour.Count("deleted a").ShouldBe(3);
    }

    [Fact]
    public async Task DeletedWhileDisconnected_IsToldAfterTheNextList()
    {
        // KubeOps#675: never.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        api.HoldEvents();
        api.Delete(TinyApi.WidgetPath("a"));
        api.Intercept = async (c, r) =>
        {
            if (r.IsWatch && r.Parameter("sendInitialEvents") is null)
            {
                await c.StatusAsync(410, "Expired", "too old resource version");
                return true;
            }

            return false;
        };
        api.CutWatches();
        await f.UntilCalled("deleted a");
    }

    [Fact]
    public async Task RecreatedUnderTheSameName_IsBothDeletedAndReconciled()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        api.HoldEvents();
        api.Delete(TinyApi.WidgetPath("a"));
        api.PutWidget("a", size: 9);
        api.ReleaseEvents();
        await f.UntilCalled("deleted a");
        await f.UntilCalled("reconcile a", 2);
    }

    [Fact]
    public async Task Owned_ChangeOrDeletion_ReconcilesTheOwner()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour();
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.Owns<V1ConfigMap>());
        var apply = f.Services.GetRequiredService<IServerSideApply>();
        behaviour.OnReconcile = async (w, ct) =>
        {
            await apply.ApplyAsync(OperatorFixture.ConfigMap("child", "1"), w, ct);
            return ReconciliationResult<Widget>.Success(w);
        };
        api.PutWidget("a", size: 2);
        await f.Until(() => api.Get(TinyApi.ConfigMapPath("child")) is not null, "the child");
        var calls = f.Behaviour.Count("reconcile a");
        api.Delete(TinyApi.ConfigMapPath("child"));
        await f.Until(() => api.Get(TinyApi.ConfigMapPath("child")) is not null && f.Behaviour.Count("reconcile a") > calls, "the child again");
    }

    [Fact]
    public async Task Watched_IsMapped_BeforeAndAfter()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        api.PutWidget("b");
        await using var f = await OperatorFixture.StartAsync(
            api.Url, build: b => b.Watches<V1ConfigMap>((cm, caches) => caches.Get<Widget>().List()
                .Where(w => w.Metadata.Name == cm.Data["value"]).Select(w => NamespacedName.Of(w))));
        await f.UntilCalled("reconcile a");
        await f.UntilCalled("reconcile b");
        api.Put(TinyApi.ConfigMapPath("c"), KubeJson.ToTree(OperatorFixture.ConfigMap("c", "a")));
        await f.UntilCalled("reconcile a", 2);
        api.Put(TinyApi.ConfigMapPath("c"), KubeJson.ToTree(OperatorFixture.ConfigMap("c", "b")));
        await f.UntilCalled("reconcile a", 3);
        await f.UntilCalled("reconcile b", 2);
    }

    [Fact]
    public async Task OwnWrite_NotYetInTheCache_HoldsTheNextReconcile()
    {
        // Without it: the second reconcile does not see the child and makes another.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour();
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.Owns<V1ConfigMap>());
        await f.UntilCalled("reconcile a");
        var apply = f.Services.GetRequiredService<IServerSideApply>();
        var maps = f.Services.GetRequiredService<IInformerCache<V1ConfigMap>>();
        var blind = 0;
        behaviour.OnReconcile = async (w, ct) =>
        {
            if (maps.ByOwner(w.Metadata.Uid).Count == 0)
            {
                blind++;
                await apply.ApplyAsync(OperatorFixture.ConfigMap($"child-{blind}", "1"), w, ct);
            }

            // Asks to come again at once, while its own write is still on its way to the cache.
            return ReconciliationResult<Widget>.Success(w, blind == 1 && maps.Count == 0 ? TimeSpan.FromMilliseconds(1) : null);
        };
        api.Intercept = (_, r) =>
        {
            if (r.Method == "PATCH")
            {
                api.HoldEvents();
            }

            return Task.FromResult(false);
        };
        api.PutWidget("a", size: 2);
        await f.Until(() => f.Metrics.StaleSkips.WithLabels("widget").Value >= 1, "put off");
        f.Behaviour.Count("reconcile a").ShouldBe(2);
        api.Intercept = null;
        api.ReleaseEvents();
        await f.UntilCalled("reconcile a", 3);
        blind.ShouldBe(1);
    }

    [Fact]
    public async Task OwnWrite_NeverSeen_HoldsNobodyForEver()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour();
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.Owns<V1ConfigMap>());
        await f.UntilCalled("reconcile a");
        var pending = f.Services.GetRequiredService<PendingWrites>();
        var uid = api.Get(TinyApi.WidgetPath("a"))!["metadata"]!["uid"]!.ToString();
        pending.Wrote(uid, typeof(V1ConfigMap), new NamespacedName("default", "ghost"), "999999");
        var from = f.Clock.GetUtcNow();
        api.PutWidget("a", size: 2);
        await f.UntilCalled("reconcile a", 2);
        (f.Clock.GetUtcNow() - from).ShouldBeGreaterThanOrEqualTo(PendingWrites.GivesUpAfter - TimeSpan.FromSeconds(1));
        f.Metrics.StaleSkips.WithLabels("widget").Value.ShouldBe(1);
    }

    [Fact]
    public async Task OwnerThatIsGone_UnknownToTheCache_IsWaitedFor_NotRetried()
    {
        // Without it: an API server that lost its data, or a late watch of the owners, has the collector and this process remove and make children by turns.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour();
        IServerSideApply? apply = null;
        var ready = new TaskCompletionSource();
        behaviour.OnReconcile = async (w, ct) =>
        {
            await ready.Task;
            await apply!.ApplyAsync(OperatorFixture.ConfigMap("child", "1"), w, ct);
            return ReconciliationResult<Widget>.Success(w);
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.Owns<V1ConfigMap>());
        apply = f.Services.GetRequiredService<IServerSideApply>();
        ready.SetResult();
        await f.Until(() => api.Get(TinyApi.ConfigMapPath("child")) is not null, "made");
        api.HoldEvents("widgets");
        api.Delete(TinyApi.WidgetPath("a"));
        var anew = api.PutWidget("a")["metadata"]!["uid"]!.ToString();
        api.Delete(TinyApi.ConfigMapPath("child"));
        await f.Until(() => f.Metrics.StaleSkips.WithLabels("widget").Value >= 1, "put off");
        api.Writes.Count.ShouldBe(1);
        f.Metrics.ReconcileErrors.WithLabels("widget").Value.ShouldBe(0);
        api.ReleaseEvents();
        await f.Until(() => api.Get(TinyApi.ConfigMapPath("child"))?["metadata"]!["ownerReferences"]![0]!["uid"]!.ToString() == anew, "made for the new one");
        api.Writes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task FirstList_YieldsToNews()
    {
        await using var api = await TinyApi.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            api.PutWidget($"old{i}");
        }

        var gate = new TaskCompletionSource();
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, _) =>
            {
                await gate.Task;
                return ReconciliationResult<Widget>.Success(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.Until(() => !f.Behaviour.Calls.IsEmpty, "the first");
        api.PutWidget("news");
        var cache = f.Services.GetRequiredService<IInformerCache<Widget>>();
        await f.Until(() => cache.Get("default", "news") is not null, "cached");
        gate.SetResult();
        await f.Until(() => f.Behaviour.Calls.Count == 21, "all");
        f.Behaviour.Calls.ElementAt(1).ShouldBe("reconcile news");
    }

    [Fact]
    public async Task RequeueAfterDeletion_ReconcilesNothing()
    {
        // KubeOps#365.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour { OnReconcile = (w, _) => Ok(w, TimeSpan.FromSeconds(30)) };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a");
        api.Delete(TinyApi.WidgetPath("a"));
        await f.UntilCalled("deleted a");
        var calls = f.Behaviour.Calls.Count;
        f.Clock.Advance(TimeSpan.FromMinutes(5));
        api.PutWidget("b");
        await f.UntilCalled("reconcile b");
        f.Behaviour.Calls.Count.ShouldBe(calls + 1);
    }

    [Fact]
    public async Task ThreeOfOneName_GoneBeforeAnybodyLooked_AreAllTold()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a", size: 1);
        var gate = new TaskCompletionSource();
        var told = new List<int?>();
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, _) =>
            {
                await gate.Task;
                return ReconciliationResult<Widget>.Success(w);
            },
            OnDeleted = (w, _) =>
            {
                told.Add(w.Spec!.Size);
                return Ok(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour);
        await f.UntilCalled("reconcile a");
        api.Delete(TinyApi.WidgetPath("a"));
        api.PutWidget("a", size: 2);
        api.Delete(TinyApi.WidgetPath("a"));
        api.PutWidget("a", size: 3);
        api.Delete(TinyApi.WidgetPath("a"));
        api.PutWidget("end");
        var cache = f.Services.GetRequiredService<IInformerCache<Widget>>();
        await f.Until(() => cache.Get("default", "end") is not null, "all events");
        gate.SetResult();
        await f.UntilCalled("reconcile end");
        await f.UntilCalled("deleted a", 3);
        told.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Enqueue_FromOutside_Reconciles()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url);
        await f.UntilCalled("reconcile a");
        var queue = f.Services.GetRequiredService<IReconcileQueue<Widget>>();
        queue.Enqueue(new NamespacedName("default", "a"));
        await f.UntilCalled("reconcile a", 2);
        queue.Enqueue(new NamespacedName("default", "a"), TimeSpan.FromSeconds(2));
        queue.Enqueue(new NamespacedName("default", "unknown"));
        await f.UntilCalled("reconcile a", 3);
    }

    private sealed class Loop(WidgetBehaviour behaviour, IInformerCache<Widget> widgets) : ILeaderService
    {
        private int runs;

        public async Task RunAsync(CancellationToken cancellationToken)
        {
            behaviour.Calls.Enqueue($"loop sees {widgets.Count}");
            if (++runs == 1)
            {
                throw new InvalidOperationException("once");
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }

    [Fact]
    public async Task LeaderService_RunsWithFullCaches_IsRunAgainAfterAFailure_AndStops()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await OperatorFixture.StartAsync(api.Url, build: b => b.AddLeaderService<Loop>());
        await f.UntilCalled("loop sees 1", 2);
    }
}
