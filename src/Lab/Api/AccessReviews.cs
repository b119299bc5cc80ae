using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>
/// Questions about who may do what. The Lab has no authorization: everybody may do everything, and the answers say so.
/// </summary>
internal static class AccessReviews
{
    public static readonly IReadOnlyList<(string Group, string Version, string Plural, string Kind, bool Namespaced)> All =
    [
        ("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
        ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
        ("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
        ("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false),
        ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false),
    ];

    /// <summary>The answer to a review, whose kind the path names.</summary>
    public static JsonObject Answer(string plural, JsonObject review)
    {
        var found = All.First(r => r.Plural == plural);
        var answer = new JsonObject
        {
            ["kind"] = found.Kind,
            ["apiVersion"] = $"{found.Group}/{found.Version}",
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
        };
        if (review["spec"] is { } spec) answer["spec"] = spec.DeepClone();
        answer["status"] = plural switch
        {
            "selfsubjectreviews" => new JsonObject { ["userInfo"] = new JsonObject { ["username"] = "lab-admin", ["groups"] = new JsonArray("system:masters", "system:authenticated") } },
            "selfsubjectrulesreviews" => new JsonObject
            {
                ["resourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }),
                ["nonResourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") }),
                ["incomplete"] = false,
            },
            _ => new JsonObject { ["allowed"] = true, ["reason"] = "the Lab has no authorization" },
        };
        return answer;
    }
}
