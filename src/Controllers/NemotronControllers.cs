using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Nemotron.Controllers.Deployments;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Models;
using Nemotron.Controllers.NodePools;
using Nemotron.Controllers.NodePools.Consolidation;
using Nemotron.Controllers.NodePools.Health;
using Nemotron.Controllers.NodePools.Provisioning;
using Nemotron.Controllers.Observing;
using Nemotron.Controllers.Prometheus;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Rollouts;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Controllers;

/// <summary>Adds the controllers, and says what leads to a reconcile of what.</summary>
public static class NemotronControllers
{
    /// <summary>Adds all controllers of the operator.</summary>
    /// <param name="builder">The operator.</param>
    /// <param name="maxConcurrentReconciles">NemotronDeployments that are reconciled at once, at least 1.</param>
    /// <param name="models">The models that are known; null takes the built-in ones.</param>
    /// <param name="gpus">The GPUs that are known; null takes the built-in ones.</param>
    /// <param name="gatewayImage">The gateway's image where a deployment names none; null takes the one of this version.</param>
    /// <param name="probeReasoning">Whether replicas are asked once per rollout for their reasoning modes.</param>
    /// <param name="askEngines">Whether engines are asked at their pods' addresses how they are; else what the kubelet says is all.</param>
    /// <param name="scaling">How the autoscaler works; null scales nothing.</param>
    /// <param name="prometheusPeer">The pods that scrape, which NetworkPolicies let in; null takes all of the namespace <c>monitoring</c>.</param>
    public static IOperatorBuilder AddNemotronControllers(
        this IOperatorBuilder builder,
        int maxConcurrentReconciles = 4,
        ModelCatalogue? models = null,
        GpuCatalogue? gpus = null,
        string? gatewayImage = null,
        bool probeReasoning = true,
        bool askEngines = false,
        ScalingSettings? scaling = null,
        V1NetworkPolicyPeer? prometheusPeer = null)
    {
        AddScaling(builder, scaling ?? new ScalingSettings());
        builder.AddJsonContracts(ControllersJson.Default);
        builder.Services.AddSingleton(new ModelLibrary(models ?? ModelCatalogue.Default));
        builder.Services.AddSingleton(gpus ?? GpuCatalogue.Default);
        builder.Services.AddSingleton<FleetState>();
        builder.Services.AddSingleton<DeploymentSnapshots>();
        builder.Services.AddSingleton<ModelSource>();
        builder.Services.AddSingleton<INodePatcher, NodePatcher>();
        AddNodePools(builder);
        builder.Services.AddSingleton(new StatusPace(TimeSpan.FromMilliseconds(500)));
        builder.Services.AddSingleton(gatewayImage is null ? GatewayImage.OfThisVersion : new GatewayImage(gatewayImage));
        builder.Services.AddSingleton(services => PolicyPeers.Of(services.GetRequiredService<OperatorSettings>().OwnNamespace, prometheusPeer));
        builder.Services.AddSingleton(new ProberOptions(probeReasoning));
        builder.Services.AddSingleton(services => new ReasoningProbe(PodConnections.DirectOfAnyCertificate(), services.GetRequiredService<IProbeKeys>(), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<IProbeKeys, ProbeKeys>();
        builder.AddLeaderService<ReasoningProber>();
        builder.Services.AddSingleton<WeightLoads>();
        builder.Services.AddSingleton<NemotronDeploymentController>();
        AddEngineHealth(builder, askEngines);
        AddFleets(builder);
        builder.Services.AddSingleton<GpuNodePoolController>();
        builder.Services.AddHostedService<ResourceMetrics>();

        // Of the kinds that others have many of, only the operator's own are cached.
        // They are compared once and then seldom looked at.
        builder.AddInformer<V1Deployment>(Packed);
        builder.AddInformer<LeaderWorkerSet>(informer =>
        {
            Packed(informer);
            // Only replicas over several nodes need it.
            informer.Optional = true;
        });
        builder.AddInformer<PodMonitor>(informer =>
        {
            Packed(informer);
            // Only deployments that ask for one of their own need it.
            informer.Optional = true;
        });
        builder.AddInformer<HorizontalPodAutoscalerView>(Scaler);
        builder.AddInformer<ScaledObjectView>(Scaler);
        builder.AddInformer<V1Job>(Packed);
        builder.AddInformer<V1Service>(Packed);
        builder.AddInformer<V1ConfigMap>(Packed);
        builder.AddInformer<V1ServiceAccount>(Packed);
        builder.AddInformer<V1PodDisruptionBudget>(Packed);
        builder.AddInformer<V1NetworkPolicy>(Packed);
        // All pods: those of others take GPUs as well.
        builder.AddInformer<PodView>(informer => informer
            .AddIndex(PodView.ByNode, pod => pod.NodeName is { } node ? [node] : [])
            .Without<V1ObjectMeta>("generateName", "ownerReferences", "finalizers", "selfLink")
            .Transform = PodView.WithoutNotes);

        builder.AddController<NemotronDeploymentController, NemotronDeployment>()
            .MaxConcurrentReconciles(maxConcurrentReconciles)
            .Owns<V1Deployment>()
            .Owns<LeaderWorkerSet>()
            .Owns<V1Job>(WeightPlan.Differs)
            .Owns<V1Service>(ChildChanged)
            .Owns<V1ConfigMap>(ChildChanged)
            .Owns<V1ServiceAccount>(ChildChanged)
            .Owns<V1PodDisruptionBudget>(ChildChanged)
            .Owns<V1NetworkPolicy>(ChildChanged)
            .Owns<PodMonitor>(ChildChanged)
            .Watches<PodView>((pod, _) => OwnerOf(pod), PodView.Differs)
            .Watches<HorizontalPodAutoscalerView>((scaler, _) => OtherScalers.TargetOf(scaler), OtherScalers.Differs)
            .Watches<ScaledObjectView>((scaler, _) => OtherScalers.TargetOf(scaler), OtherScalers.Differs)
            .Watches<GpuNodePool>((_, caches) => All(caches), PoolChanged)
            // Before and after, so that one whose move has ended hears of it too.
            .Watches<GpuNodePool>((pool, _) => pool.Status?.Consolidation?.Move is { } move ? [new NamespacedName(move.Namespace, move.Deployment)] : [], MoveChanged)
            .Watches<NodeView>((_, caches) => All(caches), NodeView.Differs)
            // Whoever comes to a fleet, or out of one, asks anew.
            .Watches<NemotronFleet>((_, caches) => All(caches), Predicates.GenerationChanged)
            // Its status changes once the library has it.
            .Watches<NemotronModel>((model, caches) => ModelUsers.Of(model, caches.Get<NemotronDeployment>().List()).Select(NamespacedName.Of));

        builder.AddController<GpuNodePoolController, GpuNodePool>()
            .Watches<NodeView>((node, caches) => PoolsOf(node, caches), NodeView.Differs)
            // Pods come and go by the hundred; counting them five times a second is enough.
            .Watches<PodView>((pod, caches) => PoolsOf(pod, caches), PodView.Differs, within: TimeSpan.FromMilliseconds(200))
            .Owns<KarpenterNodePool>()
            .Watches<V1Job>((job, _) => job.Metadata.Labels?.TryGetValue(NemotronLabels.NodePool, out var pool) == true ? [new NamespacedName(null, pool)] : [], WeightPlan.Differs)
            .Watches<NemotronDeployment>((deployment, _) => deployment.Status?.NodePool is { } pool ? [new NamespacedName(null, pool)] : [], WeightUsers.Differs)
            .Watches<NodeClaimView>((claim, _) => claim.Metadata.Labels?.TryGetValue(KarpenterNodePool.PoolLabel, out var pool) == true ? [new NamespacedName(null, pool)] : [], within: TimeSpan.FromMilliseconds(200))
            // A new, changed or vanished pool may give nodes to its neighbours, or take them.
            .Watches<GpuNodePool>((_, caches) => caches.Get<GpuNodePool>().List().Select(NamespacedName.Of), PoolChanged)
            .AddFinalizer<GpuNodePoolController, GpuNodePool>(NemotronFinalizers.NodePool);
        builder.AddController<NemotronModelController, NemotronModel>();
        builder.AddController<NemotronFleetController, NemotronFleet>();
        return builder;
    }

    private static void AddScaling(IOperatorBuilder builder, ScalingSettings settings)
    {
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(new ScalingBoard { Configured = settings.Prometheus is not null });
        builder.Services.AddSingleton<GateBoard>();
        builder.Services.AddSingleton<ReplicaCapacities>();
        builder.Services.AddSingleton<ScalingMetrics>();
        if (settings.Prometheus is not { } prometheus) return;
        builder.Services.AddSingleton<IPrometheus>(services => new PrometheusApi(prometheus, services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(services => new HeldRequests(PodConnections.Direct(), services.GetRequiredService<TimeProvider>()));
        builder.AddLeaderService<ScalingLoop>();
        builder.Services.AddSingleton<IRevisions, Revisions>();
        builder.AddLeaderService<ErrorGateLoop>();
    }

    private static void AddNodePools(IOperatorBuilder builder)
    {
        builder.Services.AddSingleton<ScaleProvisioning>();
        builder.Services.AddSingleton<KarpenterProvisioning>();
        builder.Services.AddSingleton<ICapacityRefusals, CapacityRefusals>();
        builder.Services.AddSingleton<INodeDrain, NodeDrain>();
        builder.Services.AddSingleton<ReplicaOwners>();
        builder.AddLeaderService<GpuEvidenceLoop>();
        builder.Services.AddSingleton<IGpuEvidence>(services => services.GetRequiredService<GpuEvidenceLoop>());
        // Only where Karpenter makes the nodes.
        builder.AddInformer<KarpenterNodePool>(informer => informer.Optional = true);
        builder.AddInformer<NodeClaimView>(informer => informer.Optional = true);
    }

    private static void AddFleets(IOperatorBuilder builder)
    {
        builder.AddInformer<NamespaceView>(informer => informer.Without<V1ObjectMeta>("annotations", "ownerReferences", "finalizers"));
        builder.Services.AddSingleton<FleetBoard>();
        builder.Services.AddSingleton<FleetMembership>();
        builder.Services.AddSingleton<FleetShares>();
        builder.Services.AddSingleton<FleetMetrics>();
        builder.Services.AddSingleton<ReleaseMarks>();
        builder.AddLeaderService<FleetLoop>();
    }

    private static void AddEngineHealth(IOperatorBuilder builder, bool askEngines)
    {
        builder.Services.AddSingleton(new EngineWatchOptions { Ask = askEngines });
        builder.Services.AddSingleton<EngineHealthMetrics>();
        builder.Services.AddSingleton(services => new GatewayCounts(PodConnections.Direct(), services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<EngineRestarts>();
        builder.Services.AddSingleton<IPodDeletion, PodDeletion>();
        builder.AddLeaderService<EngineWatch>();
        builder.Services.AddSingleton<IEngineReports>(services => services.GetRequiredService<EngineWatch>());
    }

    private static void Packed<T>(InformerOptions<T> informer)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        informer.LabelSelector = $"{NemotronLabels.ManagedBy}={NemotronLabels.ManagedByValue}";
        informer.Packed = true;
    }

    // KEDA need not be installed, and of an autoscaler only its target counts.
    private static void Scaler<T>(InformerOptions<T> informer)
        where T : class, IScalerView
    {
        informer.Optional = true;
        informer.Without<V1ObjectMeta>("annotations", "labels", "generateName", "finalizers", "selfLink");
    }

    private static IEnumerable<NamespacedName> OwnerOf(PodView pod) =>
        pod.Metadata.Labels?.TryGetValue(NemotronLabels.Deployment, out var owner) == true ? [new NamespacedName(pod.Metadata.NamespaceProperty, owner)] : [];

    private static IEnumerable<NamespacedName> All(IInformerCaches caches) => caches.Get<NemotronDeployment>().List().Select(NamespacedName.Of);

    private static IEnumerable<NamespacedName> PoolsOf(NodeView node, IInformerCaches caches) =>
        caches.Get<GpuNodePool>().List()
            .Where(pool => PoolMembership.Matches(pool, node) || PoolMembership.Carries(node, pool))
            .Select(NamespacedName.Of);

    private static IEnumerable<NamespacedName> PoolsOf(PodView pod, IInformerCaches caches)
    {
        var planned = pod.Metadata.Labels?.TryGetValue(NemotronLabels.NodePool, out var value) == true ? value : null;
        if (planned is not null) yield return new NamespacedName(null, planned);
        if (pod.Gpus > 0 && pod.NodeName is { } name && caches.Get<NodeView>().Get(null, name)?.Label(NemotronLabels.NodePool) is { } pool && pool != planned)
            yield return new NamespacedName(null, pool);
    }

    private static bool PoolChanged(GpuNodePool? before, GpuNodePool? after) => Predicates.GenerationChanged(before, after);

    private static bool MoveChanged(GpuNodePool? before, GpuNodePool? after) => before?.Status?.Consolidation?.Move != after?.Status?.Consolidation?.Move;

    private static bool ChildChanged<T>(T? before, T? after)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> =>
        // The status of these is others' business; budgets' changes with every pod.
        Predicates.GenerationChanged(before, after) || Predicates.LabelsChanged(before, after) || Predicates.AnnotationsChanged(before, after)
        || (after is { Metadata.Generation: null } && Predicates.ResourceVersionChanged(before, after));
}
