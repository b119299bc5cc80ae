using k8s.Models;
using Nemotron.Controllers.Deployments.Children;
using Nemotron.Controllers.Views;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Controllers.Deployments;

/// <summary>How the front of a deployment stands, as the caches have it.</summary>
/// <param name="Back">The address of the Service that leads to the replicas alone; null for none.</param>
/// <param name="Serves">Whether the front takes requests.</param>
/// <param name="Counts">Where the front tells what it holds, while clients are led to it; null else.</param>
internal sealed record FrontState(string? Back, bool Serves, Uri? Counts)
{
    /// <summary>There is none.</summary>
    public static FrontState None { get; } = new(null, false, null);

    /// <summary>Looks.</summary>
    public static FrontState Of(NemotronDeployment entity, IInformerCache<V1Service> services, IInformerCache<V1Deployment> deployments)
    {
        if (entity.Spec.Autoscaling?.ScaleToZero is null) return None;
        var (space, name) = (entity.Metadata.NamespaceProperty, entity.Metadata.Name);
        return new FrontState(
            Address(services.Get(space, ChildNames.BackService(name))),
            deployments.Get(space, ChildNames.Front(name))?.Status?.ReadyReplicas > 0,
            CountsOf(services.Get(space, ChildNames.Service(name)), name));
    }

    private static Uri? CountsOf(V1Service? clients, string name) =>
        clients?.Spec?.Selector?.TryGetValue(ChildLabels.Front, out var front) == true && front == name && Address(clients) is { } address
        && clients.Spec.Ports?.FirstOrDefault(port => port.Name == EngineServices.GatewayMetricsPort) is { } port
            ? new UriBuilder("http", address, port.Port, "/metrics").Uri
            : null;

    private static string? Address(V1Service? service) => service?.Spec?.ClusterIP is { Length: > 0 } address and not "None" ? UrlHost.Of(address) : null;
}
