using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.NodePools;

/// <summary>What is known of GPUs from a gauge that holds the last error, by a Prometheus that does not always answer.</summary>
public class GpuEvidenceLoopTests
{
    private readonly Xids _prometheus = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly List<NamespacedName> _enqueued = [];
    private readonly GpuEvidenceLoop _loop;

    public GpuEvidenceLoopTests()
    {
        var pools = new FakeCache<GpuNodePool>();
        pools.Objects.Add(APool("h100"));
        _loop = new GpuEvidenceLoop(pools, new Queue(_enqueued), _clock, new ScalingSettings(), NullLogger<GpuEvidenceLoop>.Instance, _prometheus);
    }

    [Fact]
    public async Task An_error_is_known_for_ten_minutes_after_its_gauge_has_changed()
    {
        await TickAsync(("a", 0), ("b", 31));
        Of("a").ShouldBe((true, "", ""));
        // Nobody knows when that was.
        Of("b").ShouldBe((true, "", "31"));
        _enqueued.Clear();
        await TickAsync(("a", 79), ("b", 31));
        Of("a").ShouldBe((true, "79", "79"));
        Of("b").ShouldBe((true, "", "31"));
        _enqueued.Count.ShouldBe(1);
        await TickAsync(("a", 79), ("b", 31));
        _enqueued.Count.ShouldBe(1, "nothing is new");
        _clock.Advance(GpuEvidenceLoop.Recent);
        await TickAsync(("a", 79), ("b", 31));
        Of("a").ShouldBe((true, "", "79"));
    }

    [Fact]
    public async Task An_error_outlives_the_exporter_that_it_took_along_and_a_question_without_an_answer()
    {
        await TickAsync(("a", 0), ("b", 0));
        await TickAsync(("a", 79), ("b", 0));
        await TickAsync(("b", 0));
        Of("a").ShouldBe((false, "79", ""));
        await TickAsync();
        _prometheus.Down = "nobody is there";
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        Of("a").ShouldBe((false, "79", ""));
        Of("b").ShouldBe((false, "", ""));
        _clock.Advance(GpuEvidenceLoop.Recent);
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
        Of("a").ShouldBe((false, "", ""));
    }

    private async Task TickAsync(params (string Node, int Code)[] gauges)
    {
        _prometheus.Gauges = gauges;
        await _loop.TickAsync(_prometheus, TestContext.Current.CancellationToken);
    }

    private (bool Known, string Came, string Standing) Of(string node)
    {
        var evidence = _loop.Of(ANode(node));
        return (evidence.Known, string.Join(",", evidence.Came.Select(error => error.Code)), string.Join(",", evidence.Standing));
    }

    /// <summary>A Prometheus with one gauge of XID errors, of GPU 0 of each node.</summary>
    private sealed class Xids : IPrometheus
    {
        public (string Node, int Code)[] Gauges { get; set; } = [];

        public string? Down { get; set; }

        public Task<QueryAnswer> QueryAsync(string query, CancellationToken cancellationToken) => Down is { } why
            ? Task.FromException<QueryAnswer>(new PrometheusException(why))
            : Task.FromResult(new QueryAnswer(query.Contains("XID", StringComparison.Ordinal) ? [.. Gauges.Select(Sample)] : [], []));

        private static Sample Sample((string Node, int Code) gauge) => new(new Dictionary<string, string> { ["Hostname"] = gauge.Node, ["gpu"] = "0" }, gauge.Code);
    }

    private sealed class Queue(List<NamespacedName> enqueued) : IReconcileQueue<GpuNodePool>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default) => enqueued.Add(key);
    }
}
