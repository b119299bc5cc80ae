using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Deployments.Gateways;
using Nemotron.Controllers.Deployments.Weights;
using Nemotron.Controllers.Engines;
using Nemotron.Controllers.Fleets;
using Nemotron.Controllers.Reasoning;
using Nemotron.Controllers.Scaling;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Engines.Launch;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments;

/// <summary>Keeps what a NemotronDeployment declares: snapshot, decide, apply, status.</summary>
[EntityRbac(typeof(NemotronDeployment), Verbs = RbacVerb.Read)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronDeployment.Plural + "/status"], Verbs = RbacVerb.Patch)]
// Owner references that block their owner's deletion need this where OwnerReferencesPermissionEnforcement is on.
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronDeployment.Plural + "/finalizers"], Verbs = RbacVerb.Update)]
[EntityRbac(typeof(GpuNodePool), typeof(NodeView), typeof(PodView), Verbs = RbacVerb.Observe)]
// Two owners of one number of replicas undo each other's work.
[EntityRbac(typeof(HorizontalPodAutoscalerView), typeof(ScaledObjectView), Verbs = RbacVerb.Observe)]
[EntityRbac(typeof(V1Deployment), typeof(LeaderWorkerSet), typeof(V1Service), typeof(V1ServiceAccount), typeof(V1NetworkPolicy), typeof(PodMonitor),
    Verbs = RbacVerb.Read | RbacVerb.Create | RbacVerb.Patch | RbacVerb.Delete)]
