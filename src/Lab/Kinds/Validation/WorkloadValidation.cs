using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What the kinds that make pods must be like.</summary>
internal static class WorkloadValidation
{
    /// <summary>A Deployment.</summary>
    public static void Deployment(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        faults.NonNegative("spec.replicas", spec.NumberAt("replicas"));
        CheckSelectorAndTemplate(spec, "deployment", faults);
        var strategy = spec.ObjectAt("strategy") ?? [];
        switch (strategy.TextAt("type"))
        {
            case "Recreate":
                if (strategy["rollingUpdate"] is not null) faults.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate":
                CheckRolling(strategy.ObjectAt("rollingUpdate"), "spec.strategy.rollingUpdate", faults);
                break;
            default:
                faults.Unsupported("spec.strategy", strategy.DeepClone(), "Recreate", "RollingUpdate");
                break;
        }
        faults.NonNegative("spec.minReadySeconds", spec.NumberAt("minReadySeconds"));
        faults.NonNegative("spec.revisionHistoryLimit", spec.NumberAt("revisionHistoryLimit"));
        faults.NonNegative("spec.progressDeadlineSeconds", spec.NumberAt("progressDeadlineSeconds"));
        if (spec.NumberAt("progressDeadlineSeconds") is { } deadline && deadline <= (spec.NumberAt("minReadySeconds") ?? 0))
            faults.Invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        SelectorStays(obj, old, faults);
    }

    /// <summary>A ReplicaSet.</summary>
    public static void ReplicaSet(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        faults.NonNegative("spec.replicas", spec.NumberAt("replicas"));
        faults.NonNegative("spec.minReadySeconds", spec.NumberAt("minReadySeconds"));
        CheckSelectorAndTemplate(spec, "replicaset", faults);
        SelectorStays(obj, old, faults);
    }

