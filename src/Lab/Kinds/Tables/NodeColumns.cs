using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>How nodes are shown.</summary>
internal static class NodeColumns
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    private const string AddressDescription =
        "List of addresses reachable to the node. Queried from cloud provider, if available. More info: "
        + "https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, but the merge key is not sufficiently "
        + "unique, which can cause data corruption when it is merged. Callers should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an "
        + "example. Consumers should assume that addresses can change during the lifetime of a Node. However, there are some exceptions where this may not be "
        + "possible, such as Pods that inherit a Node's address in its own status or consumers of the downward API (status.hostIP).";

    /// <summary>The columns.</summary>
    public static IReadOnlyList<TableColumn> All { get; } =
    [
        Columns.Name,
        Columns.Text("Status", "The status of the node", Status),
        Columns.Text("Roles", "The roles of the node", Roles),
        Columns.Age,
        Columns.Text("Version", "Kubelet Version reported by the node.", node => node.TextAt("status", "nodeInfo", "kubeletVersion")),
        Columns.Text("Internal-IP", AddressDescription, node => Address(node, "InternalIP"), 1),
        Columns.Text("External-IP", AddressDescription, node => Address(node, "ExternalIP"), 1),
        Columns.Text("OS-Image", "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).", node => Known(node, "osImage"), 1),
        Columns.Text("Kernel-Version", "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).", node => Known(node, "kernelVersion"), 1),
        Columns.Text("Container-Runtime", "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).", node => Known(node, "containerRuntimeVersion"), 1),
    ];

    private static string Status(JsonObject node)
    {
        var ready = node.ObjectsAt("status", "conditions").FirstOrDefault(condition => condition.TextAt("type") == "Ready");
        var status = ready is null ? "Unknown" : ready.TextAt("status") == "True" ? "Ready" : "NotReady";
        return node.IsTrueAt("spec", "unschedulable") ? status + ",SchedulingDisabled" : status;
    }

    private static string Roles(JsonObject node) => Columns.OrNone(node.EntriesAt("metadata", "labels")
        .Select(label => label.Key.StartsWith(RolePrefix, StringComparison.Ordinal) ? label.Key[RolePrefix.Length..] : label.Key == "kubernetes.io/role" ? label.Value : "")
        .Where(role => role.Length > 0)
        .Order(StringComparer.Ordinal));

    private static string Address(JsonObject node, string type) =>
        node.ObjectsAt("status", "addresses").FirstOrDefault(address => address.TextAt("type") == type).TextAt("address") ?? "<none>";

    private static string Known(JsonObject node, string field) => node.TextAt("status", "nodeInfo", field) is { Length: > 0 } value ? value : "<unknown>";
}
