using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>The account the pods run under: no rights, and no token in the pod.</summary>
internal static class EngineServiceAccount
{
    public static V1ServiceAccount Build(NemotronDeployment owner) => new()
    {
        ApiVersion = "v1",
        Kind = "ServiceAccount",
        Metadata = ChildMetadata.Of(owner, ChildNames.ServiceAccount(owner.Metadata.Name)),
        AutomountServiceAccountToken = false,
    };
}
