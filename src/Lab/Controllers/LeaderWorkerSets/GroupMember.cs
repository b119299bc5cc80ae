using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>What a pod of a group gets at admission: its numbers, its place beside the others, and the variables by which it finds them.</summary>
internal static class GroupMember
{
    /// <summary>Completes, in place, a pod that carries the set's name; others are left alone.</summary>
    /// <exception cref="ApiException">500 when the pod lacks what the controllers put on it, as from the real webhook.</exception>
    public static void Complete(JsonObject pod)
    {
        if (pod.Label(Lws.NameLabel) is not { } set) return;
        var size = Number(pod.Annotation(Lws.SizeAnnotation)) ?? throw Unfit(pod, $"the annotation {Lws.SizeAnnotation} is missing");
        var ordinal = Ordinal(pod.Name()) ?? throw Unfit(pod, "its name does not end in a number");
        var labels = pod.Ensure("metadata").Ensure("labels");
        if (pod.Label(Lws.WorkerIndexLabel) == "0") CompleteLeader(pod, labels, ordinal);
        else CompleteWorker(pod, labels, ordinal, size);
        AddVariables(pod, set, size);
    }

    /// <summary>The number of a worker's subgroup. When the leader is one too many for subgroups of equal size, it joins the first.</summary>
    public static int SubGroupOf(int worker, int size, int subGroupSize) =>
        (size - 1) % subGroupSize == 0 && size % subGroupSize != 0 ? (worker - 1) / subGroupSize : worker / subGroupSize;

    /// <summary>A key that no other group has.</summary>
    public static string KeyOf(string scope, string name) => Convert.ToHexStringLower(Sha1(Encoding.UTF8.GetBytes($"{scope}/{name}")));

    private static void CompleteLeader(JsonObject pod, JsonObject labels, int ordinal)
    {
        labels[Lws.GroupIndexLabel] ??= ordinal.ToString(CultureInfo.InvariantCulture);
        labels[Lws.GroupKeyLabel] ??= KeyOf(pod.Namespace() ?? "", pod.Name());
        if (pod.Annotation(Lws.SubdomainAnnotation) == "UniquePerReplica") pod.Ensure("spec")["subdomain"] = pod.Name();
        KeepApart(pod, pod.Annotation(Lws.ExclusiveAnnotation), Lws.GroupKeyLabel);
        if (pod.Annotation(Lws.SubGroupSizeAnnotation) is not null && pod.Annotation(Lws.SubGroupPolicyAnnotation) != "LeaderExcluded") JoinSubGroup(pod, labels, 0, pod.Name());
    }

    private static void CompleteWorker(JsonObject pod, JsonObject labels, int ordinal, int size)
    {
        labels[Lws.WorkerIndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
        if (Number(pod.Annotation(Lws.SubGroupSizeAnnotation)) is { } subGroupSize and > 0)
            JoinSubGroup(pod, labels, SubGroupOf(ordinal, size, subGroupSize), pod.Annotation(Lws.LeaderNameAnnotation) ?? "");
    }

    private static void JoinSubGroup(JsonObject pod, JsonObject labels, int index, string leader)
    {
        var number = index.ToString(CultureInfo.InvariantCulture);
        labels[Lws.SubGroupIndexLabel] = number;
        labels[Lws.SubGroupKeyLabel] = KeyOf(leader, number);
        KeepApart(pod, pod.Annotation(Lws.SubGroupExclusiveAnnotation), Lws.SubGroupKeyLabel);
    }

    /// <summary>Together with its like, and away from all others, within one domain of a topology.</summary>
    private static void KeepApart(JsonObject pod, string? topology, string label)
    {
        if (string.IsNullOrEmpty(topology)) return;
        var key = pod.Label(label);
        var affinity = pod.Ensure("spec").Ensure("affinity");
        Term("podAffinity", Requirement("In", key));
        Term("podAntiAffinity", Requirement("Exists", null), Requirement("NotIn", key));

        void Term(string kind, params JsonNode[] requirements)
        {
            var part = affinity.Ensure(kind);
            if (part["requiredDuringSchedulingIgnoredDuringExecution"] is not JsonArray terms) part["requiredDuringSchedulingIgnoredDuringExecution"] = terms = [];
            terms.Add((JsonNode)new JsonObject { ["labelSelector"] = new JsonObject { ["matchExpressions"] = new JsonArray(requirements) }, ["topologyKey"] = topology });
        }

        JsonObject Requirement(string op, string? value)
        {
            var requirement = new JsonObject { ["key"] = label, ["operator"] = op };
            if (value is not null) requirement["values"] = new JsonArray(value);
            return requirement;
        }
    }

    private static void AddVariables(JsonObject pod, string set, int size)
    {
        (string Name, string Value)[] variables =
        [
            // First, so that the containers' own variables may refer to them.
            (Lws.LeaderAddressVariable, $"{set}-{pod.Label(Lws.GroupIndexLabel)}.{pod.Text("spec", "subdomain")}.{pod.Namespace()}"),
            (Lws.GroupSizeVariable, size.ToString(CultureInfo.InvariantCulture)),
            (Lws.WorkerIndexVariable, pod.Label(Lws.WorkerIndexLabel) ?? ""),
        ];
        foreach (var container in pod.Items("spec", "containers").Concat(pod.Items("spec", "initContainers")))
        {
            var own = container.Items("env").Where(entry => !variables.Any(variable => variable.Name == entry.Text("name"))).Select(entry => entry.Copy()).ToList();
            container["env"] = new JsonArray([.. variables.Select(variable => new JsonObject { ["name"] = variable.Name, ["value"] = variable.Value }), .. own]);
        }
    }

    private static int? Ordinal(string name) => Number(name[(name.LastIndexOf('-') + 1)..]);

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static ApiException Unfit(JsonObject pod, string why) =>
        ApiErrors.InternalError($"pod {pod.Name()} carries the label {Lws.NameLabel} but is no member of a LeaderWorkerSet: {why}");

#pragma warning disable CA5350 // A name, not a secret: the real keys are made so.
    private static byte[] Sha1(byte[] text) => SHA1.HashData(text);
#pragma warning restore CA5350
}
