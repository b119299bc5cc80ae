using System.Collections.Concurrent;
using k8s;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace Nemotron.Kube.Tests;

/// <summary>A reflector of widgets against a scripted server, on a clock that runs only while a test waits.</summary>
internal sealed class InformerFixture : IAsyncDisposable, IInformerHandler<Widget>
{
    private readonly CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;

    private InformerFixture(ApiHost host, Informer<Widget> informer)
    {
        Host = host;
        Informer = informer;
    }

    internal ApiHost Host { get; }

    internal Informer<Widget> Informer { get; }

    /// <summary>The newest version that has been seen, where all namespaces are watched.</summary>
    internal string? SeenVersion => Informer.Scopes.All.Single().SeenVersion;

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    internal ConcurrentQueue<string> Heard { get; } = new();

    internal IReadOnlyList<SeenRequest> Watches => [.. Host.Requests.Where(r => r.IsWatch)];

    internal IReadOnlyList<SeenRequest> Lists => [.. Host.Requests.Where(r => !r.IsWatch && !AsksForVersion(r))];

    /// <summary>Lists of one object, which ask what version the server counts at.</summary>
    internal IReadOnlyList<SeenRequest> VersionChecks => [.. Host.Requests.Where(r => AsksForVersion(r))];

    internal static async Task<InformerFixture> StartAsync(
        Func<HttpContext, SeenRequest, Task> answer, Action<InformerOptions<Widget>>? configure = null, Action<OperatorSettings>? settings = null)
    {
        var host = await ApiHost.StartAsync(answer);
        return Start(host, host.Url, configure, settings);
    }

    internal static InformerFixture Start(ApiHost host, string url, Action<InformerOptions<Widget>>? configure = null, Action<OperatorSettings>? set = null)
    {
        var options = new InformerOptions<Widget>();
        configure?.Invoke(options);
        var settings = new OperatorSettings { ClientConfiguration = new KubernetesClientConfiguration { Host = url } };
        set?.Invoke(settings);
        InformerFixture? fixture = null;
        var informer = new Informer<Widget>(
            options, settings.Namespaces,
            (self, scope, api, token) => new Reflector<Widget>(self, scope, api, settings.MissingResourceHint, fixture!.Clock, new Jitter(1), NullLogger.Instance).RunAsync(token));
        fixture = new InformerFixture(host, informer);
        informer.AddHandler(fixture);
        var client = KubeClientFactory.Create(
            settings, new RuntimeMetrics(Metrics.NewCustomRegistry()), fixture.Clock, new Jitter(2), NullLogger.Instance);
        fixture.running = Task.Run(() => informer.RunAsync(new KubeApi(client, fixture.Clock), fixture.stop.Token));
        return fixture;
    }

    internal Task Until(Func<bool> condition, string what, TimeSpan? step = null) => Tests.Until.True(condition, what, Clock, step);

    internal Task UntilHeard(params string[] what) =>
        Until(() => what.All(w => Heard.Contains(w)), $"heard {string.Join(", ", what)}; so far: {string.Join(", ", Heard)}");

    public void OnAdded(Widget obj, bool initial) => Heard.Enqueue($"{(initial ? "initial" : "added")} {obj.Metadata.Name}@{obj.Metadata.ResourceVersion}");

    public void OnUpdated(Widget before, Widget after, bool initial) => Heard.Enqueue($"updated {after.Metadata.Name}@{after.Metadata.ResourceVersion}");

    public void OnDeleted(Widget obj) => Heard.Enqueue($"deleted {obj.Metadata.Name}@{obj.Metadata.ResourceVersion}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await Host.DisposeAsync();
        stop.Dispose();
    }

    internal static bool AsksForVersion(SeenRequest request) => !request.IsWatch && request.Parameter("limit") == "1";
}
