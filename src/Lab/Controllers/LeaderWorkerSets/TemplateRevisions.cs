using System.Text.Json.Nodes;
using Nemotron.Lab.Controllers.Workloads;

namespace Nemotron.Lab.Controllers.LeaderWorkerSets;

/// <summary>The templates that a LeaderWorkerSet has had, as <c>ControllerRevision</c> objects, so that an old group can be made anew as it was.</summary>
internal static class TemplateRevisions
{
    private static readonly string[] Kept = ["leaderWorkerTemplate", "networkConfig"];

    /// <summary>What is remembered of a set: what a group is made from.</summary>
    public static JsonObject DataOf(JsonObject set)
    {
        var spec = new JsonObject();
        foreach (var part in Kept)
        {
            if (set.Obj("spec", part)?.Copy() is not { } copy) continue;
            copy["$patch"] = "replace";
            spec[part] = copy;
        }

        return new() { ["spec"] = spec };
    }

    /// <summary>The key of a set's present template.</summary>
    public static string KeyOf(JsonObject revision) => revision.Label(Lws.RevisionLabel) ?? "";

    /// <summary>A revision to be created.</summary>
    public static JsonObject New(JsonObject set, JsonObject data, long number, string? key)
    {
        var hash = PodTemplates.Hash(data, 0);
        return new()
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ControllerRevision",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{set.Name()}-{hash}-{number}",
                ["namespace"] = set.Namespace(),
                ["labels"] = new JsonObject { [Lws.NameLabel] = set.Name(), [Lws.RevisionLabel] = key ?? hash },
                ["ownerReferences"] = new JsonArray(PodTemplates.ControllerReference(set, Lws.ApiVersion, Lws.Kind)),
            },
            ["data"] = data,
            ["revision"] = number,
        };
    }

    /// <summary>The set as it was at a revision, as far as groups go.</summary>
    public static JsonObject Restore(JsonObject set, JsonObject revision)
    {
        var restored = set.Copy();
        var spec = restored.Ensure("spec");
        foreach (var part in Kept)
        {
            spec.Remove(part);
            if (revision.Obj("data", "spec", part)?.Copy() is not { } copy) continue;
            copy.Remove("$patch");
            spec[part] = copy;
        }

        return restored;
    }
}
