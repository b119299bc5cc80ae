using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>Nobody grants what he does not have: roles and bindings are held to their writer's own rights, unless he may <c>escalate</c> or <c>bind</c>.</summary>
internal sealed class EscalationAdmission(RbacAuthorizer authorizer) : IAdmission
{
    private const string Group = "rbac.authorization.k8s.io";

    public ValueTask<JsonObject> MutateAsync(WriteRequest request, AdmissionVerb verb, JsonObject obj, JsonObject? old) => ValueTask.FromResult(obj);

    public ValueTask ValidateAsync(WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old)
    {
        if (request.User is not { } user || obj is null || verb == AdmissionVerb.Delete || request.Resource.Gvr.Group != Group) return ValueTask.CompletedTask;
        if (user.Groups.Contains(UserInfo.Masters)) return ValueTask.CompletedTask;
        string ns = request.Namespace ?? "";
        string name = obj.Name();
        if (obj["roleRef"] is JsonObject role)
        {
            string kind = role["kind"].Text() ?? "";
            string roleName = role["name"].Text() ?? "";
            if (old is not null && JsonNode.DeepEquals(old["roleRef"], role) && JsonNode.DeepEquals(old["subjects"], obj["subjects"])) return ValueTask.CompletedTask;
            if (May(user, "bind", kind == "Role" ? "roles" : "clusterroles", ns, roleName)) return ValueTask.CompletedTask;
            if (authorizer.RulesOfRole(kind, roleName, ns) is not { } bound)
                throw new ApiException(404, "NotFound", $"{kind.ToLowerInvariant()}s.{Group} \"{roleName}\" not found", ApiErrors.Details(roleName, Group, kind.ToLowerInvariant() + "s"));
            EnsureHeld(user, ns, bound, request, name);
            return ValueTask.CompletedTask;
        }
        if (old is not null && JsonNode.DeepEquals(old["rules"], obj["rules"])) return ValueTask.CompletedTask;
        if (!May(user, "escalate", request.Resource.Gvr.Plural, ns, name)) EnsureHeld(user, ns, PolicyRule.Of(obj), request, name);
        return ValueTask.CompletedTask;
    }

    private bool May(UserInfo user, string verb, string resource, string ns, string name) => authorizer.Authorize(
        new RequestAttributes(user, verb) { IsResource = true, Group = Group, Version = "v1", Resource = resource, Namespace = ns, Name = name }).Allowed;

    private void EnsureHeld(UserInfo user, string ns, IReadOnlyList<PolicyRule> granted, WriteRequest request, string name)
    {
        var (held, errors) = authorizer.RulesFor(user, ns);
        var missing = granted.SelectMany(rule => rule.Singles()).Where(single => !held.Any(rule => rule.Covers(single))).ToList();
        if (missing.Count == 0) return;
        string[] lines = [.. Compact(missing).Select(rule => rule.Print()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string groups = string.Join(' ', user.Groups.Select(g => $"\"{g}\""));
        string why = $"user \"{user.Name}\" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{string.Join('\n', lines)}";
        if (errors.Count > 0) why += $"; resolution errors: [{RbacAuthorizer.Aggregate(errors)}]";
        throw AccessErrors.Forbidden(Group, request.Resource.Gvr.Plural, name, why);
    }

    /// <summary>Rights on one resource as one rule with all their verbs.</summary>
    private static IEnumerable<PolicyRule> Compact(IEnumerable<PolicyRule> singles) => singles
        .GroupBy(rule => rule.NonResourceUrls.Count > 0
            ? string.Join('\0', "path", rule.NonResourceUrls[0], rule.Verbs[0])
            : string.Join('\0', rule.ApiGroups[0], rule.Resources[0], string.Concat(rule.ResourceNames)))
        .Select(same => same.First() with { Verbs = [.. same.SelectMany(rule => rule.Verbs).Distinct(StringComparer.Ordinal)] });
}
