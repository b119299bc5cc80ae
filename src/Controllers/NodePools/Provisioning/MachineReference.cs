using Nemotron.Controllers.Views;
using Nemotron.Kube;

namespace Nemotron.Controllers.NodePools.Provisioning;

/// <summary>The Cluster API Machine of a node.</summary>
internal static class MachineReference
{
    /// <summary>Cluster API's group.</summary>
    public const string Group = "cluster.x-k8s.io";

    /// <summary>On nodes: their Machine (Cluster API, <c>MachineAnnotation</c>).</summary>
    public const string NameAnnotation = Group + "/machine";

    /// <summary>On nodes: the namespace of their Machine (Cluster API, <c>ClusterNamespaceAnnotation</c>).</summary>
    public const string NamespaceAnnotation = Group + "/cluster-namespace";

    /// <summary>On a Machine: it goes first when its MachineSet shrinks, whatever the delete policy (Cluster API, <c>DeleteMachineAnnotation</c>).</summary>
    public const string DeleteFirst = Group + "/delete-machine";

    /// <summary>The Machine of a node whose pool is scaled by <paramref name="target"/>; null where the node does not say.</summary>
    public static ObjectReference? Of(NodeView node, ObjectReference target) => node.Annotation(NameAnnotation) is { Length: > 0 } name
        ? new ObjectReference(target.ApiVersion, "Machine", node.Annotation(NamespaceAnnotation) ?? target.Namespace, name)
        : null;
}
