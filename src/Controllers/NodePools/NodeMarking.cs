using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>
/// The labels and taints a pool puts on its nodes, and takes off again. Nodes belong to others: only what the pool itself set is ever changed,
/// and which that is stands in two annotations on the node.
/// </summary>
internal static class NodeMarking
{
    /// <summary>The merge patch that makes <paramref name="node"/> a member of <paramref name="pool"/> (null: of none); null when nothing differs.</summary>
    /// <remarks>
    /// Taints are one list with many writers, so the patch holds the whole list and the resource version it was made from: when another writer was quicker, the API server refuses it.
    /// </remarks>
    public static JsonObject? Patch(NodeView node, GpuNodePool? pool)
    {
        var wantedLabels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (pool is not null)
        {
            foreach (var (key, value) in pool.Spec.Labels ?? new Dictionary<string, string>()) wantedLabels[key] = value;
            wantedLabels[NemotronLabels.NodePool] = pool.Metadata.Name;
        }

        var wantedTaints = pool?.Spec.Taints ?? [];
        var formerLabels = Split(node, NemotronAnnotations.AppliedLabels);
        var formerTaints = Split(node, NemotronAnnotations.AppliedTaints);

        var labels = new JsonObject();
        foreach (var key in formerLabels.Where(key => !wantedLabels.ContainsKey(key) && node.Label(key) is not null)) labels[key] = null;
        foreach (var (key, value) in wantedLabels.Where(label => node.Label(label.Key) != label.Value)) labels[key] = value;

        var taints = node.Taints
            .Where(taint => !formerTaints.Contains(Id(taint)) && wantedTaints.All(wanted => Id(wanted) != Id(taint)))
            .Concat(wantedTaints)
            .ToList();
        var taintsDiffer = !Same(taints, node.Taints);

        var annotations = new JsonObject();
        Note(annotations, node, NemotronAnnotations.AppliedLabels, wantedLabels.Keys);
        Note(annotations, node, NemotronAnnotations.AppliedTaints, wantedTaints.Select(Id));

        if (labels.Count == 0 && annotations.Count == 0 && !taintsDiffer) return null;
        var metadata = new JsonObject { ["resourceVersion"] = node.Metadata.ResourceVersion };
        if (labels.Count > 0) metadata["labels"] = labels;
        if (annotations.Count > 0) metadata["annotations"] = annotations;
        var patch = new JsonObject { ["metadata"] = metadata };
        if (taintsDiffer)
            patch["spec"] = new JsonObject { ["taints"] = taints.Count == 0 ? null : new JsonArray([.. taints.Select(Json)]) };
        return patch;
    }

    private static void Note(JsonObject annotations, NodeView node, string annotation, IEnumerable<string> ids)
    {
        var text = string.Join(',', ids);
        var old = node.Metadata.Annotations?.TryGetValue(annotation, out var value) == true ? value : null;
        if (text.Length == 0 ? old is not null : old != text) annotations[annotation] = text.Length == 0 ? null : text;
    }

    private static HashSet<string> Split(NodeView node, string annotation) =>
        node.Metadata.Annotations?.TryGetValue(annotation, out var value) == true ? [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries)] : [];

    // A node has at most one taint of a key and effect; the value belongs to whoever set it.
    private static string Id(V1Taint taint) => $"{taint.Key}:{taint.Effect}";

    private static bool Same(IReadOnlyCollection<V1Taint> left, IReadOnlyCollection<V1Taint> right) =>
        left.Count == right.Count && left.All(one => right.Any(other => Id(one) == Id(other) && (one.Value ?? "") == (other.Value ?? "")));

    private static JsonObject Json(V1Taint taint)
    {
        var json = new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect };
        if (!string.IsNullOrEmpty(taint.Value)) json["value"] = taint.Value;
        if (taint.TimeAdded is { } added) json["timeAdded"] = added.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        return json;
    }
}
