using k8s.Models;
using Nemotron.Crds;
using Nemotron.Engines.Launch;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>
/// Who may reach the pods: clients at the ports that are theirs, Prometheus where metrics are, the operator and the replica's own pods everywhere. The kubelet's probes
/// come from the pod's own node, which policies let through. What goes out (weights are fetched) is not limited.
/// </summary>
internal static class EngineNetworkPolicy
{
    /// <summary>The policy; null where none is asked for.</summary>
    /// <param name="owner">The NemotronDeployment.</param>
    /// <param name="decided">What was decided about it.</param>
    /// <param name="peers">Who else is let in.</param>
    public static V1NetworkPolicy? Build(NemotronDeployment owner, DecidedDeployment decided, PolicyPeers peers) => owner.Spec.NetworkPolicy is not { Enabled: true } declared ? null : new V1NetworkPolicy
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "NetworkPolicy",
        Metadata = ChildMetadata.Of(owner, ChildNames.NetworkPolicy(owner.Metadata.Name)),
        Spec = new V1NetworkPolicySpec
        {
            // Of all its pods: those that compute for another have no clients.
            PodSelector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) },
            PolicyTypes = ["Ingress"],
            Ingress =
            [
                .. Clients(declared.AllowFrom, Served(decided)),
                .. decided.Front is null ? [] : Front(owner.Metadata.Name),
                new V1NetworkPolicyIngressRule { FromProperty = [peers.Prometheus], Ports = [.. Metrics(decided).Distinct().Order().Select(Port)] },
                new V1NetworkPolicyIngressRule { FromProperty = [peers.Operator] },
                new V1NetworkPolicyIngressRule { FromProperty = [new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector { MatchLabels = ChildLabels.Selector(owner.Metadata.Name) } }] },
            ],
        },
    };

    /// <summary>The policy of the pod that holds requests; null where there is none, or none is asked for.</summary>
    public static V1NetworkPolicy? BuildFront(NemotronDeployment owner, DecidedDeployment decided, PolicyPeers peers) => decided.Front is null || owner.Spec.NetworkPolicy is not { Enabled: true } declared ? null : new V1NetworkPolicy
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "NetworkPolicy",
        Metadata = ChildMetadata.Of(owner, ChildNames.Front(owner.Metadata.Name)),
        Spec = new V1NetworkPolicySpec
        {
            PodSelector = new V1LabelSelector { MatchLabels = ChildLabels.FrontSelector(owner.Metadata.Name) },
            PolicyTypes = ["Ingress"],
            Ingress = [.. Clients(declared.AllowFrom, [LaunchSpec.HttpPort]), new V1NetworkPolicyIngressRule { FromProperty = [peers.Operator] }],
        },
    };

    private static IEnumerable<V1NetworkPolicyIngressRule> Clients(IReadOnlyList<NetworkPeer>? allowed, IEnumerable<int> ports)
    {
        // A rule with an empty list of peers would let in everyone.
        if (allowed is { Count: 0 }) yield break;
        var peers = allowed?.Select(peer => new V1NetworkPolicyPeer { NamespaceSelector = peer.NamespaceSelector, PodSelector = peer.PodSelector })
            ?? [new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector() }];
        yield return new V1NetworkPolicyIngressRule { FromProperty = [.. peers], Ports = [.. ports.Distinct().Order().Select(Port)] };
    }

    // What was held goes on to the replicas.
    private static IEnumerable<V1NetworkPolicyIngressRule> Front(string owner) =>
        [new V1NetworkPolicyIngressRule { FromProperty = [new V1NetworkPolicyPeer { PodSelector = new V1LabelSelector { MatchLabels = ChildLabels.FrontSelector(owner) } }], Ports = [Port(LaunchSpec.HttpPort)] }];

    // Behind a gateway the engine's own HTTP is not among them, and behind one that holds something against clients its gRPC neither.
    private static IEnumerable<int> Served(DecidedDeployment decided)
    {
        if (decided.Gateway is not null) yield return LaunchSpec.HttpPort;
        foreach (var port in decided.Launch.Ports)
            if (port.Name == LaunchSpec.HttpPortName || (port.Name == LaunchSpec.GrpcPortName && decided.Gateway is not { Guards: true })) yield return port.Number;
    }

    private static IEnumerable<int> Metrics(DecidedDeployment decided)
    {
        if (decided.Gateway is not null) yield return GatewayContainer.AdminPort;
        // By its number: names are the containers' own, and plugins differ in whether they know them.
        if (decided.Launch.Metrics is { } metrics) yield return decided.Launch.Ports.First(port => port.Name == metrics.Port).Number;
    }

    private static V1NetworkPolicyPort Port(int number) => new() { Port = number, Protocol = "TCP" };
}
