using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Writing;

/// <summary>What the server sets on new objects of the simpler kinds, after ownership is recorded.</summary>
internal static class CreateRules
{
    /// <summary>A Namespace starts active, held by the finalizer of the namespace controller.</summary>
    public static void Namespace(JsonObject obj)
    {
        obj["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        obj["status"] = new JsonObject { ["phase"] = "Active" };
    }

    /// <summary>A Node starts tainted until its lifecycle controller finds it ready; its status stays as sent, since kubelets register with it.</summary>
    public static void Node(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        if (spec["taints"] is not JsonArray taints) spec["taints"] = taints = [];
        var present = taints.OfType<JsonObject>().Any(taint => taint.TextAt("key") == "node.kubernetes.io/not-ready" && taint.TextAt("effect") == "NoSchedule");
        if (!present) taints.Add(new JsonObject { ["key"] = "node.kubernetes.io/not-ready", ["effect"] = "NoSchedule" });
    }

    /// <summary>Claims and volumes start pending.</summary>
    public static void Volume(JsonObject obj) => obj["status"] = new JsonObject { ["phase"] = "Pending" };

    /// <summary>A claim that names no class (the empty name is one) gets the cluster's default, if it has one.</summary>
    public static void Claim(JsonObject obj, WriteSurroundings around)
    {
        Volume(obj);
        var spec = obj.Ensure("spec");
        if (!spec.ContainsKey("storageClassName") && around.DefaultStorageClass() is { } name) spec["storageClassName"] = name;
    }

    /// <summary>
    /// A Job selects its pods by its own uid, and its template carries the labels. The uid must be set already. Jobs with
    /// <c>manualSelector</c> keep what they have.
    /// </summary>
    public static void Job(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        if (spec.IsTrueAt("manualSelector")) return;
        var uid = obj.TextAt("metadata", "uid") ?? "";
        var name = obj.TextAt("metadata", "name") ?? "";
        var labels = spec.Ensure("template").Ensure("metadata").Ensure("labels");
        foreach (var label in new[] { "controller-uid", "batch.kubernetes.io/controller-uid" }) labels[label] = uid;
        foreach (var label in new[] { "job-name", "batch.kubernetes.io/job-name" }) labels[label] = name;
        spec.Ensure("selector").Ensure("matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
    }

    /// <summary>A CRD remembers the version it stores.</summary>
    public static void CustomResourceDefinition(JsonObject obj)
    {
        var stored = obj.ObjectsAt("spec", "versions").Where(version => version.IsTrueAt("storage")).Select(version => (JsonNode?)version.TextAt("name"));
        obj["status"] = new JsonObject
        {
            ["conditions"] = null,
            ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
            ["storedVersions"] = new JsonArray([.. stored]),
        };
    }
}
