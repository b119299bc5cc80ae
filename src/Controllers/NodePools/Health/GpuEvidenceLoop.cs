using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Health;

/// <summary>Asks Prometheus for what dcgm-exporter says of all GPUs, two questions for the whole fleet, and has pools decided anew where that has changed. Only the leader does.</summary>
internal sealed partial class GpuEvidenceLoop(
    IInformerCache<GpuNodePool> pools,
    IReconcileQueue<GpuNodePool> queue,
    TimeProvider time,
    ScalingSettings settings,
    ILogger<GpuEvidenceLoop> logger,
    IPrometheus? prometheus = null) : ILeaderService, IGpuEvidence
{
    /// <summary>How long an error that has come counts as new: decided upon within, and remembered in the pool's status or on the node by then.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Host, string Gpu), int> _codes = [];
    private Dictionary<string, GpuEvidence> _hosts = new(StringComparer.Ordinal);
    private string? _trouble;
    private bool _begun;

    /// <inheritdoc/>
    public bool Configured => prometheus is not null;

    /// <inheritdoc/>
    public GpuEvidence Of(NodeView node)
    {
        lock (_gate) return _hosts.GetValueOrDefault(node.Metadata.Name) ?? _hosts.GetValueOrDefault(node.Label("kubernetes.io/hostname") ?? "") ?? GpuEvidence.None;
    }

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (prometheus is null) return;
        _begun = false;
        using var timer = new PeriodicTimer(settings.Interval, time);
        do await TickAsync(prometheus, cancellationToken);
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>One round.</summary>
    internal async Task TickAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        var all = pools.List();
        if (all.Count == 0) return;
        Dictionary<string, GpuEvidence> next;
        try
        {
            if (!_begun) await RecallAsync(source, cancellationToken);
            var gauges = Gauges(await source.QueryAsync(Query("DCGM_FI_DEV_XID_ERRORS"), cancellationToken));
            var remap = Gauges(await source.QueryAsync(Query("DCGM_FI_DEV_ROW_REMAP_FAILURE"), cancellationToken));
            next = Take(gauges, remap);
            if (_trouble is not null) LogAnswered();
            _trouble = null;
        }
        catch (PrometheusException e)
        {
            if (_trouble != e.Message) LogUnanswered(e.Message);
            _trouble = e.Message;
            next = Take([], []);
        }

        bool changed;
        lock (_gate)
        {
            changed = !Same(_hosts, next);
            _hosts = next;
        }

        if (!changed) return;
        foreach (var pool in all) queue.Enqueue(NamespacedName.Of(pool));
    }

    // Who leads from now on was not there before: what the gauges said then is what a change is seen by.
    private async Task RecallAsync(IPrometheus source, CancellationToken cancellationToken)
    {
        var before = Gauges(await source.QueryAsync(Query("DCGM_FI_DEV_XID_ERRORS", $" offset {(long)Recent.TotalMinutes}m"), cancellationToken));
        _codes.Clear();
        foreach (var gauge in before) _codes[(gauge.Host, gauge.Gpu)] = gauge.Code;
        _begun = true;
    }

    // How GPUs are is known of hosts that are heard now. An error that has come stays one though its host is silent since: a GPU that falls off the bus often
    // takes the exporter with it.
    private Dictionary<string, GpuEvidence> Take(IReadOnlyList<XidGauge> gauges, IReadOnlyList<XidGauge> remap)
    {
        var now = time.GetUtcNow();
        var came = XidEdges.Came(_codes, gauges).ToLookup(gauge => gauge.Host);
        foreach (var gauge in gauges) _codes[(gauge.Host, gauge.Gpu)] = gauge.Code;
        var heard = gauges.ToLookup(gauge => gauge.Host);
        var next = new Dictionary<string, GpuEvidence>(StringComparer.Ordinal);
        foreach (var host in heard.Select(host => host.Key).Union(_hosts.Keys))
        {
            List<GpuError> errors =
            [
                .. _hosts.GetValueOrDefault(host, GpuEvidence.None).Came.Where(error => now - error.At < Recent),
                .. came[host].Select(gauge => new GpuError(gauge.Gpu, gauge.Code, now)),
            ];
            if (heard.Contains(host) || errors.Count > 0)
            {
                next[host] = new GpuEvidence(
                    heard.Contains(host),
                    errors,
                    [.. heard[host].Where(gauge => gauge.Code != 0).Select(gauge => gauge.Code).Order()],
                    [.. remap.Where(gauge => gauge.Host == host && gauge.Code != 0).Select(gauge => gauge.Gpu).Order(StringComparer.Ordinal)]);
            }
        }

        return next;
    }

    // The labels Hostname and hostname are the exporter's, in different releases; node is what a scrape configuration may add.
    private string Query(string metric, string offset = "") =>
        $"max by (node, Hostname, hostname, gpu) ({metric}{(settings.Prometheus?.Matchers is { Length: > 0 } matchers ? $"{{{matchers}}}" : "")}{offset})";

    private static IReadOnlyList<XidGauge> Gauges(QueryAnswer answer) =>
    [
        .. from sample in answer.Samples
           let host = sample["node"] is { Length: > 0 } node ? node : sample["Hostname"] is { Length: > 0 } name ? name : sample["hostname"]
           where host.Length > 0 && !double.IsNaN(sample.Value)
           select new XidGauge(host, sample["gpu"], (int)sample.Value),
    ];

    private static bool Same(Dictionary<string, GpuEvidence> left, Dictionary<string, GpuEvidence> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var other)
            && pair.Value.Came.SequenceEqual(other.Came) && pair.Value.Standing.SequenceEqual(other.Standing) && pair.Value.RowRemapFailed.SequenceEqual(other.RowRemapFailed));

    [LoggerMessage(1, LogLevel.Warning, "GPUs' errors are not known: {Why}")]
    private partial void LogUnanswered(string why);

    [LoggerMessage(2, LogLevel.Information, "GPUs' errors are known again")]
    private partial void LogAnswered();
}
