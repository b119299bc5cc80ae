using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds.Tables;

/// <summary>How the simpler kinds are shown.</summary>
internal static class PlainColumns
{
    /// <summary>Name and age, for kinds without more to say.</summary>
    public static IReadOnlyList<TableColumn> NameAndAge { get; } = [Columns.Name, Columns.Age];

    /// <summary>Name and time of creation: roles, limit ranges, CRDs.</summary>
    public static IReadOnlyList<TableColumn> NameAndCreation { get; } = [Columns.Name, Columns.CreatedAt];

    /// <summary>Namespaces.</summary>
    public static IReadOnlyList<TableColumn> Namespace { get; } = [Columns.Name, Columns.Text("Status", "The status of the namespace", obj => obj.TextAt("status", "phase")), Columns.Age];

    /// <summary>ConfigMaps.</summary>
    public static IReadOnlyList<TableColumn> ConfigMap { get; } = [Columns.Name, Count("Data", "How many keys it holds.", "data", "binaryData"), Columns.Age];

    /// <summary>Secrets.</summary>
    public static IReadOnlyList<TableColumn> Secret { get; } =
    [
        Columns.Name, Columns.Text("Type", "What the data is for.", obj => obj.TextAt("type")), Count("Data", "How many keys it holds.", "data"), Columns.Age,
    ];

    /// <summary>ServiceAccounts.</summary>
    public static IReadOnlyList<TableColumn> ServiceAccount { get; } =
        [Columns.Name, Columns.Number("Secrets", "How many secrets pods of this account may use.", obj => obj.ObjectsAt("secrets").Count()), Columns.Age];

    /// <summary>PersistentVolumeClaims.</summary>
    public static IReadOnlyList<TableColumn> PersistentVolumeClaim { get; } =
    [
        Columns.Name,
        Columns.Text("Status", "Whether a volume is bound.", obj => obj.At("metadata", "deletionTimestamp") is null ? obj.TextAt("status", "phase") : "Terminating"),
        Columns.Text("Volume", "The bound volume.", obj => obj.TextAt("spec", "volumeName")),
        Columns.Text("Capacity", "The volume's size.", obj => obj.TextAt("status", "capacity", "storage")),
        Columns.Text("Access Modes", "How the volume may be mounted.", obj => AccessModes(obj.TextsAt("status", "accessModes"))),
        Columns.Text("StorageClass", "The class of storage.", obj => obj.TextAt("spec", "storageClassName")),
        Columns.Text("VolumeAttributesClass", "The class of attributes.", obj => obj.TextAt("spec", "volumeAttributesClassName") ?? "<unset>"),
        Columns.Age,
        Columns.Text("VolumeMode", "File system or block device.", obj => obj.TextAt("spec", "volumeMode") ?? "<unset>", 1),
    ];

    /// <summary>PersistentVolumes.</summary>
    public static IReadOnlyList<TableColumn> PersistentVolume { get; } =
    [
        Columns.Name,
        Columns.Text("Capacity", "The size.", obj => obj.TextAt("spec", "capacity", "storage")),
        Columns.Text("Access Modes", "How it may be mounted.", obj => AccessModes(obj.TextsAt("spec", "accessModes"))),
        Columns.Text("Reclaim Policy", "What happens when the claim goes.", obj => obj.TextAt("spec", "persistentVolumeReclaimPolicy")),
        Columns.Text("Status", "Whether it is bound.", obj => obj.At("metadata", "deletionTimestamp") is null ? obj.TextAt("status", "phase") : "Terminating"),
        Columns.Text("Claim", "The claim it is bound to.", obj => obj.ObjectAt("spec", "claimRef") is { } claim ? $"{claim.TextAt("namespace")}/{claim.TextAt("name")}" : ""),
        Columns.Text("StorageClass", "The class of storage.", obj => obj.TextAt("spec", "storageClassName")),
        Columns.Text("VolumeAttributesClass", "The class of attributes.", obj => obj.TextAt("spec", "volumeAttributesClassName") ?? "<unset>"),
        Columns.Text("Reason", "Why it failed.", obj => obj.TextAt("status", "reason")),
        Columns.Age,
        Columns.Text("VolumeMode", "File system or block device.", obj => obj.TextAt("spec", "volumeMode") ?? "<unset>", 1),
    ];

