using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube;

/// <summary>Reconciles one key: finds out what there is to do, and calls the controller or the finalizers.</summary>
internal sealed class ObjectReconciler<TEntity>(
    Type controllerType,
    IReadOnlyList<FinalizerRegistration<TEntity>> finalizers,
    Informer<TEntity> cache,
    PendingWrites pending,
    FinalizerPatch finalizerPatch,
    OperatorSettings settings,
    IServiceScopeFactory scopes)
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Tombstones<TEntity> tombstones = new();

    /// <summary>The controller will be told that the entity is gone.</summary>
    internal void Bury(TEntity entity) => tombstones.Add(entity);

    /// <summary>Does what there is to do for a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="whenMayProceed">Called when a reconcile that is <see cref="OutcomeKind.NotYet"/> may be tried again.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    internal async Task<ReconcileOutcome> ReconcileAsync(NamespacedName key, Action whenMayProceed, CancellationToken cancellationToken)
    {
        var entity = cache.Get(key);
        while (tombstones.First(key) is { } gone)
        {
            // The same one again: it had only left what the informer selects, and is back.
            if (gone.Metadata.Uid != entity?.Metadata.Uid)
            {
                var outcome = await WithControllerAsync(c => c.DeletedAsync(gone, cancellationToken), gone);
                if (outcome.Kind is not (OutcomeKind.Success or OutcomeKind.RequeueAfter))
                {
                    return outcome;
                }
            }

            tombstones.Remove(gone);
        }

        if (entity is null)
        {
            return ReconcileOutcome.Success;
        }

        if (!pending.MayProceed(entity.Metadata.Uid, whenMayProceed))
        {
            return new ReconcileOutcome(OutcomeKind.NotYet);
        }

        // Read again: what was missing may have arrived after the first look.
        entity = cache.Get(key) is { } fresh && fresh.Metadata.Uid == entity.Metadata.Uid ? fresh : entity;
        if (entity.Metadata.DeletionTimestamp is not null)
        {
            return await FinalizeAsync(entity, cancellationToken);
        }

        if (settings.AutoAttachFinalizers && finalizers.Count > 0
            && finalizers.Select(f => f.Identifier).Except(entity.Metadata.Finalizers ?? []).ToArray() is { Length: > 0 } missing)
        {
            if (await finalizerPatch.AddAsync(entity, missing, cancellationToken) is not { Metadata.DeletionTimestamp: null } attached)
            {
                // The news of its end is on its way.
                return ReconcileOutcome.Success;
            }

            entity = attached;
        }

        return await WithControllerAsync(c => c.ReconcileAsync(entity, cancellationToken), entity);
    }

    private async Task<ReconcileOutcome> FinalizeAsync(TEntity entity, CancellationToken cancellationToken)
    {
        foreach (var finalizer in finalizers)
        {
            if (entity.Metadata.Finalizers?.Contains(finalizer.Identifier) != true)
            {
                continue;
            }

            using var context = ReconcileContext.Enter(entity);
            await using var scope = scopes.CreateAsyncScope();
            var instance = (IEntityFinalizer<TEntity>)scope.ServiceProvider.GetRequiredService(finalizer.FinalizerType);
            var outcome = ReconcileOutcome.Of(await instance.FinalizeAsync(entity, cancellationToken));
            if (outcome.Kind != OutcomeKind.Success)
            {
                // A success that asks to look again is not complete yet: the finalizer stays.
                return outcome;
            }

            if (settings.AutoDetachFinalizers)
            {
                if (await finalizerPatch.RemoveAsync(entity, finalizer.Identifier, cancellationToken) is not { } left)
                {
                    return ReconcileOutcome.Success;
                }

                entity = left;
            }
        }

        return ReconcileOutcome.Success;
    }

    private async Task<ReconcileOutcome> WithControllerAsync(
        Func<IEntityController<TEntity>, Task<ReconciliationResult<TEntity>>> call, TEntity entity)
    {
        using var context = ReconcileContext.Enter(entity);
        await using var scope = scopes.CreateAsyncScope();
        return ReconcileOutcome.Of(await call((IEntityController<TEntity>)scope.ServiceProvider.GetRequiredService(controllerType)));
    }
}

/// <summary>On whose behalf the code at hand runs: writes without an owner are remembered for this entity.</summary>
internal sealed class ReconcileContext : IDisposable
{
    private static readonly AsyncLocal<string?> Current = new();
    private readonly string? outer = Current.Value;

    /// <summary>The uid of the entity that is being reconciled, or null.</summary>
    internal static string? EntityUid => Current.Value;

    internal static ReconcileContext Enter(IKubernetesObject<V1ObjectMeta> entity)
    {
        var context = new ReconcileContext();
        Current.Value = entity.Metadata.Uid;
        return context;
    }

    public void Dispose() => Current.Value = outer;
}
