using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>The objects that a LeaderWorkerSet consists of: one StatefulSet of leaders, one of workers per leader, headless Services.</summary>
internal static class GroupTemplates
{
    /// <summary>The StatefulSet of the leaders, named as the set.</summary>
    /// <param name="set">The LeaderWorkerSet as served.</param>
    /// <param name="revision">The key of its present template.</param>
    /// <param name="rollout">How far the rollout is.</param>
    public static JsonObject Leaders(JsonObject set, string revision, GroupRollout rollout)
    {
        var spec = GroupRolloutSpec.From(set);
        var template = (set.Obj("spec", "leaderWorkerTemplate", "leaderTemplate") ?? set.Obj("spec", "leaderWorkerTemplate", "workerTemplate"))!.Copy();
        var metadata = template.Ensure("metadata");
        Put(metadata.Ensure("labels"), (Lws.WorkerIndexLabel, "0"), (Lws.NameLabel, set.Name()), (Lws.RevisionLabel, revision));
        var annotations = metadata.Ensure("annotations");
        Annotate(annotations, set, set);
        if (IsUniquePerReplica(set)) annotations[Lws.SubdomainAnnotation] = "UniquePerReplica";
        return new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "StatefulSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = set.Name(),
                ["namespace"] = set.Namespace(),
                ["labels"] = Merged(set, "labels", (Lws.NameLabel, set.Name()), (Lws.RevisionLabel, revision)),
                ["annotations"] = Merged(set, "annotations", (Lws.ReplicasAnnotation, spec.Replicas.ToString(CultureInfo.InvariantCulture))),
                ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(set, Lws.ApiVersion, Lws.Kind)),
            },
            ["spec"] = Claimed(set, new()
            {
                ["replicas"] = rollout.Replicas,
                ["serviceName"] = set.Name(),
                ["podManagementPolicy"] = "Parallel",
                ["selector"] = Selecting((Lws.NameLabel, set.Name()), (Lws.WorkerIndexLabel, "0")),
                ["template"] = template,
                ["updateStrategy"] = new JsonObject
                {
                    ["type"] = "RollingUpdate",
                    ["rollingUpdate"] = new JsonObject { ["partition"] = rollout.Partition, ["maxUnavailable"] = Math.Max(1, spec.MaxUnavailable + spec.MaxSurge) },
                },
            }),
        };
    }

    /// <summary>The StatefulSet of a leader's workers, named as the leader.</summary>
    /// <param name="set">The LeaderWorkerSet as served.</param>
    /// <param name="old">The same with the template that the leader was made from: a group is of one template, whatever the set has now.</param>
    /// <param name="leader">The leader as served.</param>
    /// <param name="topology">The node label and value that the workers must share with the leader; null for none.</param>
    public static JsonObject Workers(JsonObject set, JsonObject old, JsonObject leader, (string Key, string Value)? topology)
    {
        var template = old.Obj("spec", "leaderWorkerTemplate", "workerTemplate")!.Copy();
        (string, string)[] identity =
        [
            (Lws.GroupIndexLabel, leader.Label(Lws.GroupIndexLabel) ?? ""),
            (Lws.NameLabel, set.Name()),
            (Lws.GroupKeyLabel, leader.Label(Lws.GroupKeyLabel) ?? ""),
        ];
        (string, string)[] labels = [.. identity, (Lws.RevisionLabel, leader.Label(Lws.RevisionLabel) ?? "")];
        var metadata = template.Ensure("metadata");
        Put(metadata.Ensure("labels"), labels);
        var annotations = metadata.Ensure("annotations");
        Annotate(annotations, set, old);
        annotations[Lws.LeaderNameAnnotation] = leader.Name();
        if (topology is { } shared) template.Ensure("spec").Ensure("nodeSelector")[shared.Key] = shared.Value;
        return new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "StatefulSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = leader.Name(),
                ["namespace"] = leader.Namespace(),
                ["labels"] = Merged(set, "labels", labels),
                ["annotations"] = Merged(set, "annotations"),
                ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(leader, "v1", "Pod")),
            },
            ["spec"] = Claimed(old, new()
            {
                ["replicas"] = Size(old) - 1,
                ["serviceName"] = IsUniquePerReplica(old) ? leader.Name() : set.Name(),
                ["podManagementPolicy"] = "Parallel",
                ["ordinals"] = new JsonObject { ["start"] = 1 },
                ["selector"] = Selecting(identity),
                ["template"] = template,
            }),
        };
    }

    /// <summary>A headless Service that names the pods of a set, or of one group, before they are ready.</summary>
    public static JsonObject Service(JsonObject set, string name, JsonObject owner, string ownerVersion, string ownerKind, params (string, string)[] selector) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Service",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = set.Namespace(),
            ["labels"] = new JsonObject { [Lws.NameLabel] = set.Name() },
            ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(owner, ownerVersion, ownerKind)),
        },
        ["spec"] = new JsonObject { ["clusterIP"] = "None", ["selector"] = Put([], selector), ["publishNotReadyAddresses"] = true },
    };

    /// <summary>The pods of a group.</summary>
    public static int Size(JsonObject set) => (int)(set.Whole("spec", "leaderWorkerTemplate", "size") ?? 1);

    /// <summary>Whether each group has a Service of its own.</summary>
    public static bool IsUniquePerReplica(JsonObject set) => set.Text("spec", "networkConfig", "subdomainPolicy") == "UniquePerReplica";

    private static void Annotate(JsonObject annotations, JsonObject set, JsonObject old)
    {
        annotations[Lws.SizeAnnotation] = Size(old).ToString(CultureInfo.InvariantCulture);
        if (set.Annotation(Lws.ExclusiveAnnotation) is { Length: > 0 } key) annotations[Lws.ExclusiveAnnotation] = key;
        if (old.Obj("spec", "leaderWorkerTemplate", "subGroupPolicy") is not { } policy) return;
        annotations[Lws.SubGroupPolicyAnnotation] = policy.Text("subGroupPolicyType") ?? "LeaderWorker";
        annotations[Lws.SubGroupSizeAnnotation] = (policy.Whole("subGroupSize") ?? 1).ToString(CultureInfo.InvariantCulture);
        if (set.Annotation(Lws.SubGroupExclusiveAnnotation) is { Length: > 0 } sub) annotations[Lws.SubGroupExclusiveAnnotation] = sub;
    }

    private static JsonObject Claimed(JsonObject set, JsonObject spec)
    {
        foreach (var field in (ReadOnlySpan<string>)["volumeClaimTemplates", "persistentVolumeClaimRetentionPolicy"])
        {
            if (set.At("spec", "leaderWorkerTemplate", field) is { } given) spec[field] = given.DeepClone();
        }

        return spec;
    }

    private static JsonObject Merged(JsonObject set, string part, params ReadOnlySpan<(string, string)> more)
    {
        var merged = set.Obj("metadata", part)?.Copy() ?? [];
        merged.Remove("kubectl.kubernetes.io/last-applied-configuration");
        return Put(merged, more);
    }

    private static JsonObject Selecting(params ReadOnlySpan<(string, string)> labels) => new() { ["matchLabels"] = Put([], labels) };

    private static JsonObject Put(JsonObject into, params ReadOnlySpan<(string Key, string Value)> entries)
    {
        foreach (var (key, value) in entries) into[key] = value;
        return into;
    }
}
