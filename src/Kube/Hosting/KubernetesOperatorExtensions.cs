using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace Nemotron.Kube;

/// <summary>Adds a Kubernetes operator to a host.</summary>
public static class KubernetesOperatorExtensions
{
    /// <summary>
    /// Adds the runtime: client, caches, appliers, events, leader election. Nothing runs before the host starts. An unreachable API server or a missing
    /// resource type does not end the process: it keeps trying and <c>/readyz</c> says what is missing.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>A builder for controllers and finalizers.</returns>
    public static IOperatorBuilder AddKubernetesOperator(this IServiceCollection services, Action<OperatorSettings>? configure = null)
    {
        var settings = new OperatorSettings();
        configure?.Invoke(settings);
        services.AddLogging();
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Metrics.DefaultRegistry);
        services.AddSingleton(_ => new Jitter(settings.RandomSeed ?? HashCode.Combine(Environment.TickCount64, Environment.ProcessId, Environment.MachineName)));
        services.AddSingleton(p => new RuntimeMetrics(p.GetRequiredService<CollectorRegistry>()));
        services.AddSingleton(p => new InformerCaches(
            p, settings, p.GetRequiredService<TimeProvider>(), p.GetRequiredService<Jitter>(), p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IInformerCaches>(p => p.GetRequiredService<InformerCaches>());
        services.AddSingleton(typeof(IInformerCache<>), typeof(InjectedCache<>));
        services.AddSingleton(p => new PendingWrites(p.GetRequiredService<InformerCaches>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new FinalizerPatch(p.GetRequiredService<KubeApi>(), settings, p.GetRequiredService<PendingWrites>()));
        return new OperatorBuilder(services, settings);
    }
}
