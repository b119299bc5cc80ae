using k8s;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Admission;

/// <summary>
/// Judges what a resource wants when it is new or changes, as Kubernetes ratchets its own validation: a change of anything but the spec, or on the way out, is never refused, and neither is one
/// for a fault that the stored spec has as well (a finalizer must come off, replicas must go down, whatever has become of the cluster since). The fault is then a warning.
/// </summary>
/// <typeparam name="T">The resource.</typeparam>
/// <typeparam name="TSpec">Its wanted state.</typeparam>
/// <typeparam name="TStatus">Its observed state.</typeparam>
internal abstract class SpecValidator<T, TSpec, TStatus> : ValidationWebhook<T>
    where T : NemotronResource<TSpec, TStatus>
    where TSpec : class, new()
    where TStatus : class
{
    // What a name that the API server makes up ends with.
    private const string GeneratedSuffix = "xxxxx";

    /// <inheritdoc/>
    public sealed override async Task<ValidationResult> CreateAsync(T entity, bool dryRun, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(entity.Metadata.Name)) entity.Metadata.Name = entity.Metadata.GenerateName + GeneratedSuffix;
        return (await JudgeAsync(entity, cancellationToken)).Unless(Growth(null, entity)).ToResult();
    }

    /// <inheritdoc/>
    public sealed override async Task<ValidationResult> UpdateAsync(T oldEntity, T newEntity, bool dryRun, CancellationToken cancellationToken)
    {
        if (newEntity.Metadata.DeletionTimestamp is not null || KubernetesJson.Serialize(oldEntity.Spec) == KubernetesJson.Serialize(newEntity.Spec)) return Success();
        var verdict = await JudgeAsync(newEntity, cancellationToken);
        return verdict.Refusal is { } fault && (await JudgeAsync(oldEntity, cancellationToken)).Refusal == fault
            ? Success([fault, .. verdict.Warnings])
            : verdict.Unless(Growth(oldEntity, newEntity)).ToResult();
    }

    /// <summary>Why an object may not ask for more than it did; null where it may, or does not.</summary>
    /// <param name="old">The object as it is; null for a new one.</param>
    /// <param name="entity">The object as it is to be.</param>
    protected virtual string? Growth(T? old, T entity) => null;

    /// <summary>Judges a spec by what the cluster has now.</summary>
    protected abstract Task<AdmissionVerdict> JudgeAsync(T entity, CancellationToken cancellationToken);
}
