using k8s;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Nemotron.Kube;

/// <summary>Adds a Kubernetes operator to a host.</summary>
public static class KubernetesOperatorExtensions
{
    /// <summary>
    /// Adds the runtime: client, caches, appliers, events, leader election. Nothing runs before the host starts. An unreachable API server or a missing
    /// resource type does not end the process: it keeps trying and <c>/readyz</c> says what is missing. A missing or broken kubeconfig does: starting the host throws
    /// <see cref="KubeconfigException"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>A builder for controllers and finalizers.</returns>
    /// <exception cref="ArgumentException">A setting cannot work; the message says which.</exception>
    public static IOperatorBuilder AddKubernetesOperator(this IServiceCollection services, Action<OperatorSettings>? configure = null)
    {
        var settings = new OperatorSettings();
        configure?.Invoke(settings);
        settings.Validate();
        services.AddLogging();
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Metrics.DefaultRegistry);
        services.AddSingleton(_ => new Jitter(settings.RandomSeed ?? HashCode.Combine(Environment.TickCount64, Environment.ProcessId, Environment.MachineName)));
        services.AddSingleton(p => new RuntimeMetrics(p.GetRequiredService<CollectorRegistry>()));
        services.AddSingleton(p => new WebhookMetrics(p.GetRequiredService<CollectorRegistry>()));
        services.AddSingleton(p => new InformerCaches(
            p, settings, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<Jitter>(), p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IInformerCaches>(p => p.GetRequiredService<InformerCaches>());
        services.AddSingleton(typeof(IInformerCache<>), typeof(InjectedCache<>));
        services.AddSingleton(typeof(ReconcileQueue<>));
        services.AddSingleton(typeof(IReconcileQueue<>), typeof(InjectedReconcileQueue<>));
        services.AddSingleton(p => new PendingWrites(p.GetRequiredService<InformerCaches>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => KubeClientFactory.Create(
            settings, p.GetRequiredService<RuntimeMetrics>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<Jitter>(),
            p.GetRequiredService<ILoggerFactory>().CreateLogger("Nemotron.Kube.Client")));
        services.TryAddSingleton<IKubernetes>(p => p.GetRequiredService<KubeClient>());
        services.AddSingleton(p => new KubeApi(p.GetRequiredService<KubeClient>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IServerSideApply>(p => new ServerSideApply(
            p.GetRequiredService<KubeApi>(), p.GetRequiredService<InformerCaches>(), p.GetRequiredService<PendingWrites>(), settings,
            p.GetRequiredService<ILogger<ServerSideApply>>()));
        services.AddSingleton<IStatusWriter>(p => new StatusWriter(p.GetRequiredService<KubeApi>(), p.GetRequiredService<PendingWrites>(), settings));
        services.AddSingleton<IObjectPatcher>(p => new ObjectPatcher(p.GetRequiredService<KubeApi>(), p.GetRequiredService<PendingWrites>(), settings));
        services.AddSingleton<INamedObjects>(p => new NamedObjects(p.GetRequiredService<KubeApi>(), settings));
        services.AddSingleton(p => new EventRecorder(
            p.GetRequiredService<KubeApi>(), settings, p.GetRequiredService<RuntimeMetrics>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<EventRecorder>>()));
        services.AddSingleton<EventPublisher>(p => p.GetRequiredService<EventRecorder>().PublishAsync);
        services.TryAddSingleton<IProcessEnd, ProcessEnd>();
        services.AddSingleton<OperatorHost>();
        services.AddHostedService(p => p.GetRequiredService<OperatorHost>());
        services.Configure<HostOptions>(o =>
        {
            // The host must not give up before the operator does.
            var needed = settings.GracefulShutdownTimeout + TimeSpan.FromSeconds(10);
            o.ShutdownTimeout = o.ShutdownTimeout > needed ? o.ShutdownTimeout : needed;
        });
        services.AddSingleton(p => new FinalizerPatch(p.GetRequiredService<KubeApi>(), settings, p.GetRequiredService<PendingWrites>()));
        return new OperatorBuilder(services, settings);
    }
}
