using Nemotron.Crds;
using Prometheus;

namespace Nemotron.Controllers.Observing;

/// <summary>What Prometheus is told of GpuNodePools: their specs and statuses in numbers. What is not known has no series.</summary>
internal static class PoolGauges
{
    private const string Pool = "gpunodepool";

    public static IReadOnlyList<StateGauge<GpuNodePool>> Of(IMetricFactory make) =>
    [
        new(
            make.CreateGauge("nemotron_pool_gpus", "GPUs of the pool, each in one state: allocated, free, unhealthy, or unavailable (on a node that is cordoned, not ready or not set up).", [Pool, "state"]),
            Gpus),
        new(make.CreateGauge("nemotron_pool_nodes", "Nodes of the pool, each in one state.", [Pool, "state"]), Nodes),
        New(make, "nemotron_pool_nodes_min", "spec.minNodes.", pool => pool.Spec.MinNodes ?? 0),
        New(make, "nemotron_pool_nodes_max", "spec.maxNodes.", pool => pool.Spec.MaxNodes),
        New(make, "nemotron_pool_gpus_per_node", "GPUs of one node; the fewest of the pool.", pool => pool.Status?.Gpu?.PerNode),
        New(make, "nemotron_pool_largest_free_group_gpus", "GPUs of the largest replica that fits on one node now.", pool => pool.Status?.LargestFreeGroup),
        New(make, "nemotron_pool_groups_waiting", "Replicas that wait for GPUs of the pool.", pool => pool.Status?.GroupsWaiting),
        new(
            make.CreateGauge("nemotron_pool_info", "1 for each GpuNodePool: its GPU and how it gets nodes.", [Pool, "product", "provisioner"]),
            pool => [new Reading(1, pool.Metadata.Name, pool.Status?.Gpu?.Product ?? "", (pool.Spec.Provisioner?.Type ?? ProvisionerType.Static).ToString())]),
        new(
            make.CreateGauge("nemotron_pool_condition", "1 for each condition in status: its answer (True, False, Unknown) and reason.", [Pool, "type", "status", "reason"]),
            pool => (pool.Status?.Conditions ?? []).Select(condition => new Reading(1, pool.Metadata.Name, condition.Type, condition.Status, condition.Reason))),
        new(
            make.CreateGauge("nemotron_pool_unhealthy_node_since_timestamp_seconds", "Since when a node is out of order (Unix time), and why.", [Pool, "node", "reason"]),
            pool => (pool.Status?.UnhealthyNodes ?? []).Select(node => new Reading(
                node.Since is { } since ? new DateTimeOffset(DateTime.SpecifyKind(since, DateTimeKind.Utc)).ToUnixTimeSeconds() : 0, pool.Metadata.Name, node.Name, node.Reason ?? ""))),
    ];

    private static StateGauge<GpuNodePool> New(IMetricFactory make, string name, string help, Func<GpuNodePool, double?> value) =>
        new(make.CreateGauge(name, help, [Pool]), pool => value(pool) is { } known ? [new Reading(known, pool.Metadata.Name)] : []);

    private static IEnumerable<Reading> Gpus(GpuNodePool pool)
    {
        if (pool.Status?.Gpus is not { Total: { } total, Usable: { } usable, Allocated: { } allocated, Free: { } free, Unhealthy: { } unhealthy }) return [];
        return
        [
            new(allocated, pool.Metadata.Name, "allocated"),
            new(free, pool.Metadata.Name, "free"),
            new(unhealthy, pool.Metadata.Name, "unhealthy"),
            new(Math.Max(0, total - usable - unhealthy), pool.Metadata.Name, "unavailable"),
        ];
    }

    private static IEnumerable<Reading> Nodes(GpuNodePool pool) =>
        from state in new (string Name, int? Count)[]
        {
            ("ready", pool.Status?.Nodes?.Ready), ("starting", pool.Status?.Nodes?.Starting), ("cordoned", pool.Status?.Nodes?.Cordoned), ("unhealthy", pool.Status?.Nodes?.Unhealthy),
        }
        where state.Count is not null
        select new Reading(state.Count!.Value, pool.Metadata.Name, state.Name);
}
