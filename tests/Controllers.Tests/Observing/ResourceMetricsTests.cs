using System.Text;
using Nemotron.Controllers.Observing;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Prometheus;

namespace Nemotron.Controllers.Tests.Observing;

/// <summary>What Prometheus is told of the resources: read as it reads it.</summary>
public class ResourceMetricsTests
{
    private const string Nano = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: {name: nano, namespace: models}
        spec:
          model: Nano
          autoscaling:
            maxReplicas: 4
            targets:
              latency:
                modeOn: {ttft: 2s, itl: 60ms, percentile: 99}
                modeOff: {ttft: 2200ms}
        status:
          model: Nano
          nodePool: h100
          replicas: 2
          readyReplicas: 1
          desiredReplicas: 3
          plan: {gpusPerReplica: 2, tensorParallel: 2, precision: FP8}
          lastScaling: {time: "2026-01-02T03:04:05Z", from: 1, to: 3, reason: Throughput}
          conditions:
          - {type: Ready, status: "False", reason: PartiallyReady, message: m, lastTransitionTime: "2026-01-02T03:04:05Z"}
        """;

    private const string Pool = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: GpuNodePool
        metadata: {name: h100}
        spec: {nodeSelector: {a: b}, minNodes: 1, maxNodes: 5}
        status:
          gpu: {product: NVIDIA-H100-80GB-HBM3, perNode: 8}
          gpus: {total: 40, usable: 23, allocated: 12, free: 11, unhealthy: 1}
          nodes: {total: 5, ready: 2, starting: 0, cordoned: 1, unhealthy: 2}
          largestFreeGroup: 8
          groupsWaiting: 3
          unhealthyNodes:
          - {name: sick, reason: GpusMissing, since: "2026-01-02T03:04:05Z"}
        """;

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly FakeCache<NemotronDeployment> _deployments = new();
    private readonly FakeCache<GpuNodePool> _pools = new();

