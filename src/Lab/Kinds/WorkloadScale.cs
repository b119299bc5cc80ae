using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds;

/// <summary>The scale subresource of the built-in workloads.</summary>
internal static class WorkloadScale
{
    /// <summary>The <c>autoscaling/v1 Scale</c> of a Deployment, ReplicaSet or StatefulSet.</summary>
    public static JsonObject Read(JsonObject workload)
    {
        var metadata = new JsonObject();
        foreach (var name in new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" }) metadata.CopyFrom(name, workload.ObjectAt("metadata"));
        var spec = new JsonObject();
        if (workload.NumberAt("spec", "replicas") is { } wanted and not 0) spec["replicas"] = JsonAccess.Number(wanted);
        var status = new JsonObject { ["replicas"] = JsonAccess.Number(workload.NumberAt("status", "replicas") ?? 0) };
        var selector = LabelSelectorText.Of(workload.ObjectAt("spec", "selector"));
        if (selector.Length > 0) status["selector"] = selector;
        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    /// <summary>A copy of the workload with the replicas that the scale wants; a scale without a number wants none.</summary>
    public static JsonObject Write(JsonObject workload, JsonObject scale)
    {
        var result = (JsonObject)workload.DeepClone();
        result.Ensure("spec")["replicas"] = JsonAccess.Number(scale.NumberAt("spec", "replicas") ?? 0);
        return result;
    }
}
