using Microsoft.Extensions.Hosting;
using Nemotron.Crds;
using Nemotron.Kube;
using Prometheus;

namespace Nemotron.Controllers.Observing;

/// <summary>
/// Shows Prometheus, whenever it asks, what the cached resources say of themselves: the numbers of <c>kubectl get nemo,gnp</c>. Replicas of the operator that
/// do not lead show the same.
/// </summary>
internal sealed class ResourceMetrics(CollectorRegistry registry, IInformerCache<NemotronDeployment> deployments, IInformerCache<GpuNodePool> pools) : IHostedService
{
    // Two Prometheus servers may ask at the same time.
    private readonly Lock _showing = new();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var make = Metrics.WithCustomRegistry(registry);
        var ofDeployments = DeploymentGauges.Of(make);
        var ofPools = PoolGauges.Of(make);
        registry.AddBeforeCollectCallback(() =>
        {
            lock (_showing)
            {
                var (allDeployments, allPools) = (deployments.List(), pools.List());
                foreach (var gauge in ofDeployments) gauge.Show(allDeployments);
                foreach (var gauge in ofPools) gauge.Show(allPools);
            }
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
