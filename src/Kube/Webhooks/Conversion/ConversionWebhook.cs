using k8s;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>Says which entities a <see cref="ConversionWebhook{TEntity}"/> converts, and so where it listens. The name and shape are KubeOps'.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ConversionWebhookAttribute : Attribute, IWebhookAttribute
{
    /// <summary>Declares the entity.</summary>
    /// <param name="entityType">The version that all others are converted through, a type with a <c>[KubernetesEntity]</c> attribute.</param>
    public ConversionWebhookAttribute(Type entityType) => EntityType = entityType;

    /// <summary>The entity's type.</summary>
    public Type EntityType { get; }

    /// <summary>The path of the webhook's URL: <c>/convert/widget</c> for a class <c>Widget</c>.</summary>
    public string Path => $"{WebhookEndpoints.ConversionPathPrefix}/{EntityType.Name.ToLowerInvariant()}";
}

/// <summary>
/// Converts objects of one kind between its versions, each through the version <typeparamref name="TEntity"/>. The API server asks for every read and write in a version that is not the stored one,
/// so every replica answers at all times, its caches full or not. What an object is – name, namespace, uid, versions, owners – stays as it was; of the metadata only labels and annotations are a
/// converter's, where a version keeps what the other has no field for.
/// </summary>
/// <typeparam name="TEntity">The version that all others are converted through; the stored one, as a rule.</typeparam>
public abstract class ConversionWebhook<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>One converter for each other version.</summary>
    public abstract IEnumerable<IEntityConverter<TEntity>> Converters { get; }
}

/// <summary>Converts between one version and the one in the middle. Implement <see cref="EntityConverter{TFrom, TTo}"/>.</summary>
/// <typeparam name="TTo">The version in the middle.</typeparam>
public interface IEntityConverter<TTo>
    where TTo : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The other version's type.</summary>
    Type FromType { get; }

    /// <summary>From the other version.</summary>
    /// <param name="from">An object of <see cref="FromType"/>.</param>
    TTo Convert(object from);

    /// <summary>Back to the other version.</summary>
    /// <param name="to">An object of the version in the middle.</param>
    object Revert(TTo to);
}

/// <summary>Converts between two versions. Both ways must lose nothing: what one version cannot say belongs in an annotation.</summary>
/// <typeparam name="TFrom">The other version.</typeparam>
/// <typeparam name="TTo">The version in the middle.</typeparam>
public abstract class EntityConverter<TFrom, TTo> : IEntityConverter<TTo>
    where TFrom : class, IKubernetesObject<V1ObjectMeta>
    where TTo : class, IKubernetesObject<V1ObjectMeta>
{
    /// <inheritdoc/>
    public Type FromType => typeof(TFrom);

    /// <summary>From the other version.</summary>
    /// <param name="from">The object as the client or the store has it.</param>
    public abstract TTo Convert(TFrom from);

    /// <summary>Back to the other version.</summary>
    /// <param name="to">The object in the version in the middle.</param>
    public abstract TFrom Revert(TTo to);

    /// <inheritdoc/>
    TTo IEntityConverter<TTo>.Convert(object from) => Convert((TFrom)from);

    /// <inheritdoc/>
    object IEntityConverter<TTo>.Revert(TTo to) => Revert(to);
}
