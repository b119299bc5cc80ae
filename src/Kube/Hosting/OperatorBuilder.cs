using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Nemotron.Kube;

internal partial class OperatorBuilder(IServiceCollection services, OperatorSettings settings) : IOperatorBuilder
{
    public IServiceCollection Services => services;

    public OperatorSettings Settings => settings;

    public IControllerBuilder<TEntity> AddController<TController, TEntity>()
        where TController : class, IEntityController<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        services.TryAddScoped<TController>();
        var registration = new ControllerRegistration<TEntity>(typeof(TController), settings);
        services.AddSingleton<IControllerRegistration>(registration);
        return new ControllerBuilder<TEntity>(services, settings, registration);
    }

    public IOperatorBuilder AddFinalizer<TFinalizer, TEntity>(string identifier)
        where TFinalizer : class, IEntityFinalizer<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        if (!FinalizerId().IsMatch(identifier))
        {
            throw new ArgumentException(
                $"\"{identifier}\" is no finalizer id: it must be group/name, the group a DNS name, the name at most 63 characters.", nameof(identifier));
        }

        services.TryAddScoped<TFinalizer>();
        services.AddSingleton(new FinalizerRegistration<TEntity>(identifier, typeof(TFinalizer)));
        return this;
    }

    public IOperatorBuilder AddLeaderService<TService>()
        where TService : class, ILeaderService
    {
        services.TryAddSingleton<TService>();
        services.AddSingleton<ILeaderService>(p => p.GetRequiredService<TService>());
        return this;
    }

    public IOperatorBuilder AddValidationWebhook<TWebhook, TEntity>()
        where TWebhook : ValidationWebhook<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        services.TryAddScoped<TWebhook>();
        services.AddSingleton<IWebhookRegistration>(new ValidationWebhookRegistration<TWebhook, TEntity>());
        return this;
    }

    public IOperatorBuilder AddConversionWebhook<TWebhook, TEntity>()
        where TWebhook : ConversionWebhook<TEntity>
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        services.TryAddScoped<TWebhook>();
        services.AddSingleton<IWebhookRegistration>(new ConversionWebhookRegistration<TWebhook, TEntity>());
        return this;
    }

    public IOperatorBuilder AddWebhookCertificate(Action<WebhookCertificateSettings> configure)
    {
        var certificate = new WebhookCertificateSettings();
        configure(certificate);
        certificate.Validate();
        services.AddSingleton(certificate);
        services.TryAddSingleton(new CertificateLifetimes());
        services.AddSingleton<ServingCertificate>();
        services.AddSingleton<IKubeCheck>(p => p.GetRequiredService<ServingCertificate>());
        if (certificate.Directory is null) services.AddHostedService<CertificateKeeper>();
        else services.AddHostedService<MountedCertificate>();
        return this;
    }

    public IOperatorBuilder AddInformer<T>(Action<InformerOptions<T>> configure)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        services.AddSingleton(new InformerConfiguration<T>(configure));
        return this;
    }

    public IOperatorBuilder AddJsonContracts(IJsonTypeInfoResolver contracts)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        KubeJson.Use(contracts);
        return this;
    }

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex FinalizerId();
}

internal sealed class ControllerBuilder<TEntity>(
    IServiceCollection services, OperatorSettings settings, ControllerRegistration<TEntity> registration)
    : OperatorBuilder(services, settings), IControllerBuilder<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public IControllerBuilder<TEntity> Owns<TOwned>(EventPredicate<TOwned>? predicate = null)
        where TOwned : class, IKubernetesObject<V1ObjectMeta>
    {
        var entity = ResourceType.Of<TEntity>();
        return Watches<TOwned>((obj, _) => ControllerReference.To(entity, obj), predicate);
    }

    public IControllerBuilder<TEntity> Watches<TWatched>(
        Func<TWatched, IInformerCaches, IEnumerable<NamespacedName>> map, EventPredicate<TWatched>? predicate = null, TimeSpan within = default)
        where TWatched : class, IKubernetesObject<V1ObjectMeta>
    {
        registration.Sources.Add((caches, sink) => caches.Informer<TWatched>().AddHandler(new MappedChanges<TWatched>(sink, map, predicate, within)));
        return this;
    }

    public IControllerBuilder<TEntity> WithPredicate(EventPredicate<TEntity> predicate)
    {
        registration.Predicate = predicate;
        return this;
    }

    public IControllerBuilder<TEntity> MaxConcurrentReconciles(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        registration.MaxConcurrentReconciles = count;
        return this;
    }

    public IControllerBuilder<TEntity> WithReconciliationTimeout(TimeSpan? timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(timeout));
        registration.ReconciliationTimeout = timeout;
        return this;
    }

    public IControllerBuilder<TEntity> Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        registration.Name = name;
        return this;
    }
}
