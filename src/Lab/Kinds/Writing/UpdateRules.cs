using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Writing;

/// <summary>What an update cannot change, and when it counts as a new generation.</summary>
internal static class UpdateRules
{
    /// <summary>Puts back what the door (<paramref name="subresource"/>) does not lead to.</summary>
    public static void Restore(BuiltinKind kind, JsonObject obj, JsonObject old, string? subresource)
    {
        if (subresource == "status")
        {
            foreach (var name in obj.Select(field => field.Key).Union(old.Select(field => field.Key)).ToArray())
            {
                if (name is not ("apiVersion" or "kind" or "metadata" or "status")) obj.CopyFrom(name, old);
            }
            var metadata = obj.Ensure("metadata");
            if (kind.Kind is "Deployment" or "DaemonSet") metadata.CopyFrom("labels", old.ObjectAt("metadata"));
            if (kind.Kind == "Pod")
            {
                metadata.CopyFrom("ownerReferences", old.ObjectAt("metadata"));
                metadata.CopyFrom("deletionTimestamp", old.ObjectAt("metadata"));
                obj.Ensure("status").CopyFrom("qosClass", old.ObjectAt("status"));
            }
            return;
        }
        if (kind.HasStatus) obj.CopyFrom("status", old);
        if (kind.Kind == "Namespace") obj.CopyFrom("spec", old);
        if (kind.Kind == "Job") RestoreJob(obj, old);
    }

    /// <summary>Whether what is wanted differs, so that <c>metadata.generation</c> goes up by one.</summary>
    public static bool IsNewGeneration(BuiltinKind kind, JsonObject obj, JsonObject old)
    {
        if (!kind.HasGeneration) return false;
        if (kind.Kind == "Deployment" && !SameEntries(obj, old, "annotations")) return true;
        if (kind.Kind == "EndpointSlice" && !SameEntries(obj, old, "labels")) return true;
        var names = obj.Select(field => field.Key).Union(old.Select(field => field.Key));
        return names.Any(name => name is not ("apiVersion" or "kind" or "metadata" or "status") && !JsonEquality.Same(obj[name], old[name]));
    }

    private static bool SameEntries(JsonObject obj, JsonObject old, string name) =>
        JsonEquality.Same(obj.At("metadata", name) ?? new JsonObject(), old.At("metadata", name) ?? new JsonObject());

    private static void RestoreJob(JsonObject obj, JsonObject old)
    {
        var spec = obj.Ensure("spec");
        if (spec.IsTrueAt("manualSelector")) return;
        // Clients that replace the object from their manifest leave out what the server generated on create.
        if (spec["selector"] is null) spec.CopyFrom("selector", old.ObjectAt("spec"));
        if (old.ObjectAt("spec", "template", "metadata", "labels") is not { } labels) return;
        var kept = spec.Ensure("template").Ensure("metadata").Ensure("labels");
        foreach (var name in new[] { "controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name" })
        {
            if (labels[name] is { } value) kept.Fill(name, value.DeepClone());
        }
    }
}
