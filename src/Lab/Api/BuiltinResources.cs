using Nemotron.Lab.Kinds;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api;

/// <summary>The built-in kinds as the server serves them.</summary>
internal static class BuiltinResources
{
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

    private static readonly ObjectView EventView = new(EventForms.ToEvents, EventForms.ToCore);

    public static IEnumerable<ServedResource> Over(RevisionedStore store) => BuiltinKinds.All.Select(kind => Of(kind, store));

    private static ServedResource Of(BuiltinKind kind, RevisionedStore store)
    {
        string name = Qualified(kind.Gvr);
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
            Table = store.Table(Qualified(kind.Storage)),
            Builtin = kind,
            HasStatus = kind.HasStatus,
            Scale = kind.Subresources.Contains("scale") ? new ScalePaths(".spec.replicas", ".status.replicas", ".spec.selector") : null,
            OtherSubresources = [.. kind.Subresources.Where(s => s is not ("status" or "scale"))],
            Columns = kind.Columns,
            SelectableFields = SelectableFields.GetValueOrDefault(name, []),
            CountsGenerations = kind.HasGeneration,
            View = kind.Storage == kind.Gvr ? null : EventView,
        };
    }

    private static string Qualified(Gvr resource) => resource.Group.Length == 0 ? resource.Plural : $"{resource.Plural}.{resource.Group}";
}
