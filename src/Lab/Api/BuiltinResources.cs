using Nemotron.Lab.Kinds;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>The built-in kinds as the server serves them.</summary>
internal static class BuiltinResources
{
    /// <summary>Kinds whose generation the real server does not count.</summary>
    private static readonly HashSet<string> Uncounted =
    [
        "namespaces", "nodes", "services", "configmaps", "secrets", "serviceaccounts", "events", "endpoints", "persistentvolumeclaims",
        "persistentvolumes", "leases", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "endpointslices", "limitranges",
        "resourcequotas", "podtemplates", "controllerrevisions", "storageclasses", "csinodes", "csidrivers", "volumeattachments", "runtimeclasses",
    ];

    private static readonly Dictionary<string, string[]> SelectableFields = new(StringComparer.Ordinal)
    {
        ["pods"] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
        ["nodes"] = ["spec.unschedulable"],
        ["namespaces"] = ["status.phase"],
        ["secrets"] = ["type"],
        ["services"] = ["spec.clusterIP", "spec.type"],
        ["replicasets.apps"] = ["status.replicas"],
        ["jobs.batch"] = ["status.successful"],
        ["events"] = ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
        ["events.events.k8s.io"] = ["regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type"],
    };

    public static IEnumerable<ServedResource> Over(RevisionedStore store) => BuiltinKinds.All.Select(kind => Of(kind, store));

    private static ServedResource Of(BuiltinKind kind, RevisionedStore store)
    {
        string table = kind.Gvr.Group.Length == 0 ? kind.Gvr.Plural : $"{kind.Gvr.Plural}.{kind.Gvr.Group}";
        bool newEvents = kind.Gvr is { Group: "events.k8s.io", Plural: "events" };
        return new ServedResource
        {
            Gvr = kind.Gvr,
            Kind = kind.Kind,
            ListKind = kind.Kind + "List",
            Singular = kind.Singular,
            ShortNames = kind.ShortNames,
            Categories = kind.Categories,
            Namespaced = kind.Namespaced,
            Schema = kind.Schema,
            Table = store.Table(newEvents ? "events" : table),
            Builtin = kind,
            HasStatus = kind.Subresources.Contains("status"),
            Scale = kind.Subresources.Contains("scale") ? new ScalePaths(".spec.replicas", ".status.replicas", ".spec.selector") : null,
            OtherSubresources = [.. kind.Subresources.Where(s => s is not ("status" or "scale"))],
            Columns = [.. kind.Columns.Select(c => new TableColumn(c.Name, c.Type, c.Format, c.Description, c.Priority, c.Cell))],
            SelectableFields = SelectableFields.GetValueOrDefault(table, []),
            CountsGenerations = !Uncounted.Contains(kind.Gvr.Plural),
            View = newEvents ? EventView.Instance : null,
        };
    }
}
