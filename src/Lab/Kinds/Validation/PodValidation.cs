using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What a pod spec must be like, in pods and in templates.</summary>
internal static class PodValidation
{
    /// <summary>The faults of a pod spec at the path.</summary>
    public static void CheckSpec(JsonObject spec, string path, Faults faults)
    {
        var volumes = CheckVolumes(spec, path, faults);
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (spec["containers"] is not JsonArray { Count: > 0 }) faults.Required($"{path}.containers");
        CheckContainers(spec, "containers", path, volumes, names, faults);
        CheckContainers(spec, "initContainers", path, volumes, names, faults);
        OneOf(spec, "restartPolicy", path, faults, "Always", "OnFailure", "Never");
        OneOf(spec, "dnsPolicy", path, faults, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        foreach (var fault in MetadataValidation.ValidateLabels(spec.ObjectAt("nodeSelector"), $"{path}.nodeSelector")) faults.AddRange([fault]);
        if (spec.NumberAt("terminationGracePeriodSeconds") is < 0 and var grace)
            faults.Invalid($"{path}.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0");
        if (spec.NumberAt("activeDeadlineSeconds") is < 1 and var deadline)
            faults.Invalid($"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive");
        if (spec.TextAt("nodeName") is { Length: > 0 } node) faults.InvalidAll($"{path}.nodeName", node, Names.Subdomain(node));
        if (spec.TextAt("serviceAccountName") is { Length: > 0 } account) faults.InvalidAll($"{path}.serviceAccountName", account, Names.Subdomain(account));
        foreach (var field in new[] { "hostname", "subdomain" })
        {
            if (spec.TextAt(field) is { Length: > 0 } name) faults.InvalidAll($"{path}.{field}", name, Names.Label(name));
        }
        CheckTolerations(spec, path, faults);
        CheckSpread(spec, path, faults);
    }

    private static HashSet<string> CheckVolumes(JsonObject spec, string path, Faults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (volume, i) in spec.ObjectsAt("volumes").Select((volume, i) => (volume, i)))
        {
            var at = $"{path}.volumes[{i}]";
            string[] sources = [.. volume.Where(field => field.Key != "name" && field.Value is not null).Select(field => field.Key)];
            foreach (var extra in sources.Skip(1)) faults.Forbidden($"{at}.{extra}", "may not specify more than 1 volume type");
            var name = volume.TextAt("name") ?? "";
            if (name.Length == 0) faults.Required($"{at}.name");
            else faults.InvalidAll($"{at}.name", name, Names.Label(name));
            if (name.Length > 0 && !names.Add(name)) faults.Duplicate($"{at}.name", name);
            if (volume.ObjectAt("persistentVolumeClaim") is { } claim && string.IsNullOrEmpty(claim.TextAt("claimName"))) faults.Required($"{at}.persistentVolumeClaim.claimName");
            if (volume.ObjectAt("configMap") is { } map && string.IsNullOrEmpty(map.TextAt("name"))) faults.Required($"{at}.configMap.name");
            if (volume.ObjectAt("secret") is { } secret && string.IsNullOrEmpty(secret.TextAt("secretName"))) faults.Required($"{at}.secret.secretName");
            if (volume.ObjectAt("hostPath") is { } host && string.IsNullOrEmpty(host.TextAt("path"))) faults.Required($"{at}.hostPath.path");
        }
        return names;
    }

    private static void CheckContainers(JsonObject spec, string list, string path, HashSet<string> volumes, HashSet<string> names, Faults faults)
    {
        foreach (var (container, i) in spec.ObjectsAt(list).Select((container, i) => (container, i)))
        {
            var at = $"{path}.{list}[{i}]";
            var name = container.TextAt("name") ?? "";
            if (name.Length == 0) faults.Required($"{at}.name");
            else faults.InvalidAll($"{at}.name", name, Names.Label(name));
            if (name.Length > 0 && !names.Add(name)) faults.Duplicate($"{at}.name", name);
            ContainerValidation.Check(container, at, volumes, faults);
        }
    }

    private static void CheckTolerations(JsonObject spec, string path, Faults faults)
    {
        foreach (var (toleration, i) in spec.ObjectsAt("tolerations").Select((toleration, i) => (toleration, i)))
        {
            var at = $"{path}.tolerations[{i}]";
            var key = toleration.TextAt("key") ?? "";
            var op = toleration.TextAt("operator") ?? "";
            if (key.Length > 0) faults.InvalidAll($"{at}.key", key, Names.Qualified(key));
            else if (op != "Exists") faults.Invalid($"{at}.operator", op, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            if (op == "Exists" && !string.IsNullOrEmpty(toleration.TextAt("value"))) faults.Invalid($"{at}.operator", toleration.DeepClone(), "value must be empty when `operator` is 'Exists'");
            if (op is not ("" or "Exists" or "Equal")) faults.Unsupported($"{at}.operator", op, "Equal", "Exists");
            if (toleration.TextAt("effect") is { Length: > 0 } effect and not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
                faults.Unsupported($"{at}.effect", effect, "NoSchedule", "PreferNoSchedule", "NoExecute");
            if (toleration["tolerationSeconds"] is not null && toleration.TextAt("effect") != "NoExecute")
                faults.Invalid($"{at}.effect", toleration.TextAt("effect") ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
    }

    private static void CheckSpread(JsonObject spec, string path, Faults faults)
    {
        foreach (var (constraint, i) in spec.ObjectsAt("topologySpreadConstraints").Select((constraint, i) => (constraint, i)))
        {
            var at = $"{path}.topologySpreadConstraints[{i}]";
            if (constraint.NumberAt("maxSkew") is not > 0) faults.Invalid($"{at}.maxSkew", constraint.NumberAt("maxSkew") ?? 0, "must be greater than zero");
            if (string.IsNullOrEmpty(constraint.TextAt("topologyKey"))) faults.Required($"{at}.topologyKey", "can not be empty");
            OneOf(constraint, "whenUnsatisfiable", at, faults, "DoNotSchedule", "ScheduleAnyway");
        }
    }

    internal static void OneOf(JsonObject obj, string field, string path, Faults faults, params ReadOnlySpan<string> allowed)
    {
        var value = obj.TextAt(field) ?? "";
        if (value.Length == 0) faults.Required($"{path}.{field}");
        else if (!allowed.Contains(value)) faults.Unsupported($"{path}.{field}", value, allowed);
    }
}
