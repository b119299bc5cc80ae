using Nemotron.Conformance.Envtest;

namespace Nemotron.Conformance;

/// <summary>Which server the suite is to run against.</summary>
internal enum ServerKind
{
    /// <summary>The Lab, in this process.</summary>
    Lab,

    /// <summary>A real kube-apiserver and etcd, started for the occasion.</summary>
    Envtest,

    /// <summary>The cluster of a kubeconfig. It is written to.</summary>
    Cluster,
}

/// <summary>The choice, as the environment makes it.</summary>
/// <param name="Kind">Which server.</param>
/// <param name="Place">The folder of its programs, or the kubeconfig; null for the Lab and for kubectl's own default.</param>
internal sealed record ServerChoice(ServerKind Kind, string? Place)
{
    /// <summary>
    /// A real control plane when <c>KUBEBUILDER_ASSETS</c> names the folder of its programs, else the cluster of <c>KUBECONFIG</c> when
    /// <c>CONFORMANCE_KUBECONFIG=1</c> allows writing to it, else the Lab.
    /// </summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    public static ServerChoice Of(Func<string, string?> variable)
    {
        if (variable(EnvtestBinaries.Variable) is { Length: > 0 } folder) return new(ServerKind.Envtest, folder);
        if (variable("CONFORMANCE_KUBECONFIG") == "1") return new(ServerKind.Cluster, variable("KUBECONFIG") is { Length: > 0 } file ? file : null);
        return new(ServerKind.Lab, null);
    }
}
