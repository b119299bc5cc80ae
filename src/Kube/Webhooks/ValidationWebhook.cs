using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Says which entities a <see cref="ValidationWebhook{TEntity}"/> is asked about, and so where it listens. The name and shape are KubeOps'.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ValidationWebhookAttribute : Attribute, IWebhookAttribute
{
    /// <summary>Declares the entity.</summary>
    /// <param name="entityType">A type with a <c>[KubernetesEntity]</c> attribute.</param>
    public ValidationWebhookAttribute(Type entityType) => EntityType = entityType;

    /// <summary>The entity's type.</summary>
    public Type EntityType { get; }

    /// <summary>The path of the webhook's URL: <c>/validate/widget</c> for a class <c>Widget</c>.</summary>
    public string Path => $"/validate/{EntityType.Name.ToLowerInvariant()}";
}

/// <summary>
/// Judges writes of one kind of entity before the API server stores them. Every replica is asked, leading or not, once its caches are full.
/// Override the operations that the webhook's configuration names; the others are allowed. There must be no side effect, so a dry run needs no care.
/// An exception, or no answer in time, is no verdict: the configuration's <c>failurePolicy</c> decides then.
/// </summary>
/// <typeparam name="TEntity">The entity's type.</typeparam>
public abstract class ValidationWebhook<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Judges a new entity.</summary>
    /// <param name="entity">As it would be stored: defaults are set and the schema has been checked.</param>
    /// <param name="dryRun">Whether it will not be stored in any case.</param>
    public virtual ValidationResult Create(TEntity entity, bool dryRun) => Success();

    /// <summary>Judges a new entity; by default by <see cref="Create"/>.</summary>
    /// <param name="entity">As it would be stored.</param>
    /// <param name="dryRun">Whether it will not be stored in any case.</param>
    /// <param name="cancellationToken">Cancelled when the API server waits no longer.</param>
    public virtual Task<ValidationResult> CreateAsync(TEntity entity, bool dryRun, CancellationToken cancellationToken) => Task.FromResult(Create(entity, dryRun));

    /// <summary>Judges a change, of the metadata alone as well.</summary>
    /// <param name="oldEntity">As it is stored.</param>
    /// <param name="newEntity">As it would be stored.</param>
    /// <param name="dryRun">Whether it will not be stored in any case.</param>
    public virtual ValidationResult Update(TEntity oldEntity, TEntity newEntity, bool dryRun) => Success();

    /// <summary>Judges a change; by default by <see cref="Update"/>.</summary>
    /// <param name="oldEntity">As it is stored.</param>
    /// <param name="newEntity">As it would be stored.</param>
    /// <param name="dryRun">Whether it will not be stored in any case.</param>
    /// <param name="cancellationToken">Cancelled when the API server waits no longer.</param>
    public virtual Task<ValidationResult> UpdateAsync(TEntity oldEntity, TEntity newEntity, bool dryRun, CancellationToken cancellationToken) =>
        Task.FromResult(Update(oldEntity, newEntity, dryRun));

    /// <summary>Judges a deletion.</summary>
    /// <param name="entity">As it is stored.</param>
    /// <param name="dryRun">Whether it will not be deleted in any case.</param>
    public virtual ValidationResult Delete(TEntity entity, bool dryRun) => Success();

    /// <summary>Judges a deletion; by default by <see cref="Delete"/>.</summary>
    /// <param name="entity">As it is stored.</param>
    /// <param name="dryRun">Whether it will not be deleted in any case.</param>
    /// <param name="cancellationToken">Cancelled when the API server waits no longer.</param>
    public virtual Task<ValidationResult> DeleteAsync(TEntity entity, bool dryRun, CancellationToken cancellationToken) => Task.FromResult(Delete(entity, dryRun));

    /// <summary>Allows the write.</summary>
    /// <param name="warnings">Sentences that the client shows to its user, such as kubectl's <c>Warning: …</c>; the API server cuts them after 256 characters when they are many.</param>
    protected static ValidationResult Success(params IEnumerable<string> warnings) => ValidationResult.Success(warnings);

    /// <summary>Refuses the write.</summary>
    /// <param name="message">Where the fault is and what would be right; the API server puts the webhook's name before it.</param>
    /// <param name="statusCode">The HTTP status of the client's answer, 400 to 599.</param>
    protected static ValidationResult Fail(string message, int statusCode = ValidationResult.Invalid) => ValidationResult.Fail(message, statusCode);
}