    /// <summary>Events, in either form.</summary>
    public static IReadOnlyList<TableColumn> Event { get; } =
    [
        new("Last Seen", "string", "", "When it last happened.", 0, (obj, now) => Columns.Since(LastSeen(obj), now)),
        Columns.Text("Type", "Normal or Warning.", obj => obj.TextAt("type")),
        Columns.Text("Reason", "Why it happened, in one word.", obj => obj.TextAt("reason")),
        Columns.Text("Object", "What it is about.", obj => About(obj) is { } about ? $"{about.TextAt("kind")?.ToLowerInvariant()}/{about.TextAt("name")}" : ""),
        Columns.Text("Subobject", "Which part it is about.", obj => About(obj)?.TextAt("fieldPath"), 1),
        Columns.Text("Source", "Who reports it.", Source, 1),
        Columns.Text("Message", "What happened.", obj => (obj.TextAt("message") ?? obj.TextAt("note"))?.Trim()),
        new("First Seen", "string", "", "When it first happened.", 1, (obj, now) => Columns.Since(FirstSeen(obj), now)),
        Columns.Number("Count", "How often it happened.", obj => obj.NumberAt("series", "count") ?? obj.NumberAt("count") ?? obj.NumberAt("deprecatedCount") ?? 1, 1),
        Columns.Name with { Priority = 1 },
    ];

    /// <summary>ResourceQuotas.</summary>
    public static IReadOnlyList<TableColumn> ResourceQuota { get; } =
    [
        Columns.Name,
        Columns.Text("Request", "Used and allowed requests and counts.", obj => Quota(obj, limits: false)),
        Columns.Text("Limit", "Used and allowed limits.", obj => Quota(obj, limits: true)),
        Columns.Age,
    ];

    /// <summary>ControllerRevisions.</summary>
    public static IReadOnlyList<TableColumn> ControllerRevision { get; } =
    [
        Columns.Name,
        Columns.Text("Controller", "Whose state it is.", obj => obj.ObjectsAt("metadata", "ownerReferences").FirstOrDefault(owner => owner.IsTrueAt("controller")) is { } owner
            ? $"{owner.TextAt("kind")?.ToLowerInvariant()}.{owner.TextAt("apiVersion")?.Split('/')[0]}/{owner.TextAt("name")}"
            : "<none>"),
        Columns.Number("Revision", "Which state it is.", obj => obj.NumberAt("revision")),
        Columns.Age,
    ];

    /// <summary>PodDisruptionBudgets.</summary>
    public static IReadOnlyList<TableColumn> PodDisruptionBudget { get; } =
    [
        Columns.Name,
        Columns.Text("Min Available", "The minimum number of pods that must be available.", obj => obj.At("spec", "minAvailable")?.ToString() ?? "N/A"),
        Columns.Text("Max Unavailable", "The maximum number of pods that may be unavailable.", obj => obj.At("spec", "maxUnavailable")?.ToString() ?? "N/A"),
        Columns.Number("Allowed Disruptions", "How many pods may be evicted now.", obj => obj.NumberAt("status", "disruptionsAllowed")),
        Columns.Age,
    ];

    /// <summary>Leases.</summary>
    public static IReadOnlyList<TableColumn> Lease { get; } = [Columns.Name, Columns.Text("Holder", "Who holds it.", obj => obj.TextAt("spec", "holderIdentity")), Columns.Age];

    /// <summary>Role bindings.</summary>
    public static IReadOnlyList<TableColumn> RoleBinding { get; } =
    [
        Columns.Name,
        Columns.Text("Role", "The role that is given.", obj => $"{obj.TextAt("roleRef", "kind")}/{obj.TextAt("roleRef", "name")}"),
        Columns.Age,
        Columns.Text("Users", "Users in the role.", obj => Subjects(obj, "User"), 1),
        Columns.Text("Groups", "Groups in the role.", obj => Subjects(obj, "Group"), 1),
        Columns.Text("ServiceAccounts", "Service accounts in the role.", obj => Subjects(obj, "ServiceAccount"), 1),
    ];

