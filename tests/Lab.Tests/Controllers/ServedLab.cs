using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Nodes;

namespace Nemotron.Lab.Controllers.Tests;

/// <summary>A whole Lab with the real API server, on a fast clock, and the ways to look at it.</summary>
internal sealed class ServedLab : IAsyncDisposable
{
    private ServedLab(LabCluster cluster) => Cluster = cluster;

    public LabCluster Cluster { get; }

    public IApi Api => Cluster.Api;

    public static async Task<ServedLab> StartAsync(string nodes, LabClusterOptions? options = null) =>
        new(await LabCluster.StartAsync((options ?? new()) with { Nodes = nodes, ClockSpeed = 200 }, TestContext.Current.CancellationToken));

    public JsonObject Get(Gvr resource, string name) => Api.Get(resource, "default", name) ?? throw new InvalidOperationException($"no {resource.Plural} {name}");

    public IReadOnlyList<JsonObject> Pods() => [.. Api.List(BuiltIn.Pods, "default").Items.OrderBy(pod => pod.Name(), StringComparer.Ordinal)];

    public IEnumerable<string> EventsOf(string name) => Api.List(BuiltIn.Events, "default").Items
        .Where(item => item.Text("involvedObject", "name") == name).Select(item => $"{item.Text("reason")}: {item.Text("message")}");

    public Task CreateAsync(Gvr resource, JsonObject obj)
    {
        Api.Create(resource, "default", obj, "test");
        return Task.CompletedTask;
    }

    public JsonObject Patch(Gvr resource, string name, string patch, string? subresource = null) =>
        Api.MergePatch(resource, "default", name, (JsonObject)JsonNode.Parse(patch)!, "test", subresource);

    public Task UntilAsync(Gvr resource, string name, Func<JsonObject, bool> holds) =>
        UntilAsync(resource, () => Api.Get(resource, "default", name) is { } obj && holds(obj));

    public Task UntilGoneAsync(Gvr resource, string name) => UntilAsync(resource, () => Api.Get(resource, "default", name) is null);

    /// <summary>Looks again at every change of a resource, and at those of pods, which lag behind or ahead; real time bounds a hanging test only.</summary>
    public async Task UntilAsync(Gvr resource, Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            await Task.WhenAny(Watch(resource), Watch(BuiltIn.Pods)).Unwrap();
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"never came true of {resource}: {string.Join('\n', Api.List(resource).Items.Select(item => item.ToJsonString()))}");
        }

        async Task Watch(Gvr watched)
        {
            var (_, version) = Api.List(watched);
            if (holds()) return;
            await foreach (var _ in Api.WatchAsync(watched, null, version, limit.Token))
            {
                if (holds()) return;
            }
        }
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
