using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Nemotron.Lab.Storage;

namespace Nemotron.Lab.Api.Access;

/// <summary>Role-based access control over the Roles and bindings in the store, as they are at each request.</summary>
internal sealed class RbacAuthorizer(ResourceCatalog catalog) : IAuthorizer
{
    private const string Group = "rbac.authorization.k8s.io";

    // Roles are read often and written seldom; a stored version never changes.
    private readonly ConditionalWeakTable<StoredObject, IReadOnlyList<PolicyRule>> rulesOf = [];

    private readonly ResourceTable roles = Table(catalog, "roles");
    private readonly ResourceTable clusterRoles = Table(catalog, "clusterroles");
    private readonly ResourceTable roleBindings = Table(catalog, "rolebindings");
    private readonly ResourceTable clusterRoleBindings = Table(catalog, "clusterrolebindings");

    public Verdict Authorize(RequestAttributes request)
    {
        // Masters need no role, or nobody could mend the roles.
        if (request.User.Groups.Contains(UserInfo.Masters)) return new(true, "");
        var errors = new List<string>();
        foreach (var (source, rule) in Visit(request.User, request.Namespace, errors))
        {
            if (rule.Allows(request)) return new(true, $"RBAC: allowed by {source()}");
        }
        return new(false, errors.Count == 0 ? "" : $"RBAC: {Aggregate(errors)}");
    }

    public (IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> Errors) RulesFor(UserInfo user, string ns)
    {
        var errors = new List<string>();
        return ([.. Visit(user, ns, errors).Select(found => found.Rule)], errors);
    }

    /// <summary>The rules of a role that a binding refers to, or null when there is no such role.</summary>
    /// <param name="kind"><c>Role</c> or <c>ClusterRole</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="ns">The binding's namespace; empty for a ClusterRoleBinding.</param>
    public IReadOnlyList<PolicyRule>? RulesOfRole(string kind, string name, string ns)
    {
        var stored = kind == "Role" ? roles.Current.Find(ns, name) : clusterRoles.Current.Find(null, name);
        return stored is null ? null : rulesOf.GetValue(stored, role => PolicyRule.Of(role.Tree));
    }

    private IEnumerable<(Func<string> Source, PolicyRule Rule)> Visit(UserInfo user, string ns, List<string> errors) =>
        Visit(clusterRoleBindings.Current.Objects(null), user, "", errors)
            .Concat(ns.Length == 0 ? [] : Visit(roleBindings.Current.Objects(ns), user, ns, errors));

    private IEnumerable<(Func<string> Source, PolicyRule Rule)> Visit(IEnumerable<StoredObject> bindings, UserInfo user, string ns, List<string> errors)
    {
        foreach (var binding in bindings)
        {
            if (Subjects(binding.Tree).FirstOrDefault(s => IsUser(s, user, ns)) is not { } subject) continue;
            string kind = binding.Tree["roleRef"]?["kind"].Text() ?? "";
            string name = binding.Tree["roleRef"]?["name"].Text() ?? "";
            if (RulesOfRole(kind, name, ns) is not { } rules)
            {
                errors.Add($"{kind.ToLowerInvariant()}.{Group} \"{name}\" not found");
                continue;
            }
            string at = ns.Length == 0 ? $"ClusterRoleBinding \"{binding.Name}\"" : $"RoleBinding \"{binding.Name}/{ns}\"";
            foreach (var rule in rules) yield return (() => $"{at} of {kind} \"{name}\" to {Print(subject, ns)}", rule);
        }
    }

    private static IEnumerable<JsonObject> Subjects(JsonObject binding) => (binding["subjects"] as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsUser(JsonObject subject, UserInfo user, string bindingNamespace)
    {
        string name = subject["name"].Text() ?? "";
        switch (subject["kind"].Text())
        {
            case "User": return user.Name == name;
            case "Group": return user.Groups.Contains(name);
            case "ServiceAccount":
                string ns = subject["namespace"].Text() is { Length: > 0 } given ? given : bindingNamespace;
                return ns.Length > 0 && UserInfo.AccountOf(user.Name) == (ns, name);
            default: return false;
        }
    }

    private static string Print(JsonObject subject, string bindingNamespace)
    {
        string name = subject["name"].Text() ?? "";
        if (subject["kind"].Text() == "ServiceAccount") name += "/" + (subject["namespace"].Text() is { Length: > 0 } ns ? ns : bindingNamespace);
        return $"{subject["kind"].Text()} \"{name}\"";
    }

    /// <summary>Several complaints as one sentence.</summary>
    public static string Aggregate(IReadOnlyList<string> errors)
    {
        string[] distinct = [.. errors.Distinct(StringComparer.Ordinal)];
        return distinct.Length == 1 ? distinct[0] : $"[{string.Join(", ", distinct)}]";
    }

    private static ResourceTable Table(ResourceCatalog catalog, string plural) => catalog.Find(new Gvr(Group, "v1", plural))!.Table;
}