    /// <summary>StorageClasses.</summary>
    public static IReadOnlyList<TableColumn> StorageClass { get; } =
    [
        Columns.Name,
        Columns.Text("Provisioner", "Who makes the volumes.", obj => obj.TextAt("provisioner")),
        Columns.Text("ReclaimPolicy", "What happens when the claim goes.", obj => obj.TextAt("reclaimPolicy")),
        Columns.Text("VolumeBindingMode", "When volumes are bound.", obj => obj.TextAt("volumeBindingMode")),
        new("AllowVolumeExpansion", "boolean", "", "Whether volumes may grow.", 0, (obj, _) => obj.IsTrueAt("allowVolumeExpansion")),
        Columns.Age,
    ];

    /// <summary>PriorityClasses.</summary>
    public static IReadOnlyList<TableColumn> PriorityClass { get; } =
    [
        Columns.Name,
        Columns.Number("Value", "The priority.", obj => obj.NumberAt("value")),
        new("Global-Default", "boolean", "", "Whether pods without a class get it.", 0, (obj, _) => obj.IsTrueAt("globalDefault")),
        Columns.Age,
        Columns.Text("PreemptionPolicy", "Whether others make room.", obj => obj.TextAt("preemptionPolicy")),
    ];

    /// <summary>HorizontalPodAutoscalers.</summary>
    public static IReadOnlyList<TableColumn> HorizontalPodAutoscaler { get; } =
    [
        Columns.Name,
        Columns.Text("Reference", "What is scaled.", obj => $"{obj.TextAt("spec", "scaleTargetRef", "kind")}/{obj.TextAt("spec", "scaleTargetRef", "name")}"),
        Columns.Text("MinPods", "The fewest replicas.", obj => obj.NumberAt("spec", "minReplicas")?.ToString() ?? "<unset>"),
        Columns.Number("MaxPods", "The most replicas.", obj => obj.NumberAt("spec", "maxReplicas")),
        Columns.Number("Replicas", "The present replicas.", obj => obj.NumberAt("status", "currentReplicas")),
        Columns.Age,
    ];

    /// <summary>Webhook configurations.</summary>
    public static IReadOnlyList<TableColumn> Webhooks { get; } = [Columns.Name, Columns.Number("Webhooks", "How many webhooks it has.", obj => obj.ObjectsAt("webhooks").Count()), Columns.Age];

    private static TableColumn Count(string name, string description, params string[] maps) =>
        new(name, "string", "", description, 0, (obj, _) => maps.Sum(map => obj.ObjectAt(map)?.Count ?? 0));

    private static string AccessModes(IEnumerable<string> modes) => string.Join(',', modes.Select(mode => mode switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => mode,
    }));

    private static JsonObject? About(JsonObject obj) => obj.ObjectAt("involvedObject") ?? obj.ObjectAt("regarding");

    private static string? LastSeen(JsonObject obj) =>
        obj.TextAt("series", "lastObservedTime") ?? obj.TextAt("lastTimestamp") ?? obj.TextAt("deprecatedLastTimestamp") ?? FirstSeen(obj);

    private static string? FirstSeen(JsonObject obj) => obj.TextAt("firstTimestamp") ?? obj.TextAt("deprecatedFirstTimestamp") ?? obj.TextAt("eventTime");

    private static string Source(JsonObject obj)
    {
        var source = obj.ObjectAt("source") ?? obj.ObjectAt("deprecatedSource");
        var who = source.TextAt("component") ?? obj.TextAt("reportingComponent") ?? obj.TextAt("reportingController") ?? "";
        return (source.TextAt("host") ?? obj.TextAt("reportingInstance")) is { Length: > 0 } where ? $"{who}, {where}" : who;
    }

    private static string Quota(JsonObject obj, bool limits) => string.Join(", ", obj.EntriesAt("status", "hard")
        .Where(entry => entry.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
        .Select(entry => $"{entry.Key}: {obj.TextAt("status", "used", entry.Key) ?? "0"}/{entry.Value}"));

    private static string Subjects(JsonObject obj, string kind) => string.Join(", ", obj.ObjectsAt("subjects")
        .Where(subject => subject.TextAt("kind") == kind)
        .Select(subject => kind == "ServiceAccount" ? $"{subject.TextAt("namespace")}/{subject.TextAt("name")}" : subject.TextAt("name")));
}
