using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Who must reach pods whatever a NemotronDeployment lets in.</summary>
/// <param name="Operator">The operator's own pods: they ask engines and gateways how they are.</param>
/// <param name="Prometheus">The pods that scrape.</param>
internal sealed record PolicyPeers(V1NetworkPolicyPeer Operator, V1NetworkPolicyPeer Prometheus)
{
    /// <summary>All pods of the namespace <c>monitoring</c>, as the usual charts have it.</summary>
    public static V1NetworkPolicyPeer UsualPrometheus { get; } = new() { NamespaceSelector = Named("monitoring") };

    /// <summary>With the operator's pods by the label that chart and manifests give them.</summary>
    /// <param name="operatorNamespace">Where the operator runs.</param>
    /// <param name="prometheus">Who scrapes; null for <see cref="UsualPrometheus"/>.</param>
    public static PolicyPeers Of(string operatorNamespace, V1NetworkPolicyPeer? prometheus) => new(
        new V1NetworkPolicyPeer
        {
            NamespaceSelector = Named(operatorNamespace),
            PodSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { [NemotronLabels.Name] = "nemotron-operator" } },
        },
        prometheus ?? UsualPrometheus);

    // The API server gives each namespace this label.
    private static V1LabelSelector Named(string ns) => new() { MatchLabels = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = ns } };
}
