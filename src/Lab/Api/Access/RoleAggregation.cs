using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>
/// Keeps the rules of ClusterRoles with an <c>aggregationRule</c> at the union of the roles that it selects. It runs on the writer's thread right
/// after a role was written, so that a client's next request meets the outcome.
/// </summary>
internal sealed class RoleAggregation(ApiContext api)
{
    private static readonly Gvr Roles = new("rbac.authorization.k8s.io", "v1", "clusterroles");
    private readonly Lock gate = new();

    /// <summary>Whether a written object is of interest to <see cref="Run"/>.</summary>
    public static bool Concerns(ServedResource resource) => resource.Gvr == Roles;

    /// <summary>Brings all aggregating roles up to date; roles may aggregate roles that aggregate.</summary>
    public void Run()
    {
        lock (gate)
        {
            while (Pass())
            {
            }
        }
    }

    private bool Pass()
    {
        var resource = api.Catalog.Find(Roles)!;
        bool changed = false;
        foreach (var stored in resource.Table.Current.Objects(null).Where(r => r.Tree["aggregationRule"] is JsonObject).ToArray())
        {
            var selectors = (stored.Tree["aggregationRule"]?["clusterRoleSelectors"] as JsonArray ?? []).OfType<JsonObject>().Select(LabelSelector.FromObject).ToArray();
            var rules = new JsonArray();
            foreach (var role in resource.Table.Current.Objects(null).Where(r => r.Name != stored.Name && selectors.Any(s => s?.Matches(r.Tree) == true)))
            {
                foreach (var rule in (role.Tree["rules"] as JsonArray ?? []).Where(r => !rules.Any(known => JsonNode.DeepEquals(known, r)))) rules.Add(rule?.DeepClone());
            }
            if (JsonNode.DeepEquals(stored.Tree["rules"] ?? new JsonArray(), rules)) continue;
            var next = stored.Copy();
            next["rules"] = rules;
            try
            {
                api.Store.Put(resource.Table, null, stored.Name, stored, StoredForm.Order(next, resource));
                changed = true;
            }
            catch (Storage.StoreConflictException)
            {
                changed = true;
            }
        }
        return changed;
    }
}
