using k8s.Models;
using Nemotron.Crds;

namespace Nemotron.Controllers.Deployments.Children;

/// <summary>Name, namespace and labels of a child object.</summary>
internal static class ChildMetadata
{
    public static V1ObjectMeta Of(NemotronDeployment owner, string name, IDictionary<string, string>? annotations = null) => new()
    {
        Name = name,
        NamespaceProperty = owner.Metadata.NamespaceProperty,
        Labels = ChildLabels.Of(owner.Metadata.Name),
        Annotations = annotations is { Count: > 0 } ? annotations : null,
    };
}
