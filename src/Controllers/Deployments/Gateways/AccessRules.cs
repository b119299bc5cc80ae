using Nemotron.Crds;
using Nemotron.Engines.Launch;
using EngineKind = Nemotron.Crds.EngineKind;

namespace Nemotron.Controllers.Deployments.Gateways;

/// <summary>What of <c>spec.gateway</c>'s keys cannot be held.</summary>
internal static class AccessRules
{
    /// <summary>Why the keys would keep nobody out, and what would do; null where they can be held, or there are none.</summary>
    public static string? Refusal(NemotronDeploymentSpec spec) =>
        spec.Gateway?.ApiKeysSecretRef is not null && spec.Engine?.Type == EngineKind.Triton
            ? "spec.gateway.apiKeysSecretRef: cannot be held with spec.engine.type Triton: its gRPC port, which clients have a Service for, goes past the gateway and asks for no key. Leave it out, or use TrtLlmServe."
            : null;

    /// <summary>What whoever asks for keys should know, since it is not for the gateway to hold; null for nothing.</summary>
    public static string? Note(NemotronDeploymentSpec spec) => spec is { Gateway.ApiKeysSecretRef: not null, NetworkPolicy: not { Enabled: true } }
        ? $"The engine's own port {LaunchSpec.PortBehindGateway} asks for no key of those that reach a pod's address: set spec.networkPolicy.enabled, or keep others from it with a NetworkPolicy of your own."
        : null;
}
