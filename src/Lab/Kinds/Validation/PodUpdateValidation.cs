using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What may change in a pod once it exists: images, the active deadline (downwards), more tolerations, fewer scheduling gates.</summary>
internal static class PodUpdateValidation
{
    private const string Sentence =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        + "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    /// <summary>The faults of a change to a pod's spec.</summary>
    public static void Check(JsonObject pod, JsonObject old, Faults faults)
    {
        var (spec, before) = (pod.ObjectAt("spec") ?? [], old.ObjectAt("spec") ?? []);
        foreach (var list in new[] { "containers", "initContainers" })
        {
            if (spec.ObjectsAt(list).Count() == before.ObjectsAt(list).Count()) continue;
            faults.Forbidden($"spec.{list}", "pod updates may not add or remove containers");
            return;
        }
        CheckDeadline(spec, before, faults);
        CheckTolerations(spec, before, faults);

        var munged = (JsonObject)spec.DeepClone();
        foreach (var list in new[] { "containers", "initContainers" })
        {
            foreach (var (container, was) in munged.ObjectsAt(list).Zip(before.ObjectsAt(list))) container.CopyFrom("image", was);
        }
        munged.CopyFrom("activeDeadlineSeconds", before);
        munged.CopyFrom("tolerations", before);
        if (before.NumberAt("terminationGracePeriodSeconds") < 0 && spec.NumberAt("terminationGracePeriodSeconds") == 1)
            munged.CopyFrom("terminationGracePeriodSeconds", before);
        if (FewerGates(spec, before)) munged.CopyFrom("schedulingGates", before);
        if (before["schedulingGates"] is JsonArray { Count: > 0 } && MoreNodeSelector(spec, before)) munged.CopyFrom("nodeSelector", before);
        if (!JsonEquality.Same(munged, before))
            faults.Forbidden("spec", $"{Sentence}\n{UnifiedDiff.Of(PodSpecDump.Of(before), PodSpecDump.Of(munged))}");
    }

    private static void CheckDeadline(JsonObject spec, JsonObject before, Faults faults)
    {
        var (now, was) = (spec.NumberAt("activeDeadlineSeconds"), before.NumberAt("activeDeadlineSeconds"));
        if (was is null) return;
        if (now is null) faults.Invalid("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value");
        else if (now > was) faults.Invalid("spec.activeDeadlineSeconds", now, "must be less than or equal to previous value");
    }

    private static void CheckTolerations(JsonObject spec, JsonObject before, Faults faults)
    {
        JsonObject[] now = [.. spec.ObjectsAt("tolerations")];
        var kept = before.ObjectsAt("tolerations").All(was => now.Any(present => JsonEquality.Same(WithoutSeconds(was), WithoutSeconds(present))));
        if (!kept) faults.Forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
    }

    private static JsonObject WithoutSeconds(JsonObject toleration)
    {
        var copy = (JsonObject)toleration.DeepClone();
        copy.Remove("tolerationSeconds");
        return copy;
    }

    private static bool FewerGates(JsonObject spec, JsonObject before)
    {
        var names = before.ObjectsAt("schedulingGates").Select(gate => gate.TextAt("name")).ToHashSet(StringComparer.Ordinal);
        return spec.ObjectsAt("schedulingGates").All(gate => names.Contains(gate.TextAt("name")));
    }

    private static bool MoreNodeSelector(JsonObject spec, JsonObject before) =>
        before.EntriesAt("nodeSelector").All(entry => spec.TextAt("nodeSelector", entry.Key) == entry.Value);
}