[EntityRbac(typeof(V1ConfigMap), typeof(V1PodDisruptionBudget), Verbs = RbacVerb.Read | RbacVerb.Create | RbacVerb.Patch)]
internal sealed partial class NemotronDeploymentController(
    DeploymentSnapshots snapshots,
    IInformerCache<V1Service> services,
    IInformerCache<V1Deployment> deployments,
    IInformerCache<V1ServiceAccount> accounts,
    IInformerCache<V1NetworkPolicy> policies,
    IInformerCache<PodMonitor> monitors,
    PolicyPeers peers,
    IServerSideApply apply,
    IStatusWriter status,
    StatusPace pace,
    ReasoningProber prober,
    IEngineReports engines,
    EngineRestarts restarts,
    WeightLoads weights,
    EventPublisher events,
    ILogger<NemotronDeploymentController> logger,
    FleetBoard? fleets = null,
    ReleaseMarks? releases = null) : IEntityController<NemotronDeployment>
{
    // Nobody tells when a kind is installed, when a name comes free, or when a LeaderWorkerSet has been at it for too long.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    // A pod that has changed since it was looked at: the cache has that in a moment.
    private static readonly TimeSpan DecideAgain = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<ReconciliationResult<NemotronDeployment>> ReconcileAsync(NemotronDeployment entity, CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Of(entity);
        var decision = DeploymentDecision.Decide(snapshot);
        // One that is paused keeps what it has, and wants nothing.
        fleets?.Declare(NamespacedName.Of(entity), entity.Metadata.Uid, decision.Decided is { } able && !Paused(entity) ? new FleetDemand(able.Pool, able.Shape, able.Wanted) : null);
        var applied = default(Applied);
        var loads = WeightPlan.None;
        if (decision.Decided is { } decided)
        {
            var sight = weights.Look(entity, decided, snapshot.Pools);
            loads = WeightPlan.Decide(entity, decided, snapshot.Pods, sight);
            if (!Paused(entity)) applied = await ApplyAsync(snapshot, decided, loads, sight, cancellationToken);
        }

        var order = ReasoningVerification.Order(snapshot, decision.Decided, applied.Template);
        var reasoning = new ReasoningVerification(ReasoningVerification.MarkOf(applied.Template, decision.Decided), order is null ? null : prober.Look(order));
        if (decision.Decided is { Launch: var launch }) engines.Follow(NamespacedName.Of(entity), launch);
        var healing = Healing(snapshot, decision);
        var next = DeploymentStatus.Of(snapshot, decision, applied.Trouble, out var changed, reasoning, healing, loads);
        var differs = entity.Status is not { } former || ModelJson.Serialize(former) != ModelJson.Serialize(next);
        if (pace.Wait(entity.Metadata.Uid, differs, healing.Restart is not null || changed.Any(condition => Awaited(condition, entity)), snapshot.Now) is { } later)
            return ReconciliationResult<NemotronDeployment>.Success(entity, later);
        await status.UpdateStatusAsync(entity, next, cancellationToken);
        await PublishAsync(entity, changed, cancellationToken);
        if (ScalingTold.Of(entity, next, snapshot.Fleet is not null) is { } scaling)
            await events(entity, scaling.To > scaling.From ? ConditionReasons.ScaledUp : ConditionReasons.ScaledDown, $"From {scaling.From} to {scaling.To} replicas. {scaling.Why}", EventType.Normal, cancellationToken);
        if (next.Reasoning?.Pressure is { Message: { } pressed } pressure && (pressure.Steps ?? 0) - (entity.Status?.Reasoning?.Pressure?.Steps ?? 0) is not 0 and var moved)
            await events(entity, moved > 0 ? ConditionReasons.BudgetReduced : ConditionReasons.BudgetRestored, $"Thinking budget: {pressed}", moved > 0 ? EventType.Warning : EventType.Normal, cancellationToken);
        // Only what is written down is done: a successor knows of it then.
        if (!await restarts.ApplyAsync(entity, healing, cancellationToken)) return ReconciliationResult<NemotronDeployment>.Success(entity, DecideAgain);
        return ReconciliationResult<NemotronDeployment>.Success(entity, Sooner(Sooner(Sooner(LookAgainAfter(snapshot, decision), applied.LooksAgain ? LookAgain : null), UnpreparedPods.Due(snapshot)), healing.Again - snapshot.Now));
    }

    private RestartDecision Healing(DeploymentSnapshot snapshot, DeploymentDecision decision)
    {
        var startup = decision.Decided?.Launch.StartupTimeout ?? StartupTime.Limit(0);
        var healing = RestartDecision.Decide(snapshot.Engines, snapshot.Entity.Status?.EngineRestarts, Paused(snapshot.Entity), startup, snapshot.Now, HealingLimits.Default);
        return healing.Restart is null || engines.TryTakeRestart()
            ? healing
            : RestartDecision.HeldByFleet(snapshot.Entity.Status?.EngineRestarts ?? [], snapshot.Now, HealingLimits.Default);
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private static TimeSpan? LookAgainAfter(DeploymentSnapshot snapshot, DeploymentDecision decision)
    {
        if (decision.NoPlace?.Reason == ConditionReasons.CrdMissing) return LookAgain;
        if (decision.Decided is { SurgeStall.Due: { } due }) return due - snapshot.Now;
        if (decision.Decided is not { InGroups: true } decided || snapshot.Workload(inGroups: true)?.ProgressingSince is not { } since) return null;
        var left = since + ProgressDeadline.Of(snapshot.Entity.Spec, decided.Launch) - snapshot.Now;
        return left > TimeSpan.Zero ? left + TimeSpan.FromSeconds(1) : null;
    }

    /// <inheritdoc/>
    /// <remarks>Everything the operator makes is owned by the NemotronDeployment and goes with it.</remarks>
    public Task<ReconciliationResult<NemotronDeployment>> DeletedAsync(NemotronDeployment entity, CancellationToken cancellationToken) =>
        Forget(entity);

    private Task<ReconciliationResult<NemotronDeployment>> Forget(NemotronDeployment entity)
    {
        pace.Forget(entity.Metadata.Uid);
        prober.Forget(NamespacedName.Of(entity));
        engines.Forget(NamespacedName.Of(entity));
        fleets?.Forget(NamespacedName.Of(entity));
        releases?.Forget(entity.Metadata.Uid);
        return Task.FromResult(ReconciliationResult<NemotronDeployment>.Success(entity));
    }

    // A refusal, a lack of GPUs, and becoming ready or not; the first word on a new object may wait for its pods to be counted.
    private static bool Awaited(V1Condition condition, NemotronDeployment entity) => condition switch
    {
        { Type: ConditionTypes.Accepted or ConditionTypes.CapacityAvailable } => condition.Status == "False" || entity.Status is not null,
        { Type: ConditionTypes.Ready } => condition.Status == "True" || entity.Status?.Conditions?.Any(old => old.Type == condition.Type && old.Status != condition.Status) == true,
        _ => false,
    };

    /// <summary>What came of writing the children.</summary>
    /// <param name="Trouble">Why they could not be, or null.</param>
    /// <param name="Template">The hash of the pod template as applied, or null.</param>
    /// <param name="LoadsWait">Whether downloads have to wait until others are done.</param>
    /// <param name="KindMissing">Whether the cluster lacks a kind that is only wanted, not needed.</param>
    private readonly record struct Applied(Refusal? Trouble, string? Template, bool LoadsWait = false, bool KindMissing = false)
    {
        public bool LooksAgain => Trouble is not null || LoadsWait || KindMissing;
    }

    private async Task<Applied> ApplyAsync(DeploymentSnapshot snapshot, DecidedDeployment decided, WeightPlan loads, WeightSight sight, CancellationToken cancellationToken)
    {
        var entity = snapshot.Entity;
        var applied = default(Applied);
        try
        {
            // What pods refer to comes before the pods.
            if (entity.Spec.PodTemplate?.ServiceAccountName is null)
                await apply.ApplyAsync(EngineServiceAccount.Build(entity), entity, cancellationToken);
            else
                await RemoveAsync(accounts.Get(entity.Metadata.NamespaceProperty, ChildNames.ServiceAccount(entity.Metadata.Name)), entity, cancellationToken);
            await apply.ApplyAsync(EngineConfigMap.Build(entity, decided), entity, cancellationToken);
            // Before the pods, so that none of them is open for a moment.
            if (EngineNetworkPolicy.Build(entity, decided, peers) is { } policy)
                await apply.ApplyAsync(policy, entity, cancellationToken);
            else
                await RemoveAsync(policies.Get(entity.Metadata.NamespaceProperty, ChildNames.NetworkPolicy(entity.Metadata.Name)), entity, cancellationToken);
            await apply.ApplyAsync(EngineDisruptionBudget.Build(entity), entity, cancellationToken);
            await ApplyFrontAsync(entity, decided, cancellationToken);
            if (EngineServices.BuildGrpc(entity, decided) is { } grpc)
                await apply.ApplyAsync(grpc, entity, cancellationToken);
            else
                await RemoveAsync(services.Get(entity.Metadata.NamespaceProperty, ChildNames.GrpcService(entity.Metadata.Name)), entity, cancellationToken);
            applied = await ApplyReplicasAsync(snapshot, decided, cancellationToken);
            if (applied.Trouble is not null) return applied;
            applied = applied with { LoadsWait = await weights.ApplyAsync(entity, decided, loads, sight, cancellationToken) };
            // Last: whether it is scraped keeps no model from serving.
            return applied with { KindMissing = !await ApplyPodMonitorAsync(snapshot, decided, cancellationToken) };
        }
        catch (OwnedByAnotherException e)
        {
            return applied with { Trouble = NotApplied(entity, new Refusal(ConditionReasons.NameTaken, $"{e.Message} Remove that object, or create this NemotronDeployment anew under another name.")) };
        }
        // What no rule of ours knows of, such as what podTemplate passes on.
        catch (HttpOperationException e) when (ApiErrors.StatusOf(e) is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest)
        {
            return applied with { Trouble = NotApplied(entity, new Refusal(ConditionReasons.InvalidField, $"{ApiErrors.Describe(e).TrimEnd('.')}. Correct what the spec says of it.")) };
        }
        catch (HttpOperationException e) when (ApiErrors.StatusOf(e) is HttpStatusCode.Forbidden)
        {
            return applied with { Trouble = NotApplied(entity, new Refusal(ConditionReasons.Forbidden, $"{ApiErrors.Describe(e).TrimEnd('.')}. It is tried again every {LookAgain.TotalSeconds:0} s.")) };
        }
    }

    private Refusal NotApplied(NemotronDeployment entity, Refusal trouble)
    {
        // It is tried again and again, and said once.
        if (entity.Status?.Conditions?.Any(condition => condition.Type == ConditionTypes.Accepted && condition.Message == trouble.Message) != true)
            LogNotApplied(entity.Metadata.NamespaceProperty, entity.Metadata.Name, trouble.Message);
        return trouble;
    }

    // The clients' Service is written when what it leads to is there, and before that is taken away.
    private async Task ApplyFrontAsync(NemotronDeployment entity, DecidedDeployment decided, CancellationToken cancellationToken)
    {
        var (space, name) = (entity.Metadata.NamespaceProperty, entity.Metadata.Name);
        if (FrontPlan.Wanted(entity.Spec)) await apply.ApplyAsync(FrontDeployment.BuildBack(entity), entity, cancellationToken);
        var policy = EngineNetworkPolicy.BuildFront(entity, decided, peers);
        if (policy is not null) await apply.ApplyAsync(policy, entity, cancellationToken);
        if (FrontDeployment.Build(entity, decided) is { } front) await apply.ApplyAsync(front, entity, cancellationToken);
        await apply.ApplyAsync(EngineServices.BuildClient(entity, decided), entity, cancellationToken);
        if (!FrontPlan.Wanted(entity.Spec))
        {
            await RemoveAsync(deployments.Get(space, ChildNames.Front(name)), entity, cancellationToken);
            await RemoveAsync(services.Get(space, ChildNames.BackService(name)), entity, cancellationToken);
        }

        if (policy is null) await RemoveAsync(policies.Get(space, ChildNames.Front(name)), entity, cancellationToken);
    }

    private async Task<Applied> ApplyReplicasAsync(DeploymentSnapshot snapshot, DecidedDeployment decided, CancellationToken cancellationToken)
    {
        var entity = snapshot.Entity;
        var release = snapshot.Moving.Release is { Count: > 0 } moving ? moving : snapshot.Fleet?.Grant?.Release ?? [];
        if (releases is not null) await releases.ApplyAsync(entity, release, decided.Replicas + decided.Extra < snapshot.Live?.Spec.Replicas, snapshot.Pods, cancellationToken);
        var oldMayGo = Handover.OldMayGo(entity.Spec.Rollout?.Strategy ?? RolloutStrategy.Auto, decided.Replicas, decided.InGroups, snapshot.Pods, decided.RoomToCome);
        if (!decided.InGroups)
        {
            var deployment = EngineDeployment.Build(entity, decided, snapshot.Live, snapshot.Gate, snapshot.ScalingConfigured);
            await apply.ApplyAsync(deployment, entity, cancellationToken);
            if (oldMayGo) await RemoveAsync(snapshot.LiveGroups, entity, cancellationToken);
            return new Applied(null, deployment.Metadata.Annotations[ChildLabels.TemplateHash]);
        }

        // The LeaderWorkerSet's controller makes a headless Service of the set's name, and takes one that is there for it.
        var name = ChildNames.Groups(entity.Metadata.Name);
        if (services.Get(entity.Metadata.NamespaceProperty, name) is not null)
            return new Applied(new Refusal(ConditionReasons.NameTaken, $"Service {entity.Metadata.NamespaceProperty}/{name} belongs to the NemotronDeployment {name}; the pods of this one need that name in DNS. Create one of the two anew under another name."), null);
        var groups = EngineGroups.Build(entity, decided, snapshot.LiveGroups);
        await apply.ApplyAsync(groups, entity, cancellationToken);
        if (oldMayGo) await RemoveAsync(snapshot.Live, entity, cancellationToken);
        return new Applied(null, groups.Metadata.Annotations[ChildLabels.TemplateHash]);
    }

    // Whether the cluster has the kind, or it is not asked for.
    private async Task<bool> ApplyPodMonitorAsync(DeploymentSnapshot snapshot, DecidedDeployment decided, CancellationToken cancellationToken)
    {
        var entity = snapshot.Entity;
        if (!decided.OwnPodMonitor)
        {
            // As long as a pod is left that the PodMonitors for all leave out, nobody else scrapes it.
            if (!snapshot.Pods.Any(EnginePodMonitor.Selects))
                await RemoveAsync(monitors.Get(entity.Metadata.NamespaceProperty, ChildNames.PodMonitor(entity.Metadata.Name)), entity, cancellationToken);
            return true;
        }

        if (EnginePodMonitor.Build(entity, decided) is not { } monitor) return false;
        try
        {
            await apply.ApplyAsync(monitor, entity, cancellationToken);
            return true;
        }
        // The CRD is going, or gone, and the cache has not noticed yet.
        catch (HttpOperationException e) when (ApiErrors.StatusOf(e) is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
        {
            return false;
        }
    }

    private async Task RemoveAsync<T>(T? child, NemotronDeployment owner, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (child is not null && child.Metadata.OwnerReferences?.Any(reference => reference.Uid == owner.Metadata.Uid) == true)
            await apply.DeleteAsync(child, cancellationToken);
    }

    private async Task PublishAsync(NemotronDeployment entity, IReadOnlyList<V1Condition> changed, CancellationToken cancellationToken)
    {
        foreach (var condition in changed)
        {
            if (condition is { Type: ConditionTypes.Ready, Status: "True" })
                await events(entity, condition.Reason, condition.Message, EventType.Normal, cancellationToken);
            else if (condition.Type == ConditionTypes.OwnTierServes)
                await events(entity, condition.Reason, condition.Message, condition.Status == "True" ? EventType.Normal : EventType.Warning, cancellationToken);
            else if (condition is { Type: ConditionTypes.WeightsCached, Reason: ConditionReasons.LoadFailed })
                await events(entity, condition.Reason, condition.Message, EventType.Warning, cancellationToken);
            else if (condition is { Type: ConditionTypes.FleetGranted, Status: "False" })
                await events(entity, condition.Reason, condition.Message, EventType.Normal, cancellationToken);
            else if (condition is { Type: ConditionTypes.Accepted or ConditionTypes.CapacityAvailable, Status: "False" }
                or { Type: ConditionTypes.Ready, Reason: ConditionReasons.Degraded } or { Type: ConditionTypes.ReasoningVerified or ConditionTypes.ScalingOwned, Status: "False" }
                or { Type: ConditionTypes.Progressing, Reason: ConditionReasons.GateFailed })
                await events(entity, condition.Reason, condition.Message, EventType.Warning, cancellationToken);
        }
    }

    private static bool Paused(NemotronDeployment entity) =>
        entity.Metadata.Annotations?.TryGetValue(NemotronAnnotations.Paused, out var value) == true && value == "true";

    [LoggerMessage(1, LogLevel.Warning, "{Namespace}/{Name}: {Why}")]
    private partial void LogNotApplied(string @namespace, string name, string why);
}
