using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Rollouts;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;
using Prometheus;

namespace Nemotron.Controllers.Tests.Builders;

/// <summary>The real reconciler over caches that a test fills; what it writes is kept.</summary>
internal sealed class ReconcilerHarness
{
    private readonly Writes _writes;

    public ReconcilerHarness(ModelCatalogue? models = null)
    {
        _writes = new Writes(this);
        Membership = new FleetMembership(Fleets, Namespaces);
        Pods.Indexes[PodView.ByNode] = pod => pod.NodeName is { } node ? [node] : [];
        Fleet = new FleetState(Pools, Nodes, Pods, new ModelLibrary(models ?? ModelCatalogue.Default), GpuCatalogue.Default);
        Prober = new ReasoningProber(new ReasoningProbe(new HttpClientHandler(), new NoKeys(), Time), new NoQueue(), new ProberOptions(true), Time, NullLogger<ReasoningProber>.Instance);
        Controller = new NemotronDeploymentController(
            Snapshots, Services, Deployments, Accounts, Policies, Monitors, PolicyPeers.Of("nemotron-system", null), _writes, _writes, new StatusPace(TimeSpan.Zero), Prober,
            Engines, new EngineRestarts(PodsDeleted, PublishAsync, new EngineHealthMetrics(Metrics), NullLogger<EngineRestarts>.Instance),
            new WeightLoads(Fleet, Jobs, Pods, Entities, _writes, Time), PublishAsync,
            NullLogger<NemotronDeploymentController>.Instance, FleetBoard, new ReleaseMarks(Patches));
    }

    /// <summary>Never runs here: what is ordered stays unknown.</summary>
    public ReasoningProber Prober { get; }

    public ScalingBoard Board { get; } = new() { Configured = true };

    public DeploymentSnapshots Snapshots => new(Fleet, Deployments, Groups, Monitors, Pods, GatewayImage.OfThisVersion, Board, Time, Autoscalers, ScaledObjects, Services, Engines, new FleetShares(Membership, FleetBoard), Gates);

    /// <summary>What rollouts' gates say.</summary>
    public GateBoard Gates { get; } = new();

    /// <summary>What deployments want and are granted.</summary>
    public FleetBoard FleetBoard { get; } = new();

    public FakeCache<NemotronFleet> Fleets { get; } = new();

    public FakeCache<NamespaceView> Namespaces { get; } = new();

    public FleetMembership Membership { get; }

    /// <summary>Pods that were patched.</summary>
    public FakePatcher Patches { get; } = new();

    /// <summary>What engines are said to have said.</summary>
    public FakeEngineReports Engines { get; } = new();

    /// <summary>Pods that were deleted for their engine's sake.</summary>
    public FakePodDeletion PodsDeleted { get; } = new();

    /// <summary>What the operator tells Prometheus.</summary>
    public CollectorRegistry Metrics { get; } = global::Prometheus.Metrics.NewCustomRegistry();

    /// <summary>Events so far, as <c>Type Reason: message</c>.</summary>
    public List<string> Events { get; } = [];

    public FakeTimeProvider Time { get; } = new(Cluster.Now);

    public FakeCache<GpuNodePool> Pools { get; } = new();

    public FakeCache<NodeView> Nodes { get; } = new();

    public FakeCache<PodView> Pods { get; } = new();

    public FakeCache<V1Deployment> Deployments { get; } = new();

    /// <summary>Jobs that download weights.</summary>
    public FakeCache<V1Job> Jobs { get; } = new();

    /// <summary>What weights are kept for.</summary>
    public FakeCache<NemotronDeployment> Entities { get; } = new();

    public FakeCache<LeaderWorkerSet> Groups { get; } = new();

    public FakeCache<PodMonitor> Monitors { get; } = new();

    public FakeCache<HorizontalPodAutoscalerView> Autoscalers { get; } = new();

    public FakeCache<ScaledObjectView> ScaledObjects { get; } = new();

    public FakeCache<V1Service> Services { get; } = new();

    public FakeCache<V1ServiceAccount> Accounts { get; } = new();

    public FakeCache<V1NetworkPolicy> Policies { get; } = new();

    public FleetState Fleet { get; }

    public NemotronDeploymentController Controller { get; }

    /// <summary>The bodies applied by the last reconcile, in order.</summary>
    public List<JsonObject> Applied { get; } = [];

    /// <summary>What an apply of a kind comes to instead of being kept.</summary>
    public Dictionary<string, Exception> Refusing { get; } = [];

    /// <summary>Kind and name of what the last reconcile deleted.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>The status of the last reconcile.</summary>
    public NemotronDeploymentStatus Status { get; private set; } = new();

