using System.Text.Json.Nodes;
using Nemotron.Lab.Api.Access;

namespace Nemotron.Lab.Api;

/// <summary>What is served, as plain lists (helm, older clients) and aggregated (kubectl).</summary>
internal static class Discovery
{
    private static readonly string[] BuiltinVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] CustomVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    private static readonly string[] SubresourceVerbs = ["get", "patch", "update"];
    private static readonly string[] CreateOnly = ["create"];
    private static readonly string[] GetOnly = ["get"];

    public static JsonObject ApiVersions(string address) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    public static JsonObject GroupList(ResourceCatalog catalog) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. Groups(catalog).Where(g => g.Group.Length > 0).Select(g => Group(g.Group, g.Versions, nested: true))]),
    };

    /// <summary>One group, or null when it is not served.</summary>
    public static JsonObject? Group(ResourceCatalog catalog, string group)
    {
        foreach (var (name, versions) in Groups(catalog))
        {
            if (name == group) return Group(name, versions, nested: false);
        }
        return null;
    }

    /// <summary>The resources of a version, or null when it is not served.</summary>
    public static JsonObject? ResourceList(ResourceCatalog catalog, string group, string version)
    {
        var resources = new JsonArray();
        foreach (var resource in catalog.All.Where(r => r.Gvr.Group == group && r.Gvr.Version == version))
        {
            var entry = Entry(resource.Gvr.Plural, resource.Singular, resource.Namespaced, resource.Kind, Verbs(resource));
            if (resource.ShortNames.Count > 0) entry["shortNames"] = Array(resource.ShortNames);
            if (resource.Categories.Count > 0) entry["categories"] = Array(resource.Categories);
            entry["storageVersionHash"] = StorageVersionHash(resource);
            resources.Add((JsonNode)entry);
            foreach (var (name, kind, verbs) in Subresources(resource))
            {
                var sub = Entry($"{resource.Gvr.Plural}/{name}", "", resource.Namespaced, kind.Kind, verbs);
                if (kind.Group != resource.Gvr.Group || kind.Version != resource.Gvr.Version)
                {
                    sub["group"] = kind.Group;
                    sub["version"] = kind.Version;
                }
                resources.Add((JsonNode)sub);
            }
        }
        foreach (var review in AccessReviews.All.Where(r => r.Group == group && r.Version == version))
        {
            resources.Add((JsonNode)Entry(review.Plural, review.Kind.ToLowerInvariant(), review.Namespaced, review.Kind, CreateOnly));
        }
        if (resources.Count == 0) return null;
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    /// <summary>Everything at once; <paramref name="core"/> for <c>/api</c>, otherwise the named groups for <c>/apis</c>.</summary>
    public static JsonObject Aggregated(ResourceCatalog catalog, bool core, string version)
    {
        var items = new JsonArray();
        foreach (var (group, versions) in Groups(catalog).Where(g => g.Group.Length == 0 == core))
        {
            var metadata = new JsonObject();
            if (group.Length > 0) metadata["name"] = group;
            if (version == "v2beta1") metadata["creationTimestamp"] = null;
            items.Add((JsonNode)new JsonObject
            {
                ["metadata"] = metadata,
                ["versions"] = new JsonArray([.. versions.Select(v => new JsonObject
                {
                    ["version"] = v,
                    ["resources"] = new JsonArray([.. AggregatedResources(catalog, group, v)]),
                    ["freshness"] = "Current",
                })]),
            });
        }
        return new JsonObject { ["kind"] = "APIGroupDiscoveryList", ["apiVersion"] = $"apidiscovery.k8s.io/{version}", ["metadata"] = new JsonObject(), ["items"] = items };
    }

    private static IEnumerable<JsonNode> AggregatedResources(ResourceCatalog catalog, string group, string version)
    {
        foreach (var resource in catalog.All.Where(r => r.Gvr.Group == group && r.Gvr.Version == version))
        {
            var entry = new JsonObject
            {
                ["resource"] = resource.Gvr.Plural,
                ["responseKind"] = Kind(group, version, resource.Kind),
                ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = resource.Singular,
                ["verbs"] = Array(Verbs(resource)),
            };
            if (resource.ShortNames.Count > 0) entry["shortNames"] = Array(resource.ShortNames);
            if (resource.Categories.Count > 0) entry["categories"] = Array(resource.Categories);
            var subresources = Subresources(resource).Select(s => (JsonNode)new JsonObject
            {
                ["subresource"] = s.Name,
                ["responseKind"] = Kind(s.Kind.Group, s.Kind.Version, s.Kind.Kind),
                ["verbs"] = Array(s.Verbs),
            }).ToArray();
            if (subresources.Length > 0) entry["subresources"] = new JsonArray(subresources);
            yield return entry;
        }
        foreach (var review in AccessReviews.All.Where(r => r.Group == group && r.Version == version))
        {
            yield return new JsonObject
            {
                ["resource"] = review.Plural,
                ["responseKind"] = Kind(group, version, review.Kind),
                ["scope"] = review.Namespaced ? "Namespaced" : "Cluster",
                ["singularResource"] = review.Kind.ToLowerInvariant(),
                ["verbs"] = Array(CreateOnly),
            };
        }
    }

    private static List<(string Group, IReadOnlyList<string> Versions)> Groups(ResourceCatalog catalog)
    {
        var groups = catalog.Groups.ToList();
        foreach (var review in AccessReviews.All.Where(r => !groups.Any(g => g.Group == r.Group)).DistinctBy(r => r.Group)) groups.Add((review.Group, [review.Version]));
        return groups;
    }

    private static JsonObject Group(string name, IReadOnlyList<string> versions, bool nested)
    {
        var list = versions.Select(v => (JsonNode)new JsonObject { ["groupVersion"] = $"{name}/{v}", ["version"] = v }).ToArray();
        var group = new JsonObject();
        if (!nested)
        {
            group["kind"] = "APIGroup";
            group["apiVersion"] = "v1";
        }
        group["name"] = name;
        group["versions"] = new JsonArray(list);
        group["preferredVersion"] = list[0].DeepClone();
        return group;
    }

    private static IEnumerable<(string Name, (string Group, string Version, string Kind) Kind, string[] Verbs)> Subresources(ServedResource resource)
    {
        var own = (resource.Gvr.Group, resource.Gvr.Version, resource.Kind);
        if (resource.HasStatus) yield return ("status", own, SubresourceVerbs);
        if (resource.Scale is not null) yield return ("scale", ("autoscaling", "v1", "Scale"), SubresourceVerbs);
        foreach (string other in resource.OtherSubresources)
        {
            yield return other switch
            {
                "binding" => (other, ("", "v1", "Binding"), CreateOnly),
                "log" => (other, own, GetOnly),
                "eviction" => (other, ("policy", "v1", "Eviction"), CreateOnly),
                _ => (other, own, SubresourceVerbs),
            };
        }
    }

    private static JsonObject Entry(string name, string singular, bool namespaced, string kind, IReadOnlyList<string> verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = singular,
        ["namespaced"] = namespaced,
        ["kind"] = kind,
        ["verbs"] = Array(verbs),
    };

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Array(IReadOnlyList<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static string[] Verbs(ServedResource resource) => resource.Custom ? CustomVerbs : BuiltinVerbs;

    /// <summary>Eight bytes that change with the storage version, as the real server derives them: base64 of the start of a SHA-256.</summary>
    private static string StorageVersionHash(ServedResource resource)
    {
        string text = $"{resource.Gvr.Group}/{resource.Gvr.Version}/{resource.Kind}";
        return Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }
}
