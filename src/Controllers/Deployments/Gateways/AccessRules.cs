using Nemotron.Crds;
using Nemotron.Engines.Launch;
using EngineKind = Nemotron.Crds.EngineKind;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>What of <c>spec.gateway</c>'s keys the gateway cannot hold.</summary>
internal static class AccessRules
{
    /// <summary>What whoever asks for keys should know, since it is not for the gateway to hold; null for nothing.</summary>
    public static string? Note(NemotronDeploymentSpec spec) => spec is { Gateway.ApiKeysSecretRef: not null, NetworkPolicy: not { Enabled: true } }
        ? $"{(spec.Engine?.Type == EngineKind.Triton ? $"The engine's own ports, {LaunchSpec.PortBehindGateway} and gRPC's, ask" : $"The engine's own port {LaunchSpec.PortBehindGateway} asks")} for no key of those that reach a pod's address: set spec.networkPolicy.enabled, or keep others from {(spec.Engine?.Type == EngineKind.Triton ? "them" : "it")} with a NetworkPolicy of your own."
        : null;
}
