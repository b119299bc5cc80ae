using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>Pods and claims with the identity that a StatefulSet gives them.</summary>
internal static class StatefulPodTemplate
{
    /// <summary>The label with a pod's own name.</summary>
    public const string NameLabel = "statefulset.kubernetes.io/pod-name";

    /// <summary>The label with a pod's ordinal.</summary>
    public const string IndexLabel = "apps.kubernetes.io/pod-index";

    /// <summary>A pod of a set.</summary>
    /// <param name="set">The set as served.</param>
    /// <param name="template">The template of the pod's revision.</param>
    /// <param name="revision">The revision's name.</param>
    /// <param name="ordinal">The pod's number.</param>
    public static JsonObject Pod(JsonObject set, JsonObject template, string revision, int ordinal)
    {
        var name = $"{set.Name()}-{ordinal.ToString(CultureInfo.InvariantCulture)}";
        var pod = PodTemplates.NewPod(set, template, "apps/v1", "StatefulSet");
        var metadata = pod.Ensure("metadata");
        metadata["name"] = name;
        var labels = metadata.Ensure("labels");
        labels[NameLabel] = name;
        labels[IndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
        labels[StatefulPod.RevisionLabel] = revision;
        var spec = pod.Ensure("spec");
        spec["hostname"] = name;
        if (set.Text("spec", "serviceName") is { Length: > 0 } service) spec["subdomain"] = service;
        AddVolumes(spec, set, ordinal);
        return pod;
    }

    /// <summary>The claims of a pod, from the set's templates: <c>TEMPLATE-SET-ORDINAL</c>.</summary>
    public static IEnumerable<JsonObject> Claims(JsonObject set, int ordinal)
    {
        foreach (var template in set.Items("spec", "volumeClaimTemplates"))
        {
            var metadata = template.Obj("metadata")?.Copy() ?? [];
            metadata["name"] = ClaimName(template.Name(), set.Name(), ordinal);
            metadata["namespace"] = set.Namespace();
            var labels = metadata.Ensure("labels");
            foreach (var (key, value) in set.Obj("spec", "selector", "matchLabels") ?? []) labels[key] = value?.DeepClone();
            yield return new()
            {
                ["apiVersion"] = "v1",
                ["kind"] = "PersistentVolumeClaim",
                ["metadata"] = metadata,
                ["spec"] = template.At("spec")?.DeepClone() ?? new JsonObject(),
            };
        }
    }

    /// <summary>The names of a pod's claims.</summary>
    public static IEnumerable<string> ClaimNames(JsonObject set, int ordinal) =>
        set.Items("spec", "volumeClaimTemplates").Select(template => ClaimName(template.Name(), set.Name(), ordinal));

    private static string ClaimName(string template, string set, int ordinal) => $"{template}-{set}-{ordinal.ToString(CultureInfo.InvariantCulture)}";

    private static void AddVolumes(JsonObject spec, JsonObject set, int ordinal)
    {
        var claims = set.Items("spec", "volumeClaimTemplates").Select(template => template.Name()).ToHashSet();
        if (claims.Count == 0) return;
        var volumes = new JsonArray();
        foreach (var claim in set.Items("spec", "volumeClaimTemplates"))
        {
            volumes.Add(new JsonObject
            {
                ["name"] = claim.Name(),
                ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = ClaimName(claim.Name(), set.Name(), ordinal) },
            });
        }

        // A claim takes the place of a volume of the same name.
        foreach (var volume in spec.Items("volumes").Where(volume => !claims.Contains(volume.Text("name") ?? ""))) volumes.Add(volume.Copy());
        spec["volumes"] = volumes;
    }
}
