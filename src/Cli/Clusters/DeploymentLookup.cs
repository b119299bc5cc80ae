using Nemotron.Crds;
using Nemotron.Kube;
using Nemotron.Planning;

namespace Nemotron.Cli.Clusters;

/// <summary>Finds NemotronDeployments in a cluster, and says in words what is not there.</summary>
internal static class DeploymentLookup
{
    /// <summary>All of a namespace, or of all namespaces, by name.</summary>
    /// <exception cref="NotFoundException">The CRD is not installed.</exception>
    public static async Task<IReadOnlyList<NemotronDeployment>> AllAsync(ApiConnection cluster, string? ns, CancellationToken cancellationToken)
    {
        var found = await cluster.ListAsync<NemotronDeployment>(ns, null, cancellationToken)
            ?? throw new NotFoundException($"{cluster.Server} has no NemotronDeployments: the CRDs are not installed (kubectl apply -k config/crd, or helm install).");
        return [.. found.OrderBy(entity => entity.Metadata.NamespaceProperty, StringComparer.Ordinal).ThenBy(entity => entity.Metadata.Name, StringComparer.Ordinal)];
    }

    /// <summary>One by its name.</summary>
    /// <exception cref="NotFoundException">There is none; the message names near ones.</exception>
    public static async Task<NemotronDeployment> OneAsync(ApiConnection cluster, string ns, string name, CancellationToken cancellationToken)
    {
        if (await cluster.GetAsync<NemotronDeployment>(ns, name, cancellationToken) is { } entity) return entity;
        var names = (await AllAsync(cluster, ns, cancellationToken)).Select(known => known.Metadata.Name).ToArray();
        throw new NotFoundException(names.Length == 0
            ? $"namespace {ns} has no NemotronDeployment '{name}', and no other either; is it another namespace (-n)?"
            : $"namespace {ns} has no NemotronDeployment '{name}'; did you mean {string.Join(", ", NearestNames.Of(name, names))}?");
    }
}

/// <summary>What was asked for is not in the cluster.</summary>
internal sealed class NotFoundException(string message) : Exception(message);
