using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>Questions about who may do what, answered by the authorizer that decides about requests.</summary>
internal static class AccessReviews
{
    public static readonly IReadOnlyList<(string Group, string Version, string Plural, string Kind, bool Namespaced)> All =
    [
        ("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
        ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
        ("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
        ("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false),
        ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", false),
        ("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false),
    ];

    /// <summary>The answer to a review of access, whose kind the path names.</summary>
    /// <param name="plural">The resource of the path.</param>
    /// <param name="ns">The namespace of the path, or null.</param>
    /// <param name="review">The question.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="authorizer">Who decides.</param>
    /// <exception cref="ApiException">422 for a question that is none; 400 for one about another namespace than the path's.</exception>
    public static JsonObject Answer(string plural, string? ns, JsonObject review, UserInfo user, IAuthorizer authorizer)
    {
        var found = All.First(r => r.Plural == plural);
        var spec = review["spec"] as JsonObject ?? [];
        var answer = new JsonObject
        {
            ["kind"] = found.Kind,
            ["apiVersion"] = $"{found.Group}/{found.Version}",
            ["metadata"] = new JsonObject { ["creationTimestamp"] = null },
        };
        if (plural != "selfsubjectreviews") answer["spec"] = spec.DeepClone();
        answer["status"] = plural switch
        {
            "selfsubjectreviews" => new JsonObject { ["userInfo"] = user.ToJson() },
            "selfsubjectrulesreviews" => Rules(spec, user, authorizer),
            "selfsubjectaccessreviews" => Decide(found.Kind, spec, user, authorizer),
            _ => Decide(found.Kind, spec, Subject(found.Kind, spec, ns), authorizer),
        };
        return answer;
    }

    private static JsonObject Decide(string kind, JsonObject spec, UserInfo user, IAuthorizer authorizer)
    {
        var resource = spec["resourceAttributes"] as JsonObject;
        var path = spec["nonResourceAttributes"] as JsonObject;
        if (resource is null == path is null)
        {
            throw resource is null
                ? Invalid(kind, new("spec.resourceAttributes", "FieldValueInvalid", "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"))
                : Invalid(kind, new("spec.nonResourceAttributes", "FieldValueInvalid", "Invalid value: null: cannot be specified in combination with resourceAttributes"));
        }
        var verdict = authorizer.Authorize(resource is null
            ? new RequestAttributes(user, path!["verb"].Text() ?? "") { Path = path["path"].Text() ?? "" }
            : new RequestAttributes(user, resource["verb"].Text() ?? "")
            {
                IsResource = true,
                Group = resource["group"].Text() ?? "",
                Version = resource["version"].Text() ?? "",
                Resource = resource["resource"].Text() ?? "",
                Subresource = resource["subresource"].Text() ?? "",
                Namespace = resource["namespace"].Text() ?? "",
                Name = resource["name"].Text() ?? "",
            });
        var status = new JsonObject { ["allowed"] = verdict.Allowed };
        if (verdict.Reason.Length > 0) status["reason"] = verdict.Reason;
        return status;
    }

    private static UserInfo Subject(string kind, JsonObject spec, string? ns)
    {
        string user = spec["user"].Text() ?? "";
        string[] groups = [.. (spec["groups"] as JsonArray ?? []).Select(g => g.Text() ?? "")];
        if (user.Length == 0 && groups.Length == 0) throw Invalid(kind, new("spec.user", "FieldValueInvalid", "Invalid value: \"\": at least one of user or group must be specified"));
        if (ns is not null && (spec["resourceAttributes"]?["namespace"].Text() ?? "") != ns)
            throw ApiErrors.BadRequest($"spec.resourceAttributes.namespace must match namespace: {ns}");
        return new UserInfo(user, groups, spec["uid"].Text());
    }

    private static JsonObject Rules(JsonObject spec, UserInfo user, IAuthorizer authorizer)
    {
        if (spec["namespace"].Text() is not { Length: > 0 } ns) throw ApiErrors.BadRequest("no namespace on request");
        var (rules, errors) = authorizer.RulesFor(user, ns);
        var status = new JsonObject
        {
            ["resourceRules"] = new JsonArray([.. rules.Where(r => r.Resources.Count > 0).Select(r => r.ToJson())]),
            ["nonResourceRules"] = new JsonArray([.. rules.Where(r => r.NonResourceUrls.Count > 0).Select(r => r.ToJson())]),
            ["incomplete"] = false,
        };
        if (errors.Count > 0) status["evaluationError"] = RbacAuthorizer.Aggregate(errors);
        return status;
    }

    private static ApiException Invalid(string kind, StatusCause cause) => ApiErrors.Invalid("authorization.k8s.io", kind, "", [cause]);
}
