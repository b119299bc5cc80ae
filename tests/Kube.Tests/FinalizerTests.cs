using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube.Tests;

public sealed class FinalizerTests
{
    private const string Id = "test.example.com/widgetfinalizer";

    private static Task<OperatorFixture> StartAsync(TinyApi api, WidgetBehaviour? behaviour = null) =>
        OperatorFixture.StartAsync(api.Url, behaviour, build: b => b.AddFinalizer<WidgetFinalizer, Widget>(Id));

    private static string[] Finalizers(TinyApi api, string name) =>
        [.. (api.Get(TinyApi.WidgetPath(name))?["metadata"]?["finalizers"] as JsonArray ?? []).Select(f => f!.ToString())];

    [Fact]
    public async Task Attach_Finalize_Detach()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        await using var f = await StartAsync(api);
        await f.UntilCalled("reconcile a");
        Finalizers(api, "a").ShouldBe([Id]);
        api.Delete(TinyApi.WidgetPath("a"));
        await f.UntilCalled("deleted a");
        f.Behaviour.Calls.Where(c => c != "reconcile a").ShouldBe(["finalize a", "deleted a"]);
        api.Paths().ShouldBeEmpty();
        api.Writes.Count.ShouldBe(2, "one patch to add, one to remove");
    }

    [Fact]
    public async Task StatusWrittenDuringFinalisation_DoesNotKeepTheFinalizer()
    {
        // KubeOps #1127: the status' new version made the removal of the finalizer conflict.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        OperatorFixture? fixture = null;
        var behaviour = new WidgetBehaviour
        {
            OnFinalize = async (w, ct) =>
            {
                var status = fixture!.Services.GetRequiredService<IStatusWriter>();
                await status.UpdateStatusAsync(w, new WidgetStatus { Phase = "Ending" }, ct);
                return ReconciliationResult<Widget>.Success(w);
            },
        };
        await using var f = fixture = await StartAsync(api, behaviour);
        await f.UntilCalled("reconcile a");
        api.Delete(TinyApi.WidgetPath("a"));
        await f.UntilCalled("deleted a");
        f.Behaviour.Count("finalize a").ShouldBe(1);
        api.Paths().ShouldBeEmpty();
    }

    [Fact]
    public async Task Failure_KeepsTheObject_AndIsRetried()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var behaviour = new WidgetBehaviour { OnFinalize = (_, _) => throw new InvalidOperationException("not yet") };
        await using var f = await StartAsync(api, behaviour);
        await f.UntilCalled("reconcile a");
        api.Delete(TinyApi.WidgetPath("a"));
        await f.UntilCalled("finalize a", 4);
        Finalizers(api, "a").ShouldBe([Id]);
        behaviour.OnFinalize = (w, _) => Task.FromResult(ReconciliationResult<Widget>.Success(w));
        await f.UntilCalled("deleted a");
    }

    [Fact]
    public async Task AlreadyTerminatingAtStart_IsFinalized_NotReconciled()
    {
        // KubeOps#972.
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a", change: w => w["metadata"]!["finalizers"] = new JsonArray(Id));
        api.Delete(TinyApi.WidgetPath("a"));
        await using var f = await StartAsync(api);
        await f.UntilCalled("finalize a");
        await f.UntilCalled("deleted a");
        f.Behaviour.Count("reconcile a").ShouldBe(0);
    }

    [Fact]
    public async Task FinalizerOfAnother_AddedMeanwhile_IsNotLost()
    {
        // KubeOps replaces the whole object and fights over 409s (#1001).
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var first = true;
        api.Intercept = (_, r) =>
        {
            if (r.Method == "PATCH" && first)
            {
                first = false;
                api.PutWidget("a", change: w => w["metadata"]!["finalizers"] = new JsonArray("other.example.com/x"));
            }

            return Task.FromResult(false);
        };
        await using var f = await StartAsync(api);
        await f.UntilCalled("reconcile a");
        Finalizers(api, "a").ShouldBe(["other.example.com/x", Id]);
    }

    [Fact]
    public async Task GoneBeforeItsFinalizer_IsNotReconciled_HoweverLateItsNews()
    {
        await using var api = await TinyApi.StartAsync();
        api.PutWidget("a");
        var late = true;
        api.Intercept = (_, r) =>
        {
            if (r.Method == "PATCH" && late)
            {
                late = false;
                api.HoldEvents();
                api.Delete(TinyApi.WidgetPath("a"));
            }

            return Task.FromResult(false);
        };
        await using var f = await StartAsync(api);
        await f.Until(() => !late, "the attempt to attach the finalizer");
        api.ReleaseEvents();
        await f.UntilCalled("deleted a");
        f.Behaviour.Count("reconcile a").ShouldBe(0);
    }

    [Fact]
    public void Identifier_MustBeQualified() => Should.Throw<ArgumentException>(() => StartBad())
        .Message.ShouldStartWith("\"nonsense\" is no finalizer id");

    private static void StartBad()
    {
        var services = new Microsoft.Extensions.DependencyInjection.ServiceCollection();
        services.AddKubernetesOperator().AddFinalizer<WidgetFinalizer, Widget>("nonsense");
    }
}
