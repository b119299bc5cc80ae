using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Nemotron.Kube.Tests;

/// <summary>What a test wants its controller to do.</summary>
internal sealed class WidgetBehaviour
{
    internal Func<Widget, CancellationToken, Task<ReconciliationResult<Widget>>> OnReconcile { get; set; } =
        (w, _) => Task.FromResult(ReconciliationResult<Widget>.Success(w));

    internal Func<Widget, CancellationToken, Task<ReconciliationResult<Widget>>> OnDeleted { get; set; } =
        (w, _) => Task.FromResult(ReconciliationResult<Widget>.Success(w));

    internal Func<Widget, CancellationToken, Task<ReconciliationResult<Widget>>> OnFinalize { get; set; } =
        (w, _) => Task.FromResult(ReconciliationResult<Widget>.Success(w));

    /// <summary>What was called, in order: <c>reconcile a</c>, <c>deleted a</c>, <c>finalize a</c>.</summary>
    internal ConcurrentQueue<string> Calls { get; } = new();

    internal int Count(string call) => Calls.Count(c => c == call);
}

internal sealed class WidgetController(WidgetBehaviour behaviour) : IEntityController<Widget>
{
    public Task<ReconciliationResult<Widget>> ReconcileAsync(Widget entity, CancellationToken cancellationToken)
    {
        behaviour.Calls.Enqueue($"reconcile {entity.Metadata.Name}");
        return behaviour.OnReconcile(entity, cancellationToken);
    }

    public Task<ReconciliationResult<Widget>> DeletedAsync(Widget entity, CancellationToken cancellationToken)
    {
        behaviour.Calls.Enqueue($"deleted {entity.Metadata.Name}");
        return behaviour.OnDeleted(entity, cancellationToken);
    }
}

internal sealed class WidgetFinalizer(WidgetBehaviour behaviour) : IEntityFinalizer<Widget>
{
    public Task<ReconciliationResult<Widget>> FinalizeAsync(Widget entity, CancellationToken cancellationToken)
    {
        behaviour.Calls.Enqueue($"finalize {entity.Metadata.Name}");
        return behaviour.OnFinalize(entity, cancellationToken);
    }
}

internal sealed class RecordedProcessEnd : IProcessEnd
{
    internal int Ends { get; private set; }

    public void EndWithFailure() => Ends++;
}

/// <summary>A whole operator with one controller of widgets, against a <see cref="TinyApi"/> or any URL.</summary>
internal sealed class OperatorFixture : IAsyncDisposable
{
    private readonly IHost host;

    private OperatorFixture(IHost host, WidgetBehaviour behaviour)
    {
        this.host = host;
        Behaviour = behaviour;
    }

    internal WidgetBehaviour Behaviour { get; }

    internal FakeTimeProvider Clock { get; private init; } = new();

    internal IServiceProvider Services => host.Services;

    internal OperatorHost Operator => Services.GetRequiredService<OperatorHost>();

    internal RuntimeMetrics Metrics => Services.GetRequiredService<RuntimeMetrics>();

    internal RecordedProcessEnd ProcessEnd => (RecordedProcessEnd)Services.GetRequiredService<IProcessEnd>();

    internal static async Task<OperatorFixture> StartAsync(
        string url,
        WidgetBehaviour? behaviour = null,
        Action<OperatorSettings>? settings = null,
        Action<IControllerBuilder<Widget>>? build = null)
    {
        behaviour ??= new WidgetBehaviour();
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton(behaviour);
        builder.Services.AddSingleton(Prometheus.Metrics.NewCustomRegistry());
        builder.Services.AddSingleton<IProcessEnd, RecordedProcessEnd>();
        var controller = builder.Services.AddKubernetesOperator(s =>
        {
            s.Name = "test";
            s.ClientConfiguration = new KubernetesClientConfiguration { Host = url };
            s.RandomSeed = 7;
            settings?.Invoke(s);
        }).AddController<WidgetController, Widget>();
        build?.Invoke(controller);
        var fixture = new OperatorFixture(builder.Build(), behaviour) { Clock = clock };
        await fixture.host.StartAsync();
        return fixture;
    }

    internal Task Until(Func<bool> condition, string what, TimeSpan? step = null) =>
        Tests.Until.True(condition, $"{what}; calls: {string.Join(", ", Behaviour.Calls)}", Clock, step ?? TimeSpan.FromMilliseconds(10));

    internal Task UntilCalled(string call, int times = 1) => Until(() => Behaviour.Count(call) >= times, $"{times} × {call}");

    internal Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        var stop = host.StopAsync();
        await Tests.Until.True(() => stop.IsCompleted, "stopped", Clock, TimeSpan.FromSeconds(1));
        await stop;
        host.Dispose();
    }

    internal static V1ConfigMap ConfigMap(string name, string value) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default" },
        Data = new Dictionary<string, string> { ["value"] = value },
    };
}
