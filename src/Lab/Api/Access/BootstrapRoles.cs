using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>
/// The roles and bindings that every cluster with RBAC begins with. <c>admin</c>, <c>edit</c> and <c>view</c> cover what the Lab serves, and
/// take in whatever other roles are labelled for them (see <see cref="RoleAggregation"/>).
/// </summary>
internal static class BootstrapRoles
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "delete", "deletecollection", "patch", "update"];

    private static readonly (string Group, string[] Resources)[] Ordinary =
    [
        ("", ["configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "serviceaccounts", "services", "services/status"]),
        ("apps", ["controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status"]),
        ("autoscaling", ["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
        ("batch", ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
        ("discovery.k8s.io", ["endpointslices"]),
        ("networking.k8s.io", ["ingresses", "ingresses/status", "networkpolicies"]),
        ("policy", ["poddisruptionbudgets", "poddisruptionbudgets/status"]),
    ];

    private static readonly string[] Documents = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"];
    private static readonly string[] PublicDocuments = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

    /// <summary>Creates those that are missing.</summary>
    public static void Ensure(IApi api)
    {
        var roles = new Gvr(Rbac, "v1", "clusterroles");
        var bindings = new Gvr(Rbac, "v1", "clusterrolebindings");
        foreach (var role in Roles())
        {
            if (api.Get(roles, null, role.Name()) is null) api.Create(roles, null, role, "kube-apiserver");
        }
        foreach (var binding in Bindings())
        {
            if (api.Get(bindings, null, binding.Name()) is null) api.Create(bindings, null, binding, "kube-apiserver");
        }
    }

    private static IEnumerable<JsonObject> Roles()
    {
        yield return Role("cluster-admin", null, Rule("*", ["*"], ["*"]), Paths(["*"], ["*"]));
        yield return Role("system:discovery", null, Paths(Documents, ["get"]));
        yield return Role("system:public-info-viewer", null, Paths(PublicDocuments, ["get"]));
        yield return Role("system:basic-user", null,
            Rule("authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
            Rule("authentication.k8s.io", ["selfsubjectreviews"], ["create"]));
        yield return Role("system:aggregate-to-view", "view",
            [Rule("", ["bindings", "events", "limitranges", "namespaces", "namespaces/status", "pods/log", "pods/status", "resourcequotas", "resourcequotas/status"], Read), .. Ordinary.Select(o => Rule(o.Group, o.Resources, Read))]);
        yield return Role("system:aggregate-to-edit", "edit",
        [
            Rule("", ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"], Read),
            Rule("", ["serviceaccounts"], ["impersonate"]),
            Rule("", ["pods/eviction", "serviceaccounts/token"], ["create"]),
            Rule("", ["events", "secrets"], Write),
            .. Ordinary.Select(o => Rule(o.Group, [.. o.Resources.Where(r => !r.EndsWith("/status", StringComparison.Ordinal) && r is not "controllerrevisions" and not "endpointslices")], Write)).Where(r => ((JsonArray)r["resources"]!).Count > 0),
            Rule("coordination.k8s.io", ["leases"], [.. Write, .. Read]),
        ]);
        yield return Role("system:aggregate-to-admin", "admin",
            Rule("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
            Rule(Rbac, ["rolebindings", "roles"], [.. Write, .. Read]));
        yield return Aggregating("view", "edit", "view");
        yield return Aggregating("edit", "admin", "edit");
        yield return Aggregating("admin", null, "admin");
    }

    private static IEnumerable<JsonObject> Bindings()
    {
        yield return Binding("cluster-admin", UserInfo.Masters);
        yield return Binding("system:discovery", UserInfo.Authenticated);
        yield return Binding("system:basic-user", UserInfo.Authenticated);
        yield return Binding("system:public-info-viewer", UserInfo.Authenticated, UserInfo.Unauthenticated);
    }

    private static JsonObject Role(string name, string? aggregateTo, params JsonObject[] rules) => new()
    {
        ["apiVersion"] = $"{Rbac}/v1",
        ["kind"] = "ClusterRole",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = Labels(aggregateTo) },
        ["rules"] = new JsonArray([.. rules]),
    };

    private static JsonObject Aggregating(string name, string? aggregateTo, string from) => new()
    {
        ["apiVersion"] = $"{Rbac}/v1",
        ["kind"] = "ClusterRole",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = Labels(aggregateTo) },
        ["aggregationRule"] = new JsonObject
        {
            ["clusterRoleSelectors"] = new JsonArray(new JsonObject { ["matchLabels"] = new JsonObject { [$"{Rbac}/aggregate-to-{from}"] = "true" } }),
        },
        ["rules"] = new JsonArray(),
    };

    private static JsonObject Labels(string? aggregateTo)
    {
        var labels = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" };
        if (aggregateTo is not null) labels[$"{Rbac}/aggregate-to-{aggregateTo}"] = "true";
        return labels;
    }

    private static JsonObject Binding(string role, params string[] groups) => new()
    {
        ["apiVersion"] = $"{Rbac}/v1",
        ["kind"] = "ClusterRoleBinding",
        ["metadata"] = new JsonObject { ["name"] = role, ["labels"] = Labels(null) },
        ["roleRef"] = new JsonObject { ["apiGroup"] = Rbac, ["kind"] = "ClusterRole", ["name"] = role },
        ["subjects"] = new JsonArray([.. groups.Select(g => new JsonObject { ["apiGroup"] = Rbac, ["kind"] = "Group", ["name"] = g })]),
    };

    private static JsonObject Rule(string group, string[] resources, string[] verbs) =>
        new() { ["apiGroups"] = new JsonArray(group), ["resources"] = Array(resources), ["verbs"] = Array(verbs) };

    private static JsonObject Paths(string[] urls, string[] verbs) => new() { ["nonResourceURLs"] = Array(urls), ["verbs"] = Array(verbs) };

    private static JsonArray Array(string[] texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
