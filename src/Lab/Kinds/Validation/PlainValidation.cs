using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>What the simpler kinds must be like.</summary>
internal static class PlainValidation
{
    private const int MaxDataBytes = 1024 * 1024;

    /// <summary>A ConfigMap: plain keys, at most 1 MiB, unchanged once immutable.</summary>
    public static void ConfigMap(JsonObject obj, JsonObject? old, Faults faults)
    {
        var bytes = CheckKeys(obj, "data", faults, value => Encoding.UTF8.GetByteCount(value));
        bytes += CheckKeys(obj, "binaryData", faults, DecodedLength);
        foreach (var key in (obj.ObjectAt("data") ?? []).Select(entry => entry.Key).Intersect((obj.ObjectAt("binaryData") ?? []).Select(entry => entry.Key)))
            faults.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
        if (bytes > MaxDataBytes) faults.TooLong("", MaxDataBytes);
        StaysIfImmutable(obj, old, faults, "data", "binaryData");
    }

    /// <summary>A Secret: the same, and what its type promises.</summary>
    public static void Secret(JsonObject obj, JsonObject? old, Faults faults)
    {
        var bytes = CheckKeys(obj, "data", faults, DecodedLength);
        if (bytes > MaxDataBytes) faults.TooLong("data", MaxDataBytes);
        string[] promised = obj.TextAt("type") switch
        {
            "kubernetes.io/tls" => ["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
            "kubernetes.io/ssh-auth" => ["ssh-privatekey"],
            _ => [],
        };
        foreach (var key in promised)
        {
            if (obj.At("data", key) is null) faults.Required($"data[{key}]");
        }
        if (old is null) return;
        faults.Immutable("type", obj["type"], old["type"]);
        StaysIfImmutable(obj, old, faults, "data");
    }

    /// <summary>A Lease.</summary>
    public static void Lease(JsonObject obj, JsonObject? old, Faults faults)
    {
        if (obj.NumberAt("spec", "leaseDurationSeconds") is <= 0 and var duration) faults.Invalid("spec.leaseDurationSeconds", duration, "must be greater than 0");
        if (obj.NumberAt("spec", "leaseTransitions") is < 0 and var transitions) faults.Invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0");
    }

    /// <summary>A PodDisruptionBudget: a minimum or a maximum, not both.</summary>
    public static void PodDisruptionBudget(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        if (spec["minAvailable"] is not null && spec["maxUnavailable"] is not null)
            faults.Invalid("spec", spec.DeepClone(), "minAvailable and maxUnavailable cannot be both set");
        foreach (var field in new[] { "minAvailable", "maxUnavailable" }) WorkloadValidation.CheckCount(spec[field], $"spec.{field}", faults);
        WorkloadValidation.CheckSelector(spec.ObjectAt("selector"), "spec.selector", faults);
    }

    /// <summary>A Node: taints that are distinct by key and effect.</summary>
    public static void Node(JsonObject obj, JsonObject? old, Faults faults)
    {
        var seen = new HashSet<(string?, string?)>();
        foreach (var (taint, i) in obj.ObjectsAt("spec", "taints").Select((taint, i) => (taint, i)))
        {
            var at = $"spec.taints[{i}]";
            var key = taint.TextAt("key") ?? "";
            faults.InvalidAll($"{at}.key", key, Names.Qualified(key));
            if (taint.TextAt("value") is { Length: > 0 } value) faults.InvalidAll($"{at}.value", value, Names.LabelValue(value));
            PodValidation.OneOf(taint, "effect", at, faults, "NoSchedule", "PreferNoSchedule", "NoExecute");
            if (!seen.Add((key, taint.TextAt("effect")))) faults.Duplicate(at, taint.DeepClone());
        }
        if (old?.TextAt("spec", "providerID") is { Length: > 0 } provider && obj.TextAt("spec", "providerID") != provider)
            faults.Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
    }

    /// <summary>A HorizontalPodAutoscaler.</summary>
    public static void HorizontalPodAutoscaler(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        if (spec.NumberAt("minReplicas") is < 1 and var min) faults.Invalid("spec.minReplicas", min, "must be greater than or equal to 1");
        var max = spec.NumberAt("maxReplicas") ?? 0;
        if (max < 1) faults.Invalid("spec.maxReplicas", max, "must be greater than 0");
        if (spec.NumberAt("minReplicas") > max) faults.Invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`");
        foreach (var field in new[] { "kind", "name" })
        {
            if (string.IsNullOrEmpty(spec.TextAt("scaleTargetRef", field))) faults.Required($"spec.scaleTargetRef.{field}");
        }
    }

    /// <summary>A PersistentVolumeClaim: a size and a mode of access, fixed once made but for growing.</summary>
    public static void PersistentVolumeClaim(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        if (!spec.TextsAt("accessModes").Any()) faults.Required("spec.accessModes", "at least 1 access mode is required");
        if (spec.At("resources", "requests", "storage") is null) faults.Required("spec.resources[storage]");
        if (old?.ObjectAt("spec") is not { } before) return;
        var (now, was) = ((JsonObject)spec.DeepClone(), (JsonObject)before.DeepClone());
        foreach (var side in new[] { now, was })
        {
            side.Remove("volumeAttributesClassName");
            if (string.IsNullOrEmpty(was.TextAt("volumeName"))) side.Remove("volumeName");
            side.ObjectAt("resources", "requests")?.Remove("storage");
        }
        if (!JsonEquality.Same(now, was))
            faults.Forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
    }

    /// <summary>A PriorityClass: no user's priority reaches the system's.</summary>
    public static void PriorityClass(JsonObject obj, JsonObject? old, Faults faults)
    {
        const long HighestUserPriority = 1_000_000_000;
        if (obj.NumberAt("value") > HighestUserPriority && obj.TextAt("metadata", "name")?.StartsWith("system-", StringComparison.Ordinal) != true)
            faults.Forbidden("value", $"maximum allowed value of a user defined priority is {HighestUserPriority}");
        if (old is not null && obj.NumberAt("value") != old.NumberAt("value")) faults.Forbidden("value", "may not be changed in an update.");
        if (old is not null) faults.Immutable("preemptionPolicy", obj["preemptionPolicy"], old["preemptionPolicy"]);
    }

    /// <summary>A StorageClass, which does not change.</summary>
    public static void StorageClass(JsonObject obj, JsonObject? old, Faults faults)
    {
        if (string.IsNullOrEmpty(obj.TextAt("provisioner"))) faults.Required("provisioner");
        if (old is null) return;
        foreach (var field in new[] { "parameters", "provisioner", "reclaimPolicy" })
        {
            if (!JsonEquality.Same(obj[field], old[field])) faults.Forbidden(field, $"updates to {field} are forbidden.");
        }
        faults.Immutable("volumeBindingMode", obj["volumeBindingMode"], old["volumeBindingMode"]);
    }

    /// <summary>An Ingress.</summary>
    public static void Ingress(JsonObject obj, JsonObject? old, Faults faults)
    {
        var spec = obj.ObjectAt("spec") ?? [];
        if (spec["defaultBackend"] is null && !spec.ObjectsAt("rules").Any())
            faults.Invalid("spec", spec.DeepClone(), "either `defaultBackend` or `rules` must be specified");
        foreach (var (rule, i) in spec.ObjectsAt("rules").Select((rule, i) => (rule, i)))
        {
            foreach (var (path, j) in rule.ObjectsAt("http", "paths").Select((path, j) => (path, j)))
            {
                var at = $"spec.rules[{i}].http.paths[{j}]";
                if (path.TextAt("pathType") is not { } type) faults.Required($"{at}.pathType", "pathType must be specified");
                else if (type is not ("Exact" or "Prefix" or "ImplementationSpecific")) faults.Unsupported($"{at}.pathType", type, "Exact", "ImplementationSpecific", "Prefix");
                else if (type != "ImplementationSpecific" && path.TextAt("path")?.StartsWith('/') != true)
                    faults.Invalid($"{at}.path", path.TextAt("path") ?? "", "must be an absolute path");
                if (path.ObjectAt("backend", "service") is { } service && string.IsNullOrEmpty(service.TextAt("name"))) faults.Required($"{at}.backend.service.name");
            }
        }
    }

    /// <summary>Webhook configurations.</summary>
    public static void Webhooks(JsonObject obj, JsonObject? old, Faults faults)
    {
        foreach (var (webhook, i) in obj.ObjectsAt("webhooks").Select((webhook, i) => (webhook, i)))
        {
            var at = $"webhooks[{i}]";
            var name = webhook.TextAt("name") ?? "";
            if (name.Split('.').Length < 3) faults.Invalid($"{at}.name", name, "should be a domain with at least three segments separated by dots");
            if (!webhook.TextsAt("admissionReviewVersions").Any()) faults.Required($"{at}.admissionReviewVersions", "must specify one of v1, v1beta1");
            if (webhook.TextAt("sideEffects") is not ("None" or "NoneOnDryRun"))
                faults.Unsupported($"{at}.sideEffects", webhook.TextAt("sideEffects"), "None", "NoneOnDryRun");
            var hasUrl = !string.IsNullOrEmpty(webhook.TextAt("clientConfig", "url"));
            if (hasUrl == (webhook.ObjectAt("clientConfig", "service") is not null))
                faults.Required($"{at}.clientConfig", "exactly one of url or service is required");
            if (webhook.NumberAt("timeoutSeconds") is < 1 or > 30)
                faults.Invalid($"{at}.timeoutSeconds", webhook.NumberAt("timeoutSeconds"), "the timeout value must be between 1 and 30 seconds");
        }
    }

    /// <summary>Roles: every rule has verbs.</summary>
    public static void Role(JsonObject obj, JsonObject? old, Faults faults)
    {
        foreach (var (rule, i) in obj.ObjectsAt("rules").Select((rule, i) => (rule, i)))
        {
            if (!rule.TextsAt("verbs").Any()) faults.Required($"rules[{i}].verbs", "verbs must contain at least one value");
            if (rule.TextsAt("nonResourceURLs").Any()) continue;
            if (!rule.TextsAt("apiGroups").Any()) faults.Required($"rules[{i}].apiGroups", "resource rules must supply at least one api group");
            if (!rule.TextsAt("resources").Any()) faults.Required($"rules[{i}].resources", "resource rules must supply at least one resource");
        }
    }

    /// <summary>Role bindings: the role stays.</summary>
    public static void RoleBinding(JsonObject obj, JsonObject? old, Faults faults)
    {
        if (obj.TextAt("roleRef", "kind") is not ("Role" or "ClusterRole"))
            faults.Unsupported("roleRef.kind", obj.TextAt("roleRef", "kind") ?? "", "Role", "ClusterRole");
        if (string.IsNullOrEmpty(obj.TextAt("roleRef", "name"))) faults.Required("roleRef.name");
        foreach (var (subject, i) in obj.ObjectsAt("subjects").Select((subject, i) => (subject, i)))
        {
            if (string.IsNullOrEmpty(subject.TextAt("name"))) faults.Required($"subjects[{i}].name");
            if (subject.TextAt("kind") is not ("ServiceAccount" or "User" or "Group"))
                faults.Unsupported($"subjects[{i}].kind", subject.TextAt("kind") ?? "", "ServiceAccount", "User", "Group");
            else if (subject.TextAt("kind") == "ServiceAccount" && obj.TextAt("kind") == "ClusterRoleBinding" && string.IsNullOrEmpty(subject.TextAt("namespace")))
                faults.Required($"subjects[{i}].namespace");
        }
        if (old is not null && !JsonEquality.Same(obj["roleRef"], old["roleRef"]))
            faults.Invalid("roleRef", Written(obj.ObjectAt("roleRef") ?? []), "cannot change roleRef");
    }

    private static JsonObject Written(JsonObject role) => new()
    {
        ["apiGroup"] = role["apiGroup"]?.DeepClone(),
        ["kind"] = role["kind"]?.DeepClone(),
        ["name"] = role["name"]?.DeepClone(),
    };

    private static int CheckKeys(JsonObject obj, string field, Faults faults, Func<string, int> length)
    {
        var bytes = 0;
        foreach (var (key, value) in obj.EntriesAt(field))
        {
            faults.InvalidAll($"{field}[{key}]", key, Names.ConfigKey(key));
            bytes += length(value);
        }
        return bytes;
    }

    private static int DecodedLength(string base64) => (base64.Length / 4 * 3) - (base64.EndsWith("==", StringComparison.Ordinal) ? 2 : base64.EndsWith('=') ? 1 : 0);

    private static void StaysIfImmutable(JsonObject obj, JsonObject? old, Faults faults, params ReadOnlySpan<string> fields)
    {
        if (old is null || !old.IsTrueAt("immutable")) return;
        const string Why = "field is immutable when `immutable` is set";
        if (!obj.IsTrueAt("immutable")) faults.Forbidden("immutable", Why);
        foreach (var field in fields)
        {
            if (!JsonEquality.Same(obj[field] ?? new JsonObject(), old[field] ?? new JsonObject())) faults.Forbidden(field, Why);
        }
    }
}
