using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>What is to be done so that the history of a workload holds its present template.</summary>
/// <param name="Found">The revision that holds it, or null when one must be created.</param>
/// <param name="Number">The number that revision is to have.</param>
internal sealed record RevisionPlan(JsonObject? Found, long Number);

/// <summary>The history of a template as <c>ControllerRevision</c> objects.</summary>
internal static class RevisionDecision
{
    /// <summary>The label with a revision's hash.</summary>
    public const string HashLabel = "controller.kubernetes.io/hash";

    /// <summary>
    /// Finds the revision with this content. One that is not the latest is a rollback: it gets the next number. History is ordered by
    /// number, then by age and name.
    /// </summary>
    public static RevisionPlan Decide(IReadOnlyCollection<JsonObject> history, JsonObject data)
    {
        var ordered = Ordered(history);
        var next = (ordered.LastOrDefault().Whole("revision") ?? 0) + 1;
        var found = ordered.LastOrDefault(revision => JsonNode.DeepEquals(revision["data"], data));
        if (found is null) return new(null, next);
        return new(found, ReferenceEquals(found, ordered[^1]) ? found.Whole("revision") ?? 0 : next);
    }

    /// <summary>The revisions past the limit that no pod and no status needs, the oldest first.</summary>
    public static IReadOnlyList<JsonObject> Surplus(IReadOnlyCollection<JsonObject> history, IReadOnlySet<string> live, int limit)
    {
        var idle = Ordered(history).Where(revision => !live.Contains(revision.Name())).ToList();
        return limit < 0 ? [] : idle[..Math.Max(0, idle.Count - limit)];
    }

    /// <summary>A StatefulSet's content: its pod template, to replace whatever stands in its place.</summary>
    public static JsonObject DataOf(JsonObject set)
    {
        var template = set.Obj("spec", "template")?.Copy() ?? [];
        template["$patch"] = "replace";
        return new() { ["spec"] = new JsonObject { ["template"] = template } };
    }

    /// <summary>The template that a revision holds.</summary>
    public static JsonObject TemplateOf(JsonObject revision)
    {
        var template = revision.Obj("data", "spec", "template")?.Copy() ?? [];
        template.Remove("$patch");
        return template;
    }

    /// <summary>A revision to be created.</summary>
    public static JsonObject New(JsonObject set, JsonObject data, long number, long collisions)
    {
        var hash = PodTemplates.Hash(data, collisions);
        var labels = set.Obj("spec", "template", "metadata", "labels")?.Copy() ?? [];
        labels[HashLabel] = hash;
        return new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ControllerRevision",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{set.Name()}-{hash}",
                ["namespace"] = set.Namespace(),
                ["labels"] = labels,
                ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(set, "apps/v1", "StatefulSet")),
            },
            ["data"] = data,
            ["revision"] = number,
        };
    }

    private static List<JsonObject> Ordered(IEnumerable<JsonObject> history) =>
        [.. history.OrderBy(revision => revision.Whole("revision") ?? 0).ThenBy(revision => revision.Created()).ThenBy(revision => revision.Name(), StringComparer.Ordinal)];
}
