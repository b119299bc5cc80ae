using Nemotron.Crds;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>A deployment with a PodMonitor of its own, in a cluster where that kind comes, and goes, while the operator runs.</summary>
public class PodMonitorTests
{
    private const string Definition = "podmonitors.monitoring.coreos.com";

    // A type that was missing is asked for every half minute to minute, and a deployment that misses it looks every quarter of one.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task It_follows_the_spec_and_the_kind_and_only_the_spec_replaces_replicas()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", clockSpeed: 20);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Nano("nano", "30s"), Nano("going", "30s")));
        await cluster.StartOperatorAsync();
        await cluster.UntilReadyAsync(2);
        await UntilToldAsync(cluster, missing: true);
        var pods = Pods(cluster, "nano");
        pods.ShouldAllBe(pod => pod.EndsWith(" own", StringComparison.Ordinal));

        await cluster.ApplyAsync(OutsideKinds.All);
        await Until.TrueAsync(() => Intervals(cluster, "nano") is ["30s", "30s"] && Intervals(cluster, "going").Count == 2, "both PodMonitors", Limit, () => Told(cluster));
        await UntilToldAsync(cluster, missing: false);
        await cluster.ApplyAsync(Nano("nano", "1m"));
        await Until.TrueAsync(() => Intervals(cluster, "nano") is ["60s", "60s"], "the other interval", Limit, () => Told(cluster));
        // What somebody else changes is put right again.
        (await cluster.Kubectl.RunAsync("""-n models patch podmonitor nano --type=json -p [{"op":"replace","path":"/spec/podMetricsEndpoints/0/interval","value":"1s"}]""")).Succeeded();
        await Until.TrueAsync(() => Intervals(cluster, "nano") is ["60s", "60s"], "the interval again", Limit, () => Told(cluster));

        // It goes with its owner.
        (await cluster.Kubectl.RunAsync("-n models delete nemo going --timeout=60s")).Succeeded();
        await Until.TrueAsync(() => Intervals(cluster, "going").Count == 0, "the PodMonitor to go with its owner", Limit);
        Pods(cluster, "nano").ShouldBe(pods, "neither the kind nor the interval replaces replicas");

        (await cluster.Kubectl.RunAsync($"delete crd {Definition} --timeout=60s")).Succeeded();
        await UntilToldAsync(cluster, missing: true);
        Pods(cluster, "nano").ShouldBe(pods);

        await cluster.ApplyAsync(OutsideKinds.All);
        await Until.TrueAsync(() => Intervals(cluster, "nano").Count == 2, "the PodMonitor again", Limit, () => Told(cluster));
        await cluster.ApplyAsync(Nano("nano", null));
        await Until.TrueAsync(() => Intervals(cluster, "nano").Count == 0, "the PodMonitor to go", Limit, () => Told(cluster));
        Pods(cluster, "nano").ShouldAllBe(pod => pod.EndsWith(' '), "the pods that it selected went first");
        var failed = Rights.Failed(cluster.AuditFile, "podmonitors");
        failed.Count.ShouldBeLessThan(20, "a kind that is missing is asked for now and then");
        Console.WriteLine($"measured: {failed.Count} requests for PodMonitors in vain while the kind was missing twice");
    }

    private static string Nano(string name, string? interval) => $"""
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {"{"}name: {name}, namespace: models{"}"}
        spec:
          model: Nano
          nodePool: h100
          {(interval is null ? "" : $"monitoring: {{podMonitor: {{interval: {interval}, labels: {{release: prometheus}}}}}}")}
        """;

    private static Task UntilToldAsync(TestCluster cluster, bool missing) => Until.TrueAsync(
        () => cluster.Deployment("nano")?.Condition(ConditionTypes.AllFieldsInEffect) is { } condition && condition.Message.Contains("the cluster has no PodMonitor", StringComparison.Ordinal) == missing,
        missing ? "the missing kind to be told" : "the kind to be told of no more", Limit, () => Told(cluster));

    // Name and mark of each.
    private static List<string> Pods(TestCluster cluster, string name) =>
        [.. cluster.Pods(name).Select(pod => $"{pod.Metadata.Name} {(pod.Metadata.Labels.TryGetValue(NemotronLabels.PodMonitor, out var mark) ? mark : "")}").Order(StringComparer.Ordinal)];

    private static List<string?> Intervals(TestCluster cluster, string name)
    {
        try
        {
            return [.. cluster.PodMonitors().Where(monitor => monitor.Metadata.Name == name).SelectMany(monitor => monitor.Spec.PodMetricsEndpoints!).Select(endpoint => endpoint.Interval)];
        }
        catch (k8s.Autorest.HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    private static string Told(TestCluster cluster) => cluster.Deployment("nano")?.Condition(ConditionTypes.AllFieldsInEffect)?.Message ?? "";
}
