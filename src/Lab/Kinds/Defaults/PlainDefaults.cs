using System.Text;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Defaults;

/// <summary>What the server fills into the simpler kinds when it reads them.</summary>
internal static class PlainDefaults
{
    private const string RbacGroup = "rbac.authorization.k8s.io";

    /// <summary>A Namespace carries its name as a label.</summary>
    public static void Namespace(JsonObject obj)
    {
        if (obj.TextAt("metadata", "name") is { Length: > 0 } name) obj.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] = name;
    }

    /// <summary>A Node can allocate all it has unless it says otherwise.</summary>
    public static void Node(JsonObject obj)
    {
        if (obj.ObjectAt("status", "capacity") is not { } capacity) return;
        var allocatable = obj.Ensure("status").Ensure("allocatable");
        if (allocatable.Count > 0) return;
        foreach (var (resource, amount) in capacity) allocatable[resource] = amount?.DeepClone();
    }

    /// <summary>A Secret: text becomes data, and the type is Opaque.</summary>
    public static void Secret(JsonObject obj)
    {
        foreach (var (key, text) in obj.EntriesAt("stringData")) obj.Ensure("data")[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        obj.Remove("stringData");
        obj.Fill("type", "Opaque");
    }

    /// <summary>A PersistentVolume.</summary>
    public static void PersistentVolume(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        spec.Fill("persistentVolumeReclaimPolicy", "Retain");
        spec.Fill("volumeMode", "Filesystem");
        spec.ObjectAt("hostPath")?.Fill("type", "");
        obj.Ensure("status").Fill("phase", "Pending");
    }

    /// <summary>A PersistentVolumeClaim.</summary>
    public static void PersistentVolumeClaim(JsonObject obj)
    {
        obj.Ensure("spec").Fill("volumeMode", "Filesystem");
        obj.Ensure("status").Fill("phase", "Pending");
    }

    /// <summary>A LimitRange: a container's default limit is its maximum, its default request its default limit or else its minimum.</summary>
    public static void LimitRange(JsonObject obj)
    {
        foreach (var item in obj.ObjectsAt("spec", "limits"))
        {
            if (item.TextAt("type") != "Container") continue;
            CopyMissing(item, "max", "default");
            CopyMissing(item, "default", "defaultRequest");
            CopyMissing(item, "min", "defaultRequest");
        }
    }

    /// <summary>A HorizontalPodAutoscaler: at least one replica, 80% CPU.</summary>
    public static void HorizontalPodAutoscaler(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        spec.Fill("minReplicas", 1);
        if (spec["metrics"] is JsonArray { Count: > 0 }) return;
        spec["metrics"] = new JsonArray(new JsonObject
        {
            ["type"] = "Resource",
            ["resource"] = new JsonObject
            {
                ["name"] = "cpu",
                ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = JsonAccess.Number(80) },
            },
        });
    }

    /// <summary>A NetworkPolicy is about ingress, and about egress if it has such rules.</summary>
    public static void NetworkPolicy(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        foreach (var rule in spec.ObjectsAt("ingress").Concat(spec.ObjectsAt("egress")))
        {
            foreach (var port in rule.ObjectsAt("ports")) port.Fill("protocol", "TCP");
        }
        spec.Fill("policyTypes", spec.ContainsKey("egress") ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress"));
    }

    /// <summary>A StorageClass.</summary>
    public static void StorageClass(JsonObject obj)
    {
        obj.Fill("reclaimPolicy", "Delete");
        obj.Fill("volumeBindingMode", "Immediate");
    }

    /// <summary>A PriorityClass.</summary>
    public static void PriorityClass(JsonObject obj) => obj.Fill("preemptionPolicy", "PreemptLowerPriority");

    /// <summary>Validating and mutating webhooks.</summary>
    public static void Webhooks(JsonObject obj)
    {
        foreach (var webhook in obj.ObjectsAt("webhooks"))
        {
            webhook.Fill("failurePolicy", "Fail");
            webhook.Fill("matchPolicy", "Equivalent");
            webhook.Fill("namespaceSelector", new JsonObject());
            webhook.Fill("objectSelector", new JsonObject());
            webhook.Fill("timeoutSeconds", 10);
            if (obj.TextAt("kind") == "MutatingWebhookConfiguration") webhook.Fill("reinvocationPolicy", "Never");
            webhook.ObjectAt("clientConfig", "service")?.Fill("port", 443);
            foreach (var rule in webhook.ObjectsAt("rules")) rule.Fill("scope", "*");
        }
    }

    /// <summary>A CustomResourceDefinition: names that follow from the kind, no conversion.</summary>
    public static void CustomResourceDefinition(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        var names = spec.Ensure("names");
        if (names.TextAt("kind") is { Length: > 0 } kind)
        {
            names.Fill("singular", kind.ToLowerInvariant());
            names.Fill("listKind", kind + "List");
        }
        spec.Ensure("conversion").Fill("strategy", "None");
        spec.ObjectAt("conversion", "webhook", "clientConfig", "service")?.Fill("port", 443);
    }

    /// <summary>Endpoints.</summary>
    public static void Endpoints(JsonObject obj)
    {
        foreach (var port in obj.ObjectsAt("subsets").SelectMany(subset => subset.ObjectsAt("ports"))) port.Fill("protocol", "TCP");
    }

    /// <summary>An EndpointSlice.</summary>
    public static void EndpointSlice(JsonObject obj)
    {
        foreach (var port in obj.ObjectsAt("ports"))
        {
            port.Fill("name", "");
            port.Fill("protocol", "TCP");
        }
    }

    /// <summary>Role bindings: groups and users belong to the RBAC group, service accounts to the core group.</summary>
    public static void RoleBinding(JsonObject obj)
    {
        var role = obj.Ensure("roleRef");
        if (string.IsNullOrEmpty(role.TextAt("apiGroup"))) role["apiGroup"] = RbacGroup;
        foreach (var subject in obj.ObjectsAt("subjects"))
        {
            if (subject.TextAt("kind") is "User" or "Group") subject.Fill("apiGroup", RbacGroup);
        }
    }

    private static void CopyMissing(JsonObject item, string from, string to)
    {
        if (item.ObjectAt(from) is not { } source) return;
        var target = item.Ensure(to);
        foreach (var (resource, amount) in source) target.Fill(resource, amount!.DeepClone());
    }
}