    /// <summary>Reconciles once. Objects of the workload kinds are then found in their caches, as if the API server had taken them.</summary>
    public async Task<ReconciliationResult<NemotronDeployment>> ReconcileAsync(NemotronDeployment entity)
    {
        Applied.Clear();
        Deleted.Clear();
        var result = await Controller.ReconcileAsync(entity, TestContext.Current.CancellationToken);
        entity.Status = Status;
        return result;
    }

    private Task PublishAsync(IKubernetesObject<V1ObjectMeta> entity, string reason, string message, EventType type, CancellationToken cancellationToken)
    {
        Events.Add($"{type} {reason}: {message}");
        return Task.CompletedTask;
    }

    public JsonObject? Body(string kind) => Applied.Find(body => (string?)body["kind"] == kind);

    private void Keep<T>(T desired, IKubernetesObject<V1ObjectMeta>? owner)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        desired.Metadata.OwnerReferences = [new V1OwnerReference { Uid = owner!.Metadata.Uid, Controller = true, Kind = NemotronDeployment.KindName, Name = owner.Metadata.Name }];
        if (desired is V1Deployment deployment)
        {
            // Its controller's word stays until that writes another.
            deployment.Status ??= Deployments.Get(deployment.Metadata.NamespaceProperty, deployment.Metadata.Name)?.Status;
            Replace(Deployments, deployment);
        }

        if (desired is LeaderWorkerSet groups) Replace(Groups, groups);
        if (desired is PodMonitor monitor) Replace(Monitors, monitor);
        if (desired is V1Job job) Replace(Jobs, job);
        if (desired is V1Service service)
        {
            // As the API server does.
            service.Spec.ClusterIP ??= Services.Get(service.Metadata.NamespaceProperty, service.Metadata.Name)?.Spec.ClusterIP ?? $"10.0.0.{Services.Objects.Count + 1}";
            Replace(Services, service);
        }

        static void Replace<TKept>(FakeCache<TKept> cache, TKept obj)
            where TKept : class, IKubernetesObject<V1ObjectMeta>
        {
            cache.Objects.RemoveAll(old => old.Metadata.Name == obj.Metadata.Name && old.Metadata.NamespaceProperty == obj.Metadata.NamespaceProperty);
            cache.Objects.Add(obj);
        }
    }

    private sealed class NoKeys : IProbeKeys
    {
        public Task<ProbeKey> FirstAsync(string ns, SecretKeyReference reference, CancellationToken cancellationToken) => throw new InvalidOperationException("Nobody is asked here.");
    }

    private sealed class NoQueue : IReconcileQueue<NemotronDeployment>
    {
        public void Enqueue(NamespacedName key, TimeSpan after = default)
        {
        }
    }

    private sealed class Writes(ReconcilerHarness harness) : IServerSideApply, IStatusWriter
    {
        public Task<ApplyResult<T>> ApplyAsync<T>(T desired, IKubernetesObject<V1ObjectMeta>? owner, CancellationToken cancellationToken)
            where T : class, IKubernetesObject<V1ObjectMeta>
        {
            if (harness.Refusing.TryGetValue(ResourceType.Of<T>().Kind, out var refusal)) throw refusal;
            harness.Applied.Add(ApplyBody.From(desired, owner));
            harness.Keep(desired, owner);
            return Task.FromResult(new ApplyResult<T>(ApplyAction.Created, desired, []));
        }

        public Task<ApplyResult<T>> ApplyAsync<T>(T desired, ApplyOptions options, CancellationToken cancellationToken)
            where T : class, IKubernetesObject<V1ObjectMeta> => ApplyAsync(desired, options.Owner, cancellationToken);

        public Task<bool> DeleteAsync<T>(T live, CancellationToken cancellationToken, DeletePropagation propagation = DeletePropagation.Background)
            where T : class, IKubernetesObject<V1ObjectMeta>
        {
            harness.Deleted.Add($"{ResourceType.Of<T>().Kind} {live.Metadata.Name}");
            return Task.FromResult(true);
        }

        public Task<T> UpdateStatusAsync<T>(T entity, Action<T> mutate, CancellationToken cancellationToken)
            where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotSupportedException();

        public Task<T> UpdateStatusAsync<T, TStatus>(T entity, TStatus status, CancellationToken cancellationToken)
            where T : class, IKubernetesObject<V1ObjectMeta>
            where TStatus : class
        {
            harness.Status = (NemotronDeploymentStatus)(object)status;
            return Task.FromResult(entity);
        }
    }
}
