using System.Net;
using System.Text.Json.Nodes;
using k8s.Autorest;
using k8s.Models;
using Nemotron.Controllers;
using Nemotron.Kube;

namespace Nemotron.Cli.Doctor;

/// <summary>Asks the API server whether an operator's service account may do what the controllers declare to need.</summary>
internal sealed class OperatorRights(ApiConnection api)
{
    private const string DefaultWebhookName = "nemotron-operator-webhook";
    private const string Reviews = "apis/authorization.k8s.io/v1/subjectaccessreviews";
    private const int AtOnce = 8;

    /// <summary>The facts, with the rights that are missing.</summary>
    public async Task<OperatorFacts> AskAsync(OperatorFacts one, CancellationToken cancellationToken)
    {
        var needed = Needed(one).ToList();
        var missing = new System.Collections.Concurrent.ConcurrentBag<string>();
        try
        {
            await Parallel.ForEachAsync(needed, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (right, cancel) =>
            {
                if (!await MayAsync(one, right, cancel)) missing.Add(right.Words);
            });
            return one with { Missing = [.. missing.Distinct().Order(StringComparer.Ordinal)], Asked = needed.Count };
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Forbidden)
        {
            return one with { NotAsked = $"you may not ask what the service account may do. {ApiErrors.Describe(e)}" };
        }
    }

    private async Task<bool> MayAsync(OperatorFacts one, Right right, CancellationToken cancellationToken)
    {
        var answer = await api.PostAsync(Reviews, new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["user"] = $"system:serviceaccount:{one.Namespace}:{one.ServiceAccount}",
                ["groups"] = new JsonArray("system:serviceaccounts", $"system:serviceaccounts:{one.Namespace}", "system:authenticated"),
                ["resourceAttributes"] = right.Attributes(),
            },
        }, cancellationToken);
        return answer["status"]?["allowed"]?.GetValue<bool>() == true;
    }

    /// <summary>What an operator needs, started as it is.</summary>
    internal static IEnumerable<Right> Needed(OperatorFacts one)
    {
        var scopes = one.WatchedNamespaces.Cast<string?>().DefaultIfEmpty(null).ToList();
        var own = one.Argument("--leader-elect-namespace") ?? one.Namespace;
        var declared = RbacRules.Of(typeof(NemotronControllers).Assembly).Concat(RbacRules.OfRuntime).ToList();
        foreach (var right in declared.Where(rule => !rule.Resources.Contains("leases")).SelectMany(rule => scopes.SelectMany(scope => Rights(rule, scope)))) yield return right;
        if (one.Argument("--leader-elect") != "false")
            foreach (var right in declared.Where(rule => rule.Resources.Contains("leases")).SelectMany(rule => Rights(rule, own))) yield return right;
        // Whoever else makes the certificate has it trusted too, such as cert-manager.
        if (one.Argument("--webhook-port") == "0" || one.Argument("--webhook-certificates") is not null) yield break;
        var webhooks = RbacRules.OfWebhooks(one.Argument("--webhook-name") ?? DefaultWebhookName);
        foreach (var right in webhooks.OfCluster.SelectMany(rule => Rights(rule, null))) yield return right;
        foreach (var right in webhooks.OfNamespace.SelectMany(rule => Rights(rule, one.Argument("--webhook-namespace") ?? one.Namespace))) yield return right;
    }

    private static IEnumerable<Right> Rights(V1PolicyRule rule, string? ns) =>
        from @group in rule.ApiGroups ?? []
        from resource in rule.Resources ?? []
        from name in (rule.ResourceNames ?? []).DefaultIfEmpty(null)
        from verb in rule.Verbs
        select new Right(verb, @group, resource, name, ns);

    internal sealed record Right(string Verb, string Group, string Resource, string? Name, string? Namespace)
    {
        public string Words => $"{Verb} {Resource}{(Group.Length > 0 ? $".{Group}" : "")}{(Name is null ? "" : $" {Name}")}{(Namespace is null ? "" : $" in namespace {Namespace}")}";

        public JsonObject Attributes()
        {
            var parts = Resource.Split('/', 2);
            var attributes = new JsonObject { ["verb"] = Verb, ["group"] = Group, ["resource"] = parts[0] };
            if (parts.Length > 1) attributes["subresource"] = parts[1];
            if (Name is not null) attributes["name"] = Name;
            if (Namespace is not null) attributes["namespace"] = Namespace;
            return attributes;
        }
    }
}
