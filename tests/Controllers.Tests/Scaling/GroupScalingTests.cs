using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Prometheus;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Scaling;

/// <summary>Replicas over several nodes are scaled like any other: by what their leaders say, each counted once.</summary>
public class GroupScalingTests
{
    [Fact]
    public async Task A_deployment_over_two_nodes_grows_and_shrinks_with_its_load()
    {
        var cluster = new ReconcilerHarness();
        cluster.Pools.Objects.Add(APool("h100"));
        cluster.Nodes.Objects.AddRange([ANode("a"), ANode("b"), ANode("c"), ANode("d"), ANode("e"), ANode("f")]);
        var ultra = ADeployment("ultra", new()
        {
            Model = ModelTier.Ultra,
            Precision = Precision.BF16,
            TensorParallel = 16,
            NodePool = "h100",
            Checkpoint = Trusted,
            Autoscaling = new AutoscalingSpec { MaxReplicas = 2, Targets = new AutoscalingTargets { TokensPerSecondPerReplica = 100 }, Behavior = new AutoscalingBehavior { ScaleDown = new ScalingPace { Stabilization = TimeSpan.FromMinutes(2) } } },
        });
        var deployments = new FakeCache<NemotronDeployment>();
        deployments.Objects.Add(ultra);
        var prometheus = new FakePrometheus();
        var loop = new ScalingLoop(
            deployments, cluster.Snapshots, cluster.Board, new ReplicaCapacities(cluster.Time), new ScalingMetrics(Metrics.NewCustomRegistry()), new NoQueue(), cluster.Time,
            new ScalingSettings(), NullLogger<ScalingLoop>.Instance, new HeldRequests(new FakeFronts(), cluster.Time), prometheus);

        await cluster.ReconcileAsync(ultra);
        Replicas().ShouldBe(1);
        Serve(0, "a", "b");
        prometheus.Serves("ultra-group-0", arrivals: 1, inFlight: 8);
        await RoundAsync();
        Replicas().ShouldBe(2);

        Serve(1, "c", "d");
        prometheus.Clear();
        prometheus.Serves("ultra-group-0", arrivals: 0.01, inFlight: 0).Serves("ultra-group-1", arrivals: 0.01, inFlight: 0);
        for (var i = 0; i < 80; i++) await RoundAsync();
        Replicas().ShouldBe(1);

        int Replicas() => (int)cluster.Body(LeaderWorkerSet.KindName)!["spec"]!["replicas"]!;

        async Task RoundAsync()
        {
            await loop.TickAsync(prometheus, TestContext.Current.CancellationToken);
            cluster.Time.Advance(TimeSpan.FromSeconds(15));
            await cluster.ReconcileAsync(ultra);
        }

        void Serve(int group, string leader, string worker)
        {
            foreach (var (name, node, works) in new[] { ($"ultra-group-{group}", leader, false), ($"ultra-group-{group}-1", worker, true) })
            {
                var pod = APod(name, ready: true, node: node).InGroup("ultra-group", group, works).Of("ultra");
                pod.Metadata.CreationTimestamp = cluster.Time.GetUtcNow().UtcDateTime;
                cluster.Pods.Objects.Add(pod);
            }
        }
    }

    private sealed class NoQueue : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default)
        {
        }
    }
}
