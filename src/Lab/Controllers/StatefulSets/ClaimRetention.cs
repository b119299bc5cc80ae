using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers.StatefulSets;

/// <summary>
/// Who owns a pod's claims, by <c>spec.persistentVolumeClaimRetentionPolicy</c>: with <c>Retain</c> nobody, so that data outlives pod and set;
/// with <c>Delete</c> the set, or a pod that is scaled away, and the garbage collector does the rest.
/// </summary>
internal static class ClaimRetention
{
    /// <summary>The owner references that a claim should have, in place of those it has; null when they are right.</summary>
    /// <param name="claim">The claim as served.</param>
    /// <param name="set">The set as served.</param>
    /// <param name="pod">The pod as served, or null when it is not there.</param>
    /// <param name="condemned">Whether the pod is to be scaled away.</param>
    public static JsonArray? Correct(JsonObject claim, JsonObject set, JsonObject? pod, bool condemned)
    {
        var whenDeleted = set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete";
        var whenScaled = set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") == "Delete";
        var podOwns = whenScaled && condemned && pod is not null;
        var setOwns = whenDeleted && !podOwns;
        var owners = claim.Items("metadata", "ownerReferences").ToList();
        var kept = owners.Where(owner => owner.Text("kind") is not ("StatefulSet" or "Pod") || (owner.Text("uid") != set.Uid() && owner.Text("uid") != pod?.Uid()))
            .Select(owner => owner.Copy()).ToList();
        if (setOwns) kept.Add(Reference(set, "apps/v1", "StatefulSet"));
        if (podOwns) kept.Add(Reference(pod!, "v1", "Pod"));
        var uids = owners.Select(owner => owner.Text("uid")).ToHashSet();
        return kept.Count == uids.Count && kept.All(owner => uids.Contains(owner.Text("uid"))) ? null : new JsonArray([.. kept]);
    }

    private static JsonObject Reference(JsonObject owner, string apiVersion, string kind) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = owner.Name(),
        ["uid"] = owner.Uid(),
    };
}