    [Fact]
    public async Task A_deployments_status_is_shown_in_numbers()
    {
        _deployments.Objects.Add(Read<NemotronDeployment>(Nano));
        var series = await ScrapeAsync();
        const string Name = "namespace=\"models\",nemotrondeployment=\"nano\"";
        series.ShouldContain($"nemotron_deployment_replicas_desired{{{Name}}} 3");
        series.ShouldContain($"nemotron_deployment_replicas_ready{{{Name}}} 1");
        series.ShouldContain($"nemotron_deployment_replicas_min{{{Name}}} 1");
        series.ShouldContain($"nemotron_deployment_replicas_max{{{Name}}} 4");
        series.ShouldContain($"nemotron_deployment_gpus_per_replica{{{Name}}} 2");
        series.ShouldContain($"nemotron_deployment_info{{{Name},model=\"Nano\",gpunodepool=\"h100\",engine=\"TrtLlmServe\",precision=\"FP8\",tensor_parallel=\"2\"}} 1");
        series.ShouldContain($"nemotron_deployment_condition{{{Name},type=\"Ready\",status=\"False\",reason=\"PartiallyReady\"}} 1");
        series.ShouldContain($"nemotron_deployment_last_scaling_timestamp_seconds{{{Name},from=\"1\",to=\"3\",reason=\"Throughput\"}} 1767323045");
        // What is not known has no series: the status has no updatedReplicas.
        series.ShouldNotContain(line => line.StartsWith("nemotron_deployment_replicas_updated{", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_objective_names_the_bucket_at_which_late_ones_can_be_told()
    {
        _deployments.Objects.Add(Read<NemotronDeployment>(Nano));
        var series = (await ScrapeAsync()).Where(line => line.StartsWith("nemotron_deployment_latency", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        const string Name = "namespace=\"models\",nemotrondeployment=\"nano\"";
        series.ShouldBe([
            $"nemotron_deployment_latency_allowed_ratio{{{Name},mode=\"off\"}} 0.050000000000000044",
            $"nemotron_deployment_latency_allowed_ratio{{{Name},mode=\"on\"}} 0.010000000000000009",
            $"nemotron_deployment_latency_allowed_ratio{{{Name},mode=\"unset\"}} 0.050000000000000044",
            $"nemotron_deployment_latency_objective_seconds{{{Name},mode=\"off\",signal=\"ttft\",le=\"2.5\"}} 2.2",
            $"nemotron_deployment_latency_objective_seconds{{{Name},mode=\"on\",signal=\"itl\",le=\"0.06\"}} 0.06",
            $"nemotron_deployment_latency_objective_seconds{{{Name},mode=\"on\",signal=\"ttft\",le=\"2\"}} 2",
            $"nemotron_deployment_latency_objective_seconds{{{Name},mode=\"on\",signal=\"ttft\",le=\"2.0\"}} 2",
            // Those without a mode are held to modeOff, as the autoscaler has it.
            $"nemotron_deployment_latency_objective_seconds{{{Name},mode=\"unset\",signal=\"ttft\",le=\"2.5\"}} 2.2"]);
    }

    [Fact]
    public async Task Each_GPU_of_a_pool_is_in_one_state()
    {
        _pools.Objects.Add(Read<GpuNodePool>(Pool));
        var series = await ScrapeAsync();
        series.Where(line => line.StartsWith("nemotron_pool_gpus{", StringComparison.Ordinal)).Sum(line => double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(40);
        series.ShouldContain("nemotron_pool_gpus{gpunodepool=\"h100\",state=\"unavailable\"} 16");
        series.ShouldContain("nemotron_pool_nodes{gpunodepool=\"h100\",state=\"unhealthy\"} 2");
        series.ShouldContain("nemotron_pool_groups_waiting{gpunodepool=\"h100\"} 3");
        series.ShouldContain("nemotron_pool_info{gpunodepool=\"h100\",product=\"NVIDIA-H100-80GB-HBM3\",provisioner=\"Static\"} 1");
        series.ShouldContain("nemotron_pool_unhealthy_node_since_timestamp_seconds{gpunodepool=\"h100\",node=\"sick\",reason=\"GpusMissing\"} 1767323045");
    }

    [Fact]
    public async Task Series_go_with_what_they_are_about()
    {
        var scrape = await StartAsync();
        _deployments.Objects.Add(Read<NemotronDeployment>(Nano));
        _pools.Objects.Add(Read<GpuNodePool>(Pool));
        (await scrape()).ShouldNotBeEmpty();

        _deployments.Objects[0] = Read<NemotronDeployment>(Nano.Replace("\"False\", reason: PartiallyReady", "\"True\", reason: Serving", StringComparison.Ordinal));
        (await scrape()).Where(line => line.StartsWith("nemotron_deployment_condition{", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("reason=\"Serving\"");

        _deployments.Objects.Clear();
        _pools.Objects.Clear();
        (await scrape()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_has_no_status_yet_is_shown_as_far_as_it_is_known()
    {
        _deployments.Objects.Add(Read<NemotronDeployment>(Nano[..Nano.IndexOf("status:", StringComparison.Ordinal)]));
        _pools.Objects.Add(Read<GpuNodePool>(Pool[..Pool.IndexOf("status:", StringComparison.Ordinal)]));
        var series = await ScrapeAsync();
        series.ShouldContain("nemotron_deployment_replicas_max{namespace=\"models\",nemotrondeployment=\"nano\"} 4");
        series.ShouldContain("nemotron_pool_nodes_max{gpunodepool=\"h100\"} 5");
        series.ShouldNotContain(line => line.StartsWith("nemotron_pool_gpus{", StringComparison.Ordinal));
    }

    private static T Read<T>(string yaml) => Manifests.Ours<T>(Manifests.Documents(yaml).Single());

    private async Task<IReadOnlyList<string>> ScrapeAsync() => await (await StartAsync())();

    private async Task<Func<Task<IReadOnlyList<string>>>> StartAsync()
    {
        await new ResourceMetrics(_registry, _deployments, _pools).StartAsync(TestContext.Current.CancellationToken);
        return async () =>
        {
            using var text = new MemoryStream();
            await _registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
            return [.. Encoding.UTF8.GetString(text.ToArray()).Split('\n').Where(line => line.StartsWith("nemotron_", StringComparison.Ordinal))];
        };
    }
}
