using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Access;

/// <summary>One rule of a Role or ClusterRole.</summary>
internal sealed record PolicyRule
{
    public IReadOnlyList<string> Verbs { get; init; } = [];

    public IReadOnlyList<string> ApiGroups { get; init; } = [];

    public IReadOnlyList<string> Resources { get; init; } = [];

    public IReadOnlyList<string> ResourceNames { get; init; } = [];

    public IReadOnlyList<string> NonResourceUrls { get; init; } = [];

    /// <summary>Reads the rules of a role as served.</summary>
    public static IReadOnlyList<PolicyRule> Of(JsonObject role) =>
    [
        .. (role["rules"] as JsonArray ?? []).OfType<JsonObject>().Select(rule => new PolicyRule
        {
            Verbs = Texts(rule["verbs"]),
            ApiGroups = Texts(rule["apiGroups"]),
            Resources = Texts(rule["resources"]),
            ResourceNames = Texts(rule["resourceNames"]),
            NonResourceUrls = Texts(rule["nonResourceURLs"]),
        }),
    ];

    /// <summary>Whether the rule allows a request.</summary>
    public bool Allows(RequestAttributes request)
    {
        if (!Verbs.Contains("*") && !Verbs.Contains(request.Verb)) return false;
        if (!request.IsResource) return NonResourceUrls.Any(url => Covers(url, request.Path));
        return (ApiGroups.Contains("*") || ApiGroups.Contains(request.Group))
            && Resources.Any(resource => MatchesResource(resource, request.FullResource, request.Subresource))
            && (ResourceNames.Count == 0 || ResourceNames.Contains(request.Name));
    }

    /// <summary>Whether some rule here covers a single right: one verb on one resource (of one name) or one path.</summary>
    public bool Covers(PolicyRule single)
    {
        bool Has(IReadOnlyList<string> mine, IReadOnlyList<string> asked) => mine.Contains("*") || asked.All(mine.Contains);
        if (!Has(Verbs, single.Verbs)) return false;
        if (single.NonResourceUrls.Count > 0) return single.NonResourceUrls.All(asked => NonResourceUrls.Any(url => Covers(url, asked)));
        return Has(ApiGroups, single.ApiGroups)
            && single.Resources.All(asked => Resources.Any(mine => mine == asked || MatchesResource(mine, asked, asked.Contains('/', StringComparison.Ordinal) ? asked.Split('/', 2)[1] : "")))
            && (ResourceNames.Count == 0 || (single.ResourceNames.Count > 0 && single.ResourceNames.All(ResourceNames.Contains)));
    }

    /// <summary>The single rights that the rule grants.</summary>
    public IEnumerable<PolicyRule> Singles()
    {
        foreach (string verb in Verbs)
        {
            foreach (string url in NonResourceUrls) yield return new() { Verbs = [verb], NonResourceUrls = [url] };
            foreach (string group in ApiGroups)
            {
                foreach (string resource in Resources)
                {
                    if (ResourceNames.Count == 0) yield return new() { Verbs = [verb], ApiGroups = [group], Resources = [resource] };
                    foreach (string name in ResourceNames) yield return new() { Verbs = [verb], ApiGroups = [group], Resources = [resource], ResourceNames = [name] };
                }
            }
        }
    }

    /// <summary>The rule as refusals print it: <c>{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}</c>.</summary>
    public string Print()
    {
        var parts = new List<string>();
        Add("APIGroups", ApiGroups);
        Add("Resources", Resources);
        Add("NonResourceURLs", NonResourceUrls);
        Add("ResourceNames", ResourceNames);
        Add("Verbs", Verbs);
        return $"{{{string.Join(", ", parts)}}}";

        void Add(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0) parts.Add($"{name}:[{string.Join(' ', values.Select(v => $"\"{v}\""))}]");
        }
    }

    /// <summary>The rule as JSON, for answers about rules.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["verbs"] = Array(Verbs) };
        if (NonResourceUrls.Count > 0)
        {
            json["nonResourceURLs"] = Array(NonResourceUrls);
            return json;
        }
        json["apiGroups"] = Array(ApiGroups);
        json["resources"] = Array(Resources);
        if (ResourceNames.Count > 0) json["resourceNames"] = Array(ResourceNames);
        return json;
    }

    private static bool MatchesResource(string rule, string asked, string subresource) =>
        rule == "*" || rule == asked || (subresource.Length > 0 && rule == $"*/{subresource}");

    private static bool Covers(string url, string path) =>
        url == "*" || url == path || (url.EndsWith('*') && path.StartsWith(url.TrimEnd('*'), StringComparison.Ordinal));

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static IReadOnlyList<string> Texts(JsonNode? array) => [.. (array as JsonArray ?? []).Select(t => t.Text() ?? "")];
}
