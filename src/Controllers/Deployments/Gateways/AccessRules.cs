using Nemotron.Crds;
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
}
