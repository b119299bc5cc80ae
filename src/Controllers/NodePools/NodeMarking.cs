using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers.Views;
using Nemotron.Crds;

namespace Nemotron.Controllers.NodePools;

/// <summary>
/// The labels, taints and cordons a pool puts on its nodes, and takes off again. Nodes belong to others: only what the pool itself set is ever changed,
/// and which that is stands in annotations on the node.
/// </summary>
internal static class NodeMarking
{
    /// <summary>The merge patch that makes <paramref name="node"/> a member of <paramref name="pool"/> (null: of none); null when nothing differs.</summary>
    /// <remarks>
    /// Taints are one list with many writers, so the patch holds the whole list and the resource version it was made from: when another writer was quicker, the API server refuses it.
    /// </remarks>
    /// <param name="node">The node.</param>
    /// <param name="pool">The pool.</param>
    /// <param name="marks">What the pool wants of this node.</param>
    public static JsonObject? Patch(NodeView node, GpuNodePool? pool, NodeMarks? marks = null)
    {
        marks ??= NodeMarks.None;
        var wantedLabels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (pool is not null)
        {
            foreach (var (key, value) in pool.Spec.Labels ?? new Dictionary<string, string>()) wantedLabels[key] = value;
            wantedLabels[NemotronLabels.NodePool] = pool.Metadata.Name;
            foreach (var key in marks.Weights) wantedLabels[NemotronLabels.HeldWeights + key] = HeldWeights;
        }

        var (cordonReason, closed) = Cordon(node, marks);
        IReadOnlyList<V1Taint> wantedTaints = [.. pool?.Spec.Taints ?? [], .. Own(marks, cordonReason is not null)];
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

        Note(annotations, node, NemotronAnnotations.CordonReason, cordonReason);
        Note(annotations, node, NemotronAnnotations.EmptySince, Stamp(marks.EmptySince));
        Note(annotations, node, NemotronAnnotations.WellSince, Stamp(marks.WellSince));

        if (labels.Count == 0 && annotations.Count == 0 && !taintsDiffer && closed is null) return null;
        var metadata = new JsonObject { ["resourceVersion"] = node.Metadata.ResourceVersion };
        if (labels.Count > 0) metadata["labels"] = labels;
        if (annotations.Count > 0) metadata["annotations"] = annotations;
        var patch = new JsonObject { ["metadata"] = metadata };
        var spec = new JsonObject();
        if (taintsDiffer) spec["taints"] = taints.Count == 0 ? null : new JsonArray([.. taints.Select(Json)]);
        if (closed is { } close) spec["unschedulable"] = close ? true : null;
        if (spec.Count > 0) patch["spec"] = spec;
        return patch;
    }

    private const string HeldWeights = "loaded";

    private static IEnumerable<V1Taint> Own(NodeMarks marks, bool cordoned)
    {
        if (marks.Sick is { } word && cordoned) yield return new V1Taint { Key = NemotronTaints.UnhealthyGpu, Value = word, Effect = "NoSchedule" };
        if (marks.Consolidating is { } why) yield return new V1Taint { Key = NemotronTaints.Consolidating, Value = why, Effect = "NoSchedule" };
    }

    /// <summary>The reason that is to stand on the node, and whether it is to be closed (true), opened (false) or left as it is (null).</summary>
    private static (string? Reason, bool? Close) Cordon(NodeView node, NodeMarks marks)
    {
        var former = node.Annotation(NemotronAnnotations.CordonReason);
        var closed = node.Spec?.Unschedulable == true;
        if (former is null)
            // A person's cordon is left to the person.
            return marks.Cordon is { } reason && !closed ? (reason, true) : (null, null);
        // A person has opened the node again: their word counts, until there is something new.
        if (!closed) return (null, null);
        return marks.Cordon is { } still ? (NodeMarks.Word(still) == NodeMarks.Word(former) ? former : still, null) : (null, false);
    }

    private static string Stamp(DateTimeOffset? at) => at is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";

    private static void Note(JsonObject annotations, NodeView node, string annotation, IEnumerable<string> ids) => Note(annotations, node, annotation, string.Join(',', ids));

    private static void Note(JsonObject annotations, NodeView node, string annotation, string? text)
    {
        var old = node.Annotation(annotation);
        if (string.IsNullOrEmpty(text) ? old is not null : old != text) annotations[annotation] = string.IsNullOrEmpty(text) ? null : text;
    }

    private static HashSet<string> Split(NodeView node, string annotation) =>
        node.Annotation(annotation) is { } value ? [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries)] : [];

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