    /// <summary>A StatefulSet, of which little may change.</summary>
    public static void StatefulSet(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        faults.NonNegative("spec.replicas", spec.NumberAt("replicas"));
        // The mounts of its pods may name claims that are yet to be made, so the real server does not look into them at all: what is wrong shows when a pod is made.
        CheckSelectorAndTemplate(spec, "statefulset", faults, looksIntoPods: false);
        if (spec["template"]?["spec"]?["activeDeadlineSeconds"] is not null) faults.Forbidden("spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in StatefulSet is not Supported");
        PodValidation.OneOf(spec, "podManagementPolicy", "spec", faults, "OrderedReady", "Parallel");
        faults.NonNegative("spec.ordinals.start", spec.NumberAt("ordinals", "start"));
        faults.NonNegative("spec.minReadySeconds", spec.NumberAt("minReadySeconds"));
        CheckStatefulUpdate(spec.ObjectAt("updateStrategy") ?? [], faults);
        if (old?.ObjectAt("spec") is not { } before) return;
        string[] free = ["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"];
        var changed = spec.Select(field => field.Key).Union(before.Select(field => field.Key))
            .Any(name => !free.Contains(name) && !JsonEquality.Same(spec[name], before[name]));
        if (changed)
        {
            faults.Forbidden(
                "spec",
                "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
                + "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    private static void CheckStatefulUpdate(JsonObject strategy, Faults faults)
    {
        const string at = "spec.updateStrategy";
        var rolling = strategy.ObjectAt("rollingUpdate");
        switch (strategy.TextAt("type"))
        {
            case "OnDelete":
                if (rolling is not null) faults.Invalid($"{at}.rollingUpdate", rolling.DeepClone(), "only allowed for updateStrategy 'RollingUpdate'");
                break;
            case "RollingUpdate":
                faults.NonNegative($"{at}.rollingUpdate.partition", rolling?.NumberAt("partition"));
                CheckCount(rolling?["maxUnavailable"], $"{at}.rollingUpdate.maxUnavailable", faults);
                if (IsZero(rolling?["maxUnavailable"])) faults.Invalid($"{at}.rollingUpdate.maxUnavailable", rolling!["maxUnavailable"]!.DeepClone(), "cannot be 0");
                break;
            default:
                faults.Invalid(at, strategy.DeepClone(), "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    /// <summary>A DaemonSet.</summary>
    public static void DaemonSet(JsonObject obj, JsonObject? old, Faults faults)
    {
        CheckSelectorAndTemplate(obj.ObjectAt("spec") ?? [], "daemonset", faults);
        if (obj.TextAt("spec", "updateStrategy", "type") is not ("RollingUpdate" or "OnDelete"))
            faults.Unsupported("spec.updateStrategy.type", obj.TextAt("spec", "updateStrategy", "type") ?? "", "RollingUpdate", "OnDelete");
        SelectorStays(obj, old, faults);
    }

    /// <summary>A Job: its selector, template and completions stay.</summary>
    public static void Job(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        JobSpec(spec, "spec", faults);
        if (old is null) return;
        if (spec.NumberAt("completions") != old.NumberAt("spec", "completions") && spec.TextAt("completionMode") != "Indexed")
            faults.Immutable("spec.completions", spec["completions"], old.At("spec", "completions"));
        faults.Immutable("spec.selector", spec["selector"], old.At("spec", "selector"));
        if (!old.IsTrueAt("spec", "suspend")) faults.Immutable("spec.template", spec["template"], old.At("spec", "template"));
    }

    /// <summary>A CronJob.</summary>
    public static void CronJob(JsonObject obj, JsonObject? old, Faults faults)
    {
        var schedule = obj.TextAt("spec", "schedule") ?? "";
        var fields = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (schedule.Length == 0) faults.Required("spec.schedule");
        else if (schedule[0] != '@' && fields.Length != 5)
            faults.Invalid("spec.schedule", schedule, $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]");
        if (obj.TextAt("metadata", "name") is { Length: > 52 } name) faults.Invalid("metadata.name", name, "must be no more than 52 characters");
        PodValidation.OneOf(obj.ObjectAt("spec") ?? [], "concurrencyPolicy", "spec", faults, "Allow", "Forbid", "Replace");
        JobSpec(obj.ObjectAt("spec", "jobTemplate", "spec") ?? [], "spec.jobTemplate.spec", faults);
    }

    /// <summary>The faults of a selector's own text.</summary>
    public static void CheckSelector(JsonObject? selector, string path, Faults faults)
    {
        faults.AddRange(MetadataValidation.ValidateLabels(selector.ObjectAt("matchLabels"), $"{path}.matchLabels"));
        foreach (var (expression, i) in selector.ObjectsAt("matchExpressions").Select((expression, i) => (expression, i)))
        {
            var at = $"{path}.matchExpressions[{i}]";
            var hasValues = expression.TextsAt("values").Any();
            switch (expression.TextAt("operator"))
            {
                case "In" or "NotIn" when !hasValues:
                    faults.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist" when hasValues:
                    faults.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                case "In" or "NotIn" or "Exists" or "DoesNotExist":
                    break;
                case var op:
                    faults.Invalid($"{at}.operator", op ?? "", "not a valid selector operator");
                    break;
            }
            var key = expression.TextAt("key") ?? "";
            faults.InvalidAll($"{at}.key", key, Names.Qualified(key));
        }
    }

    private static void JobSpec(JsonObject spec, string path, Faults faults)
    {
        foreach (var number in new[] { "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished" })
            faults.NonNegative($"{path}.{number}", spec.NumberAt(number));
        CheckTemplate(spec, path, faults);
        if (spec.TextAt("template", "spec", "restartPolicy") == "Always")
            faults.Unsupported($"{path}.template.spec.restartPolicy", "Always", "OnFailure", "Never");
    }

    private static void CheckSelectorAndTemplate(JsonObject spec, string kind, Faults faults, bool looksIntoPods = true)
    {
        var selector = spec.ObjectAt("selector");
        if (selector is null) faults.Required("spec.selector");
        else
        {
            CheckSelector(selector, "spec.selector", faults);
            if (!selector.EntriesAt("matchLabels").Any() && !selector.ObjectsAt("matchExpressions").Any())
                faults.Invalid("spec.selector", selector.DeepClone(), $"empty selector is invalid for {kind}");
        }
        var labels = spec.ObjectAt("template", "metadata", "labels");
        var selects = selector is not null && (selector.EntriesAt("matchLabels").Any() || selector.ObjectsAt("matchExpressions").Any());
        if (selects && !LabelSelectorText.Matches(selector, labels))
            faults.Invalid("spec.template.metadata.labels", Sorted(labels), "`selector` does not match template `labels`");
        if (looksIntoPods) CheckTemplate(spec, "spec", faults);
        else faults.AddRange(MetadataValidation.ValidateMaps(spec.ObjectAt("template", "metadata") ?? [], "spec.template"));
        if (spec.TextAt("template", "spec", "restartPolicy") is { } policy and ("OnFailure" or "Never"))
            faults.Unsupported("spec.template.spec.restartPolicy", policy, "Always");
    }

    private static JsonObject? Sorted(JsonObject? labels) =>
        labels is null ? null : new JsonObject(labels.EntriesAt().Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    private static void CheckTemplate(JsonObject spec, string path, Faults faults)
    {
        faults.AddRange(MetadataValidation.ValidateMaps(spec.ObjectAt("template", "metadata") ?? [], $"{path}.template.metadata"));
        PodValidation.CheckSpec(spec.ObjectAt("template", "spec") ?? [], $"{path}.template.spec", faults);
    }

    private static void CheckRolling(JsonObject? rolling, string path, Faults faults)
    {
        if (rolling is null)
        {
            faults.Required(path, "this should be defaulted and never be nil");
            return;
        }
        foreach (var field in new[] { "maxUnavailable", "maxSurge" }) CheckCount(rolling[field], $"{path}.{field}", faults);
        if (IsZero(rolling["maxUnavailable"]) && IsZero(rolling["maxSurge"]))
            faults.Invalid($"{path}.maxUnavailable", rolling["maxUnavailable"]?.DeepClone(), "may not be 0 when `maxSurge` is 0");
    }

    /// <summary>A count or a percentage.</summary>
    internal static void CheckCount(JsonNode? value, string path, Faults faults)
    {
        if (value.TextAt() is { } text)
        {
            if (!text.EndsWith('%') || !int.TryParse(text[..^1], out var percent) || percent < 0)
                faults.Invalid(path, text, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
        }
        else
        {
            faults.NonNegative(path, value.NumberAt());
        }
    }

    private static bool IsZero(JsonNode? value) => value.NumberAt() == 0 || value.TextAt() is "0%";

    private static void SelectorStays(JsonObject obj, JsonObject? old, Faults faults)
    {
        if (old is not null) faults.Immutable("spec.selector", obj.At("spec", "selector"), old.At("spec", "selector"));
    }
}
