using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Nemotron.Kube.Tests;

public sealed class HostTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static readonly string LeasePath = "/apis/coordination.k8s.io/v1/namespaces/default/leases/test";

    private static void Elect(OperatorSettings s)
    {
        s.LeaderElectionType = LeaderElectionType.Single;
        s.LeaderElectionNamespace = "default";
    }

    private static string? Holder(TinyApi api) => api.Get(LeasePath)?["spec"]?["holderIdentity"]?.ToString();

    [Fact]
    public async Task TwoReplicas_OneWorks_TheOtherIsWarm_AndTakesOverWithinThreeSeconds()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var first = await OperatorFixture.StartAsync(api.Url, settings: s => { Elect(s); s.LeaderElectionIdentity = "one"; });
        await first.UntilCalled("reconcile a");
        await using var second = await OperatorFixture.StartAsync(api.Url, settings: s => { Elect(s); s.LeaderElectionIdentity = "two"; });
        var cache = second.Services.GetRequiredService<IInformerCache<Widget>>();
        await second.Until(() => cache.Synced && api.Host.Requests.Count(r => r.Method == "GET" && r.Path == LeasePath) == 2, "warm and waiting");
        second.Behaviour.Calls.ShouldBeEmpty();
        second.Operator.ControllersRun.ShouldBeFalse();
        await first.DisposeAsync();
        Holder(api).ShouldBe("");
        var from = second.Clock.GetUtcNow();
        await second.UntilCalled("reconcile a");
        (second.Clock.GetUtcNow() - from).TotalSeconds.ShouldBeLessThan(3);
    }

    [Fact]
    public async Task Stop_FinishesTheReconcile_ThenReleasesTheLease()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var gate = new TaskCompletionSource();
        string? holderAtEnd = null;
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, ct) =>
            {
                await gate.Task;
                ct.IsCancellationRequested.ShouldBeFalse("a stop does not cut a reconcile off");
                holderAtEnd = Holder(api);
                return ReconciliationResult<Widget>.Success(w);
            },
        };
        var f = await OperatorFixture.StartAsync(api.Url, behaviour, s => { Elect(s); s.LeaderElectionIdentity = "one"; });
        await f.UntilCalled("reconcile a");
        var stop = f.StopAsync();
        stop.IsCompleted.ShouldBeFalse();
        Holder(api).ShouldBe("one");
        gate.SetResult();
        await stop;
        holderAtEnd.ShouldBe("one");
        Holder(api).ShouldBe("");
        await f.DisposeAsync();
    }

    [Fact]
    public async Task Stop_CutsOffWhatDoesNotFinish()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var cancelled = false;
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, ct) =>
            {
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
                }
                catch (OperationCanceledException)
                {
                    cancelled = true;
                    throw;
                }

                return ReconciliationResult<Widget>.Success(w);
            },
        };
        var f = await OperatorFixture.StartAsync(api.Url, behaviour, s => { s.GracefulShutdownTimeout = TimeSpan.FromSeconds(5); s.ReconciliationTimeout = null; });
        await f.UntilCalled("reconcile a");
        await f.DisposeAsync();
        cancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task Stop_DoesNotWaitForeverForAReconcileThatHeedsNothing()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var never = new TaskCompletionSource<ReconciliationResult<Widget>>();
        Widget? stuck = null;
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = (w, _) =>
            {
                stuck = w;
                return never.Task;
            },
        };
        var f = await OperatorFixture.StartAsync(api.Url, behaviour, s => { Elect(s); s.LeaderElectionIdentity = "one"; });
        await f.UntilCalled("reconcile a");
        using var patience = new CancellationTokenSource();
        var stop = f.Operator.StopAsync(patience.Token);
        await patience.CancelAsync();
        await stop;
        Holder(api).ShouldBe("one", "what may still be at work keeps the lease");
        never.SetResult(ReconciliationResult<Widget>.Success(stuck!));
        await f.Until(() => Holder(api)?.Length == 0, "released in the end");
        await f.DisposeAsync();
    }

    [Fact]
    public async Task LeadershipLost_CutsReconcilesOff_AndEndsTheProcess()
    {
        // KubeOps goes on in the same process (#677, #784).
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var cancelled = false;
        var behaviour = new WidgetBehaviour
        {
            OnReconcile = async (w, ct) =>
            {
                using var registration = ct.Register(() => cancelled = true);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
                return ReconciliationResult<Widget>.Success(w);
            },
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, behaviour, Elect);
        await f.UntilCalled("reconcile a");
        api.Intercept = async (c, r) =>
        {
            if (r.Path.Contains("leases", StringComparison.Ordinal))
            {
                await c.StatusAsync(500, "InternalError", "etcd is gone");
                return true;
            }

            return false;
        };
        await f.Until(() => f.ProcessEnd.Ends == 1, "the process ends", TimeSpan.FromMilliseconds(100));
        cancelled.ShouldBeTrue();
        f.Metrics.Leader.WithLabels("test").Value.ShouldBe(0);
    }

    [Fact]
    public async Task MissingType_NotReady_SaysWhich_ThenGoesOn()
    {
        await using var api = await TinyApi.StartAsync();
        var installed = false;
        api.Intercept = async (c, r) =>
        {
            if (installed || !r.Path.EndsWith("widgets", StringComparison.Ordinal))
            {
                return false;
            }

            c.Response.StatusCode = 404;
            await c.JsonAsync("404 page not found", 404);
            return true;
        };
        await using var f = await OperatorFixture.StartAsync(api.Url, settings: s => s.MissingResourceHint = "Run: make install");
        IKubeCheck Ready() => f.Operator.Checks.Single(c => c.IsReadiness && c.Name == "cache-widgets.test.example.com");
        await f.Until(() => Ready().Check()?.Contains("not installed", StringComparison.Ordinal) == true, "said so");
        Ready().Check().ShouldBe("The resource widgets.test.example.com is not installed (CRD missing). Run: make install");
        api.PutWidget("a");
        installed = true;
        await f.UntilCalled("reconcile a");
        Ready().Check().ShouldBeNull();
    }

    [Fact]
    public async Task Endpoints_AnswerAsTheApiServersDo()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var behaviour = new WidgetBehaviour();
        builder.Services.AddSingleton(behaviour);
        builder.Services.AddSingleton(Prometheus.Metrics.NewCustomRegistry());
        builder.Services.AddSingleton<IKubeCheck>(new KubeCheck("extra", isReadiness: true, () => "not today"));
        builder.Services.AddKubernetesOperator(s =>
        {
            s.Name = "test";
            s.ClientConfiguration = new k8s.KubernetesClientConfiguration { Host = api.Url };
        }).AddController<WidgetController, Widget>();
        await using var app = builder.Build();
        app.MapKubeEndpoints();
        await app.StartAsync(Ct);
        await Until.True(() => behaviour.Count("reconcile a") == 1, "reconciled");
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        (await http.GetStringAsync("/healthz", Ct)).ShouldBe("ok");
        (await http.GetStringAsync("/healthz?verbose", Ct)).ShouldBe("[+]ping ok\n[+]leader-election ok\nhealthz check passed\n");
        var ready = await http.GetAsync("/readyz", Ct);
        ((int)ready.StatusCode).ShouldBe(500);
        (await ready.Content.ReadAsStringAsync(Ct)).ShouldBe(
            "[+]ping ok\n[+]cache-widgets.test.example.com ok\n[-]extra failed: not today\nreadyz check failed\n");
        (await http.GetStringAsync("/readyz?exclude=extra", Ct)).ShouldBe("ok");
        (await http.GetStringAsync("/readyz/cache-widgets.test.example.com", Ct)).ShouldBe("ok");
        ((int)(await http.GetAsync("/readyz/nothing", Ct)).StatusCode).ShouldBe(404);

        var metrics = await http.GetStringAsync("/metrics", Ct);
        foreach (var series in new[]
        {
            "controller_runtime_reconcile_total{controller=\"widget\",result=\"success\"} 1",
            "controller_runtime_reconcile_total{controller=\"widget\",result=\"error\"} 0",
            "controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue\"} 0",
            "controller_runtime_reconcile_total{controller=\"widget\",result=\"requeue_after\"} 0",
            "controller_runtime_reconcile_errors_total{controller=\"widget\"} 0",
            "controller_runtime_terminal_reconcile_errors_total{controller=\"widget\"} 0",
            "controller_runtime_reconcile_panics_total{controller=\"widget\"} 0",
            "controller_runtime_reconcile_timeouts_total{controller=\"widget\"} 0",
            "controller_runtime_reconcile_time_seconds_bucket{controller=\"widget\",le=\"60\"} 1",
            "controller_runtime_max_concurrent_reconciles{controller=\"widget\"} 1",
            "controller_runtime_active_workers{controller=\"widget\"} 0",
            "workqueue_depth{name=\"widget\",controller=\"widget\",priority=\"0\"} 0",
            "workqueue_adds_total{name=\"widget\",controller=\"widget\"} 1",
            "workqueue_queue_duration_seconds_count{name=\"widget\",controller=\"widget\"} 1",
            "workqueue_work_duration_seconds_count{name=\"widget\",controller=\"widget\"} 1",
            "workqueue_unfinished_work_seconds{name=\"widget\",controller=\"widget\"} 0",
            "workqueue_longest_running_processor_seconds{name=\"widget\",controller=\"widget\"} 0",
            "workqueue_retries_total{name=\"widget\",controller=\"widget\"} 0",
            "kube_informer_synced{resource=\"widgets.test.example.com\"} 1",
        })
        {
            metrics.ShouldContain(series);
        }

        metrics.ShouldContain("rest_client_requests_total{code=\"200\",method=\"GET\",host=\"127.0.0.1:");
        metrics.ShouldContain("rest_client_request_duration_seconds_bucket{verb=\"GET\",host=\"127.0.0.1:");
        await app.StopAsync(Ct);
    }

    [Theory]
    [InlineData("Name", "My Operator")]
    [InlineData("LeaseDuration", "5")]
    public void Settings_ThatCannotWork_AreRefused(string which, string value) => Should.Throw<ArgumentException>(() =>
        new ServiceCollection().AddKubernetesOperator(s =>
        {
            if (which == "Name")
            {
                s.Name = value;
            }
            else
            {
                s.LeaderElectionLeaseDuration = TimeSpan.FromSeconds(int.Parse(value));
            }
        })).Message.ShouldContain(which == "Name" ? "DNS label" : "LeaderElectionRenewDeadline");
}
