using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api.Webhooks;

/// <summary>Which requests a webhook is asked about.</summary>
internal static class WebhookRule
{
    /// <summary>Whether one of a webhook's rules and both its selectors fit the request.</summary>
    /// <param name="webhook">The webhook as its configuration has it.</param>
    /// <param name="request">The request.</param>
    /// <param name="verb">What it does.</param>
    /// <param name="obj">The object after the change, or null for a deletion.</param>
    /// <param name="old">The object before, or null for a creation.</param>
    /// <param name="namespaceLabels">The labels of the request's namespace, or null for cluster scope.</param>
    public static bool Fits(JsonObject webhook, WriteRequest request, AdmissionVerb verb, JsonObject? obj, JsonObject? old, JsonObject? namespaceLabels)
    {
        if (!(webhook["rules"] as JsonArray ?? []).OfType<JsonObject>().Any(rule => Covers(rule, request, verb))) return false;
        if (request.Namespace is not null && LabelSelector.FromObject(webhook["namespaceSelector"]) is { IsEverything: false } spaces && !spaces.MatchesLabels(namespaceLabels)) return false;
        if (LabelSelector.FromObject(webhook["objectSelector"]) is not { IsEverything: false } objects) return true;
        return (obj is not null && objects.Matches(obj)) || (old is not null && objects.Matches(old));
    }

    private static bool Covers(JsonObject rule, WriteRequest request, AdmissionVerb verb)
    {
        var resource = request.Resource;
        string plural = request.Subresource is null ? resource.Gvr.Plural : $"{resource.Gvr.Plural}/{request.Subresource}";
        string scope = rule["scope"].Text() ?? "*";
        return Has(rule["operations"], verb.ToString().ToUpperInvariant())
            && Has(rule["apiGroups"], resource.Gvr.Group)
            && Has(rule["apiVersions"], resource.Gvr.Version)
            && HasResource(rule["resources"], plural, request.Subresource is not null)
            && scope switch { "Cluster" => !resource.Namespaced, "Namespaced" => resource.Namespaced, _ => true };
    }

    private static bool Has(JsonNode? list, string value) => (list as JsonArray ?? []).Any(item => item.Text() is { } text && (text == "*" || text == value));

    /// <summary><c>*</c> is every resource without subresources, <c>*/*</c> all, <c>pods/*</c> all of one, <c>*/scale</c> one of all.</summary>
    private static bool HasResource(JsonNode? list, string plural, bool subresource)
    {
        foreach (var item in list as JsonArray ?? [])
        {
            string pattern = item.Text() ?? "";
            if (pattern == plural || pattern == "*/*" || (pattern == "*" && !subresource)) return true;
            if (!subresource || !pattern.Contains('/')) continue;
            string[] parts = pattern.Split('/'), asked = plural.Split('/');
            if ((parts[0] == "*" || parts[0] == asked[0]) && (parts[1] == "*" || parts[1] == asked[1])) return true;
        }
        return false;
    }
}
