using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;

namespace Nemotron.Kube;

/// <summary>Puts an operator together: <c>services.AddKubernetesOperator(…).AddController&lt;…&gt;()</c>.</summary>
public interface IOperatorBuilder
{
    /// <summary>The host's services.</summary>
    IServiceCollection Services { get; }

    /// <summary>The operator's settings.</summary>
    OperatorSettings Settings { get; }

    /// <summary>
    /// Adds a controller. It is resolved from the host's services once per reconcile, in a scope of its own (as KubeOps does);
    /// register it as a singleton beforehand to keep one instance.
    /// </summary>
    /// <typeparam name="TController">The controller's type.</typeparam>
    /// <typeparam name="TEntity">The entity's type, with a <c>[KubernetesEntity]</c> attribute.</typeparam>
    /// <returns>A builder for what this controller watches besides its entity; it can also go on with the operator.</returns>
    IControllerBuilder<TEntity> AddController<TController, TEntity>()
        where TController : class, IEntityController<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Adds a finalizer for the entities of a controller.</summary>
    /// <typeparam name="TFinalizer">The finalizer's type.</typeparam>
    /// <typeparam name="TEntity">The entity's type.</typeparam>
    /// <param name="identifier">The id in <c>metadata.finalizers</c>: <c>group/name</c>, the name at most 63 characters.</param>
    IOperatorBuilder AddFinalizer<TFinalizer, TEntity>(string identifier)
        where TFinalizer : class, IEntityFinalizer<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Adds work that only the leader does. One instance for the whole process.</summary>
    /// <typeparam name="TService">The work.</typeparam>
    IOperatorBuilder AddLeaderService<TService>()
        where TService : class, ILeaderService;

    /// <summary>
    /// Adds a webhook that judges writes of an entity type before they are stored. The host maps it with <see cref="WebhookEndpoints.MapKubeWebhooks"/>. It is resolved from the host's services
    /// once per question, in a scope of its own; register it as a singleton beforehand to keep one instance.
    /// </summary>
    /// <typeparam name="TWebhook">The webhook's type, with a <c>[ValidationWebhook]</c> attribute.</typeparam>
    /// <typeparam name="TEntity">The entity's type.</typeparam>
    /// <exception cref="ArgumentException">The attribute is missing, or names another entity.</exception>
    IOperatorBuilder AddValidationWebhook<TWebhook, TEntity>()
        where TWebhook : ValidationWebhook<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Adds a webhook that converts objects of an entity type between its versions. The host maps it with <see cref="WebhookEndpoints.MapKubeWebhooks"/>; the CustomResourceDefinition names it
    /// in <c>spec.conversion</c>. It is resolved once per question, as above.
    /// </summary>
    /// <typeparam name="TWebhook">The webhook's type, with a <c>[ConversionWebhook]</c> attribute.</typeparam>
    /// <typeparam name="TEntity">The version that all others are converted through.</typeparam>
    /// <exception cref="ArgumentException">The attribute is missing, or names another entity.</exception>
    IOperatorBuilder AddConversionWebhook<TWebhook, TEntity>()
        where TWebhook : ConversionWebhook<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Makes and renews the certificate that webhooks are served with, by an authority of the operator's own, and has the API server trust it. All replicas share one through a Secret.
    /// The host listens with <see cref="WebhookEndpoints.ListenForWebhooks"/>; <see cref="RbacRules.OfWebhooks"/> says which rights it takes.
    /// </summary>
    /// <param name="configure">Changes the settings.</param>
    /// <exception cref="ArgumentException">A setting cannot work; the message says which.</exception>
    IOperatorBuilder AddWebhookCertificate(Action<WebhookCertificateSettings> configure);

    /// <summary>Says what the shared cache of a type holds. Without it: every object, whole but for <c>managedFields</c>.</summary>
    /// <typeparam name="T">The cached type.</typeparam>
    /// <param name="configure">Sets the options; several calls add up.</param>
    IOperatorBuilder AddInformer<T>(Action<InformerOptions<T>> configure)
        where T : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>
    /// Gives the runtime compiled JSON contracts (a <c>JsonSerializerContext</c>, in metadata mode) of the types that this operator reads and writes. Without them it
    /// works all the same, but starts later and takes more memory. They hold for the whole process.
    /// </summary>
    /// <param name="contracts">The contracts.</param>
    IOperatorBuilder AddJsonContracts(IJsonTypeInfoResolver contracts);
}

/// <summary>Says what leads to a reconcile of a controller's entity, and how reconciles run.</summary>
/// <typeparam name="TEntity">The controller's entity.</typeparam>
public interface IControllerBuilder<TEntity> : IOperatorBuilder
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>A change of an object whose controller reference names an entity leads to a reconcile of that entity.</summary>
    /// <typeparam name="TOwned">The owned type.</typeparam>
    /// <param name="predicate">Which changes count; null: all.</param>
    IControllerBuilder<TEntity> Owns<TOwned>(EventPredicate<TOwned>? predicate = null)
        where TOwned : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>A change of an object leads to a reconcile of the entities that <paramref name="map"/> names, for the object before and after.</summary>
    /// <typeparam name="TWatched">The watched type.</typeparam>
    /// <param name="map">Pure and quick: it runs in the informer's loop. It may read the caches.</param>
    /// <param name="predicate">Which changes count; null: all.</param>
    /// <param name="within">
    /// How long the reconcile may wait to be joined by further changes: for objects that are many and change in bursts. The default is not at all.
    /// </param>
    IControllerBuilder<TEntity> Watches<TWatched>(
        Func<TWatched, IInformerCaches, IEnumerable<NamespacedName>> map,
        EventPredicate<TWatched>? predicate = null,
        TimeSpan within = default)
        where TWatched : class, IKubernetesObject<V1ObjectMeta>;

    /// <summary>Which changes of the entity itself count, in place of <see cref="OperatorSettings.ReconcileStrategy"/>. Deletions always count.</summary>
    /// <param name="predicate">The predicate.</param>
    IControllerBuilder<TEntity> WithPredicate(EventPredicate<TEntity> predicate);

    /// <summary>Reconciles that may run at once, each of another object.</summary>
    /// <param name="count">At least 1.</param>
    IControllerBuilder<TEntity> MaxConcurrentReconciles(int count);

    /// <summary>Cancels a reconcile after this time, in place of <see cref="OperatorSettings.ReconciliationTimeout"/>.</summary>
    /// <param name="timeout">More than zero; null: never.</param>
    IControllerBuilder<TEntity> WithReconciliationTimeout(TimeSpan? timeout);

    /// <summary>The controller's name in metrics and logs, in place of the entity's kind in lower case.</summary>
    /// <param name="name">Unique within the process.</param>
    IControllerBuilder<TEntity> Named(string name);
}
