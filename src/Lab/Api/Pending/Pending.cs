// Stand-ins until the branches lab-schema and lab-patch are merged; deleted then.
#pragma warning disable CA1801, IDE0060, CA1822
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Schema
{
    internal static class SchemaReader
    {
        public static StructuralSchema Read(JsonObject schema) => new() { PreserveUnknownFields = true };
    }

    internal static class Defaulting
    {
        public static void Apply(JsonObject obj, StructuralSchema schema) { }
    }

    internal static class Pruning
    {
        public static IReadOnlyList<string> Prune(JsonObject obj, StructuralSchema schema, bool resourceRoot) => [];
    }

    internal static class SchemaValidation
    {
        public static IReadOnlyList<StatusCause> Validate(JsonObject obj, StructuralSchema schema) => [];
    }
}

namespace Nemotron.Lab.Cel
{
    internal sealed class CompiledRules
    {
        public static CompiledRules Compile(StructuralSchema schema) => new();

        public IReadOnlyList<StatusCause> Validate(JsonObject obj, JsonObject? old) => [];
    }

    internal static class CrdValidation
    {
        public static IReadOnlyList<StatusCause> Validate(JsonObject crd) => [];
    }
}

namespace Nemotron.Lab.Patching
{
    internal static class JsonPatch
    {
        public static JsonNode Apply(JsonNode target, JsonArray patch) => throw new ApiException(415, "UnsupportedMediaType", "json patch is not there yet");
    }

    internal static class MergePatch
    {
        public static JsonNode Apply(JsonNode? target, JsonNode patch)
        {
            if (patch is not JsonObject changes) return patch.DeepClone();
            var result = target as JsonObject ?? [];
            foreach (var (key, value) in changes)
            {
                if (value is null) result.Remove(key);
                else
                {
                    var old = result[key];
                    result.Remove(key);
                    result[key] = Apply(old, value);
                }
            }
            return result;
        }
    }

    internal static class StrategicMergePatch
    {
        public static JsonNode Apply(JsonObject target, JsonObject patch, StructuralSchema schema) => MergePatch.Apply(target, patch);
    }

    internal static class ServerSideApply
    {
        public static JsonObject Apply(JsonObject? live, JsonObject applied, StructuralSchema schema, string manager, bool force, string apiVersion, string? subresource, DateTimeOffset now)
            => (JsonObject)MergePatch.Apply(live?.DeepClone(), applied);
    }

    internal static class ManagedFields
    {
        public static void RecordUpdate(JsonObject? before, JsonObject after, StructuralSchema schema, string manager, string apiVersion, string? subresource, DateTimeOffset now) { }
    }
}

namespace Nemotron.Lab.Kinds
{
    internal sealed record KindColumn(string Name, string Type, string Format, string Description, int Priority, Func<JsonObject, DateTimeOffset, JsonNode?> Cell);

    internal sealed class BuiltinKind
    {
        public required Gvr Gvr { get; init; }
        public required string Kind { get; init; }
        public required string Singular { get; init; }
        public IReadOnlyList<string> ShortNames { get; init; } = [];
        public IReadOnlyList<string> Categories { get; init; } = [];
        public bool Namespaced { get; init; }
        public StructuralSchema Schema { get; init; } = new() { Type = "object", PreserveUnknownFields = true };
        public IReadOnlyList<string> Subresources { get; init; } = [];
        public IReadOnlyList<KindColumn> Columns { get; init; } = [];

        public void Default(JsonObject obj)
        {
            if (Gvr.Plural != "namespaces") return;
            obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
            obj["status"] = new JsonObject { ["phase"] = "Active" };
        }

        public IReadOnlyList<StatusCause> Validate(JsonObject obj, JsonObject? old) => [];
    }

    internal static class BuiltinKinds
    {
        public static readonly IReadOnlyList<BuiltinKind> All =
        [
            Of("", "v1", "namespaces", "Namespace", false, ["ns"], "status"),
            Of("", "v1", "nodes", "Node", false, ["no"], "status"),
            Of("", "v1", "pods", "Pod", true, ["po"], "status", "binding", "eviction"),
            Of("", "v1", "services", "Service", true, ["svc"], "status"),
            Of("", "v1", "configmaps", "ConfigMap", true, ["cm"]),
            Of("", "v1", "secrets", "Secret", true, []),
            Of("", "v1", "serviceaccounts", "ServiceAccount", true, ["sa"]),
            Of("", "v1", "events", "Event", true, ["ev"]),
            Of("", "v1", "endpoints", "Endpoints", true, ["ep"]),
            Of("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true, ["pvc"], "status"),
            Of("", "v1", "persistentvolumes", "PersistentVolume", false, ["pv"], "status"),
            Of("apps", "v1", "deployments", "Deployment", true, ["deploy"], "status", "scale"),
            Of("apps", "v1", "replicasets", "ReplicaSet", true, ["rs"], "status", "scale"),
            Of("apps", "v1", "statefulsets", "StatefulSet", true, ["sts"], "status", "scale"),
            Of("apps", "v1", "daemonsets", "DaemonSet", true, ["ds"], "status"),
            Of("apps", "v1", "controllerrevisions", "ControllerRevision", true, []),
            Of("batch", "v1", "jobs", "Job", true, [], "status"),
            Of("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, ["pdb"], "status"),
            Of("coordination.k8s.io", "v1", "leases", "Lease", true, []),
            Of("events.k8s.io", "v1", "events", "Event", true, ["ev"]),
            Of("rbac.authorization.k8s.io", "v1", "roles", "Role", true, []),
            Of("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", true, []),
            Of("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false, []),
            Of("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false, []),
            Of("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, ["netpol"]),
            Of("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false, ["pc"]),
            Of("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false, []),
            Of("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false, []),
            Of("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false, ["crd", "crds"], "status"),
        ];

        private static BuiltinKind Of(string group, string version, string plural, string kind, bool namespaced, string[] shortNames, params string[] subresources) =>
            new() { Gvr = new Gvr(group, version, plural), Kind = kind, Singular = kind.ToLowerInvariant(), ShortNames = shortNames, Namespaced = namespaced, Subresources = subresources };
    }
}
