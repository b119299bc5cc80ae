using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers;
using Nemotron.Crds;
using Nemotron.Kube;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>What the operator may do by its roles, and what it did by an API server's audit log, in the same words: <c>group/resource verb</c>, or <c>group/resource name verb</c> for one object's.</summary>
internal static class Rights
{
    /// <summary>What the manifests grant, as <see cref="Scenarios.RbacTests"/> holds them to it.</summary>
    public static SortedSet<string> Granted(string webhookName)
    {
        var webhooks = RbacRules.OfWebhooks(webhookName);
        return Words([.. RbacRules.Of(typeof(NemotronControllers).Assembly), .. RbacRules.OfRuntime, .. webhooks.OfCluster, .. webhooks.OfNamespace]);
    }

    /// <summary>What operators did, once each.</summary>
    /// <param name="auditFile">An audit log, one Event a line.</param>
    public static SortedSet<string> Used(string auditFile) => Used(auditFile, audit => audit["userAgent"]?.GetValue<string>().StartsWith($"{NemotronApi.FieldManager}/", StringComparison.Ordinal) == true);

    /// <summary>What a user did, once each, whichever client it was done with.</summary>
    /// <param name="auditFile">An audit log, one Event a line.</param>
    /// <param name="user">The user's name.</param>
    public static SortedSet<string> UsedBy(string auditFile, string user) => Used(auditFile, audit => audit["user"]!["username"]!.GetValue<string>() == user);

    /// <summary>What a user was not allowed to do.</summary>
    /// <param name="auditFile">An audit log, one Event a line.</param>
    /// <param name="user">The user's name.</param>
    public static IReadOnlyList<string> Forbidden(string auditFile, string user) => [.. ReadShared(auditFile).Select(line => JsonNode.Parse(line)!)
        .Where(audit => audit["user"]!["username"]!.GetValue<string>() == user && audit["responseStatus"]!["code"]!.GetValue<int>() is 401 or 403)
        .Select(audit => $"{audit["verb"]} {audit["requestURI"]}").Distinct()];

    /// <summary>What operators asked of a resource and did not get, every time it was asked.</summary>
    /// <param name="auditFile">An audit log, one Event a line.</param>
    /// <param name="resource">The resource's plural.</param>
    public static IReadOnlyList<string> Failed(string auditFile, string resource) => [.. ReadShared(auditFile).Select(line => JsonNode.Parse(line)!)
        .Where(audit => audit["userAgent"]?.GetValue<string>().StartsWith($"{NemotronApi.FieldManager}/", StringComparison.Ordinal) == true
            && audit["requestURI"]!.GetValue<string>().Contains($"/{resource}", StringComparison.Ordinal) && audit["responseStatus"]!["code"]!.GetValue<int>() >= 400)
        .Select(audit => $"{audit["verb"]} {audit["requestURI"]}: {audit["responseStatus"]!["code"]}")];

    private static SortedSet<string> Used(string auditFile, Func<JsonNode, bool> by)
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var audit in ReadShared(auditFile).Select(line => JsonNode.Parse(line)!))
        {
            if (!by(audit) || audit["objectRef"] is not { } what) continue;
            var resource = $"{what["apiGroup"]}/{what["resource"]}{(what["subresource"] is { } part ? $"/{part}" : "")}";
            var verb = audit["verb"]!.GetValue<string>();
            foreach (var right in audit["responseStatus"]!["code"]!.GetValue<int>() == 201 && verb == "patch" ? ["create", verb] : new[] { verb })
                used.Add($"{resource}{(what["name"] is { } name ? $" {name}" : "")} {right}");
        }

        return used;
    }

    /// <summary>Whether something that was done is allowed by something that is granted.</summary>
    public static bool Covers(string granted, string used) => granted == used || granted == OfAnyName(used);

    /// <summary>The words of rules.</summary>
    public static SortedSet<string> Words(IEnumerable<V1PolicyRule> rules) =>
        new(rules.SelectMany(rule => Words(rule.ApiGroups, rule.Resources, rule.ResourceNames ?? [], rule.Verbs)), StringComparer.Ordinal);

    /// <summary>The words of a rule's lists.</summary>
    public static IEnumerable<string> Words(IEnumerable<string> groups, IEnumerable<string> resources, IEnumerable<string> names, IEnumerable<string> verbs) =>
        from @group in groups
        from resource in resources
        from verb in verbs
        from name in names.DefaultIfEmpty("")
        select $"{@group}/{resource}{(name.Length > 0 ? $" {name}" : "")} {verb}";

    /// <summary>The words without the object's name.</summary>
    public static string OfAnyName(string used) => used.Split(' ') is [var resource, _, var verb] ? $"{resource} {verb}" : used;

    private static IEnumerable<string> ReadShared(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line) yield return line;
    }
}
