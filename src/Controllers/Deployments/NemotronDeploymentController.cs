using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments;

/// <summary>Keeps what a NemotronDeployment declares: snapshot, decide, apply, status.</summary>
[EntityRbac(typeof(NemotronDeployment), Verbs = RbacVerb.Read)]
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronDeployment.Plural + "/status"], Verbs = RbacVerb.Patch)]
// Owner references that block their owner's deletion need this where OwnerReferencesPermissionEnforcement is on.
[GenericRbac(Groups = [NemotronApi.Group], Resources = [NemotronDeployment.Plural + "/finalizers"], Verbs = RbacVerb.Update)]
[EntityRbac(typeof(GpuNodePool), typeof(NodeView), typeof(PodView), Verbs = RbacVerb.Read)]
[EntityRbac(typeof(V1Deployment), typeof(V1Service), typeof(V1ConfigMap), typeof(V1ServiceAccount), typeof(V1PodDisruptionBudget),
    Verbs = RbacVerb.Read | RbacVerb.Create | RbacVerb.Patch | RbacVerb.Delete)]
internal sealed partial class NemotronDeploymentController(
    DeploymentSnapshots snapshots,
    IInformerCache<V1Service> services,
    IInformerCache<V1ServiceAccount> accounts,
    IServerSideApply apply,
    IStatusWriter status,
    StatusPace pace,
    EventPublisher events,
    ILogger<NemotronDeploymentController> logger) : IEntityController<NemotronDeployment>
{
    /// <inheritdoc/>
    public async Task<ReconciliationResult<NemotronDeployment>> ReconcileAsync(NemotronDeployment entity, CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Of(entity);
        var decision = DeploymentDecision.Decide(snapshot);
        Refusal? trouble = null;
        if (decision.Decided is { } decided && !Paused(entity)) trouble = await ApplyAsync(snapshot, decided, cancellationToken);

        var next = DeploymentStatus.Of(snapshot, decision, trouble, out var changed);
        var differs = entity.Status is not { } former || KubernetesJson.Serialize(former) != KubernetesJson.Serialize(next);
        if (pace.Wait(entity.Metadata.Uid, differs, changed.Any(condition => Awaited(condition, entity)), snapshot.Now) is { } later)
            return ReconciliationResult<NemotronDeployment>.Success(entity, later);
        await status.UpdateStatusAsync(entity, next, cancellationToken);
        await PublishAsync(entity, changed, cancellationToken);
        return ReconciliationResult<NemotronDeployment>.Success(entity);
    }

    /// <inheritdoc/>
    /// <remarks>Everything the operator makes is owned by the NemotronDeployment and goes with it.</remarks>
    public Task<ReconciliationResult<NemotronDeployment>> DeletedAsync(NemotronDeployment entity, CancellationToken cancellationToken) =>
        Forget(entity);

    private Task<ReconciliationResult<NemotronDeployment>> Forget(NemotronDeployment entity)
    {
        pace.Forget(entity.Metadata.Uid);
        return Task.FromResult(ReconciliationResult<NemotronDeployment>.Success(entity));
    }

    // A refusal, a lack of GPUs, and becoming ready or not; the first word on a new object may wait for its pods to be counted.
    private static bool Awaited(V1Condition condition, NemotronDeployment entity) => condition switch
    {
        { Type: ConditionTypes.Accepted or ConditionTypes.CapacityAvailable } => condition.Status == "False" || entity.Status is not null,
        { Type: ConditionTypes.Ready } => condition.Status == "True" || entity.Status?.Conditions?.Any(old => old.Type == condition.Type && old.Status != condition.Status) == true,
        _ => false,
    };

    private async Task<Refusal?> ApplyAsync(DeploymentSnapshot snapshot, DecidedDeployment decided, CancellationToken cancellationToken)
    {
        var entity = snapshot.Entity;
        try
        {
            // What pods refer to comes before the pods.
            if (entity.Spec.PodTemplate?.ServiceAccountName is null)
                await apply.ApplyAsync(EngineServiceAccount.Build(entity), entity, cancellationToken);
            else
                await RemoveAsync(accounts.Get(entity.Metadata.NamespaceProperty, ChildNames.ServiceAccount(entity.Metadata.Name)), entity, cancellationToken);
            await apply.ApplyAsync(EngineConfigMap.Build(entity, decided.Launch), entity, cancellationToken);
            await apply.ApplyAsync(EngineDisruptionBudget.Build(entity), entity, cancellationToken);
            await apply.ApplyAsync(EngineServices.BuildClient(entity, decided.Launch), entity, cancellationToken);
            if (EngineServices.BuildGrpc(entity, decided.Launch) is { } grpc)
                await apply.ApplyAsync(grpc, entity, cancellationToken);
            else
                await RemoveAsync(services.Get(entity.Metadata.NamespaceProperty, ChildNames.GrpcService(entity.Metadata.Name)), entity, cancellationToken);
            await apply.ApplyAsync(EngineDeployment.Build(entity, decided, snapshot.Live), entity, cancellationToken);
            return null;
        }
        catch (OwnedByAnotherException e)
        {
            LogNameTaken(entity.Metadata.NamespaceProperty, entity.Metadata.Name, e.Message);
            return new Refusal(ConditionReasons.NameTaken, $"{e.Message} Remove that object, or create this NemotronDeployment anew under another name.");
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
            else if (condition is { Type: ConditionTypes.Accepted or ConditionTypes.CapacityAvailable, Status: "False" } or { Type: ConditionTypes.Ready, Reason: ConditionReasons.Degraded })
                await events(entity, condition.Reason, condition.Message, EventType.Warning, cancellationToken);
        }
    }

    private static bool Paused(NemotronDeployment entity) =>
        entity.Metadata.Annotations?.TryGetValue(NemotronAnnotations.Paused, out var value) == true && value == "true";

    [LoggerMessage(1, LogLevel.Warning, "{Namespace}/{Name}: {Why}")]
    private partial void LogNameTaken(string @namespace, string name, string why);
}
