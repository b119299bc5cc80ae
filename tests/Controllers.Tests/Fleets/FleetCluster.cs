using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Tests.Builders;
using Nemotron.Crds;
using Nemotron.Kube;
using static Nemotron.Controllers.Tests.Builders.Cluster;

namespace Nemotron.Controllers.Tests.Fleets;

/// <summary>
/// The real arbiter and reconciler over caches, with a stand-in for the workload controllers and the scheduler: a workload's pods come and go as it is told,
/// the marked ones first, and are put on the first node with room.
/// </summary>
internal sealed class FleetCluster
{
    private readonly ReconcilerHarness _harness = new();
    private readonly FakeCache<NemotronDeployment> _deployments = new();
    private readonly Queue<NamespacedName> _queue = [];
    private int _pods;

    public FleetCluster(params int[] nodes)
    {
        _harness.Pools.Objects.Add(APool("h100"));
        for (var i = 0; i < nodes.Length; i++) _harness.Nodes.Objects.Add(ANode($"n{i}", nodes[i]));
        Clock = new SteppedTime(_harness.Time);
        Loop = NewLoop();
    }

    /// <summary>The arbiter's clock.</summary>
    public SteppedTime Clock { get; }

    public GpuNodePool Pool => _harness.Pools.Objects[0];

    public FleetLoop Loop { get; private set; }

    public ReconcilerHarness Harness => _harness;

    public FakeCache<NemotronDeployment> DeploymentCache => _deployments;

    public List<NamespacedName> FleetsEnqueued { get; } = [];

    /// <summary>A process that has just begun to lead.</summary>
    public void NewLeader()
    {
        foreach (var entity in _deployments.Objects) _harness.FleetBoard.Forget(NamespacedName.Of(entity));
        _harness.FleetBoard.ForgetTerm();
        Loop = NewLoop();
    }

    private FleetLoop NewLoop() => new(
        _deployments, _harness.Pods, _harness.Nodes, _harness.Pools, _harness.Fleet, _harness.Membership, _harness.FleetBoard,
        new FleetMetrics(global::Prometheus.Metrics.NewCustomRegistry()), new Queue(_queue), new FleetQueue(FleetsEnqueued), Clock, NullLogger<FleetLoop>.Instance);

    public NemotronFleet Fleet(string name = "prod", Func<NemotronFleetSpec, NemotronFleetSpec>? change = null)
    {
        var spec = new NemotronFleetSpec { Selector = new V1LabelSelector(), Budgets = [new PoolBudget { NodePool = "h100" }] };
        var fleet = new NemotronFleet
        {
            Metadata = new V1ObjectMeta { Name = name, Uid = $"uid-{name}", Generation = 1, CreationTimestamp = Now.AddMinutes(_harness.Fleets.Objects.Count - 100).UtcDateTime },
            Spec = change?.Invoke(spec) ?? spec,
        };
        _harness.Fleets.Objects.Add(fleet);
        return fleet;
    }

    public NemotronDeployment Deployment(string name, int gpus, int replicas, int priority = 0, string? tier = null)
    {
        var entity = ADeployment(name, new() { Model = ModelTier.Nano, NodePool = "h100", TensorParallel = gpus, Replicas = replicas, Priority = priority });
        entity.Metadata.Labels = new Dictionary<string, string> { ["tier"] = tier ?? name };
        _deployments.Objects.Add(entity);
        return entity;
    }

    public void Delete(NemotronDeployment entity)
    {
        _deployments.Objects.Remove(entity);
        _harness.Pods.Objects.RemoveAll(pod => pod.Metadata.Labels[NemotronLabels.Deployment] == entity.Metadata.Name);
        _harness.FleetBoard.Forget(NamespacedName.Of(entity));
    }

    /// <summary>Lets everybody act until nothing changes any more; time goes by.</summary>
    public async Task SettleAsync(TimeSpan? each = null)
    {
        for (var round = 0; round < 6; round++) await RoundAsync(each ?? TimeSpan.FromSeconds(16));
    }

    public async Task RoundAsync(TimeSpan time)
    {
        _queue.Clear();
        foreach (var entity in _deployments.Objects.ToList())
        {
            await _harness.ReconcileAsync(entity);
            Follow(entity);
        }

        Bind();
        _harness.Time.Advance(time);
        Loop.Tick();
    }

    public int Replicas(NemotronDeployment entity) => _harness.Deployments.Get("models", Nemotron.Controllers.Deployments.Children.ChildNames.Deployment(entity.Metadata.Name))?.Spec.Replicas ?? -1;

    public IEnumerable<string> NodesOf(NemotronDeployment entity) =>
        _harness.Pods.Objects.Where(pod => pod.Metadata.Labels[NemotronLabels.Deployment] == entity.Metadata.Name).Select(pod => pod.NodeName ?? "-").Order(StringComparer.Ordinal);

    public (string? Status, string? Reason, string? Message) Told(NemotronDeployment entity, string type = ConditionTypes.FleetGranted) =>
        entity.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type) is { } condition ? (condition.Status, condition.Reason, condition.Message) : default;

    // As a ReplicaSet does: the marked pods go first.
    private void Follow(NemotronDeployment entity)
    {
        var own = _harness.Pods.Objects.Where(pod => pod.Metadata.Labels[NemotronLabels.Deployment] == entity.Metadata.Name).ToList();
        var marked = _harness.Patches.Sent.Where(sent => sent.Patch.Contains("-1000", StringComparison.Ordinal)).Select(sent => sent.Key).ToHashSet();
        foreach (var pod in own.OrderByDescending(pod => marked.Contains($"models/{pod.Metadata.Name}")).ThenBy(pod => pod.NodeName is not null).Take(Math.Max(0, own.Count - Replicas(entity))))
            _harness.Pods.Objects.Remove(pod);
        for (var missing = Replicas(entity) - own.Count; missing > 0; missing--)
        {
            var pod = APod($"{entity.Metadata.Name}-{_pods++}").Of(entity.Metadata.Name);
            pod.Metadata.CreationTimestamp = _harness.Time.GetUtcNow().UtcDateTime;
            pod.Spec!.Containers = [new() { Resources = new() { Limits = new() { ["nvidia.com/gpu"] = $"{entity.Spec.TensorParallel}" } } }];
            _harness.Pods.Objects.Add(pod);
        }
    }

    private void Bind()
    {
        foreach (var pod in _harness.Pods.Objects.Where(pod => pod.NodeName is null).ToList())
        {
            var node = _harness.Nodes.Objects.FirstOrDefault(node =>
                int.Parse(node.Status!.Allocatable!["nvidia.com/gpu"]) - _harness.Pods.Objects.Where(other => other.NodeName == node.Metadata.Name).Sum(other => other.Gpus) >= pod.Gpus);
            if (node is null) continue;
            pod.Spec!.NodeName = node.Metadata.Name;
            pod.Status!.Phase = "Running";
            pod.Status.Conditions = [new("Ready", "True")];
        }
    }

    /// <summary>A clock whose time of day was set; what it measures goes on.</summary>
    internal sealed class SteppedTime(TimeProvider steady) : TimeProvider
    {
        public TimeSpan Step { get; set; }

        public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Step;

        public override long GetTimestamp() => steady.GetTimestamp();

        public override long TimestampFrequency => steady.TimestampFrequency;
    }

    private sealed class Queue(Queue<NamespacedName> keys) : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default) => keys.Enqueue(key);
    }

    private sealed class FleetQueue(List<NamespacedName> keys) : IReconcileQueue<NemotronFleet>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default) => keys.Add(key);
    }
}
