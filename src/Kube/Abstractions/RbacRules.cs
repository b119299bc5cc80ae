using System.Reflection;
using k8s.Models;

namespace Nemotron.Kube;

/// <summary>The rights that an operator needs, gathered from <see cref="EntityRbacAttribute"/> and <see cref="GenericRbacAttribute"/>.</summary>
public static class RbacRules
{
    /// <summary>What the runtime itself needs: Leases for leader election, Events. The same for every operator.</summary>
    public static IReadOnlyList<V1PolicyRule> OfRuntime { get; } =
    [
        new V1PolicyRule { ApiGroups = ["coordination.k8s.io"], Resources = ["leases"], Verbs = ["create", "get", "update"] },
        new V1PolicyRule { ApiGroups = ["events.k8s.io"], Resources = ["events"], Verbs = ["create", "patch"] },
    ];

    /// <summary>What the certificate of the webhooks takes, besides <see cref="OfRuntime"/>: of the cluster their configuration, of their namespace one Secret.</summary>
    /// <param name="name">The <see cref="WebhookCertificateSettings.Name"/>.</param>
    public static (IReadOnlyList<V1PolicyRule> OfCluster, IReadOnlyList<V1PolicyRule> OfNamespace) OfWebhooks(string name) =>
    (
        [new V1PolicyRule { ApiGroups = ["admissionregistration.k8s.io"], Resources = ["validatingwebhookconfigurations"], ResourceNames = [name], Verbs = ["list", "patch", "watch"] }],
        [
            // What is created has no name yet that a rule could go by.
            new V1PolicyRule { ApiGroups = [""], Resources = ["secrets"], Verbs = ["create"] },
            new V1PolicyRule { ApiGroups = [""], Resources = ["secrets"], ResourceNames = [name], Verbs = ["list", "update", "watch"] },
        ]
    );

    /// <summary>
    /// The rules of all attributed classes in the assemblies: verbs of one resource are joined, resources of one group with the same verbs share a rule, all in
    /// alphabetical order, so that the same attributes always give the same text.
    /// </summary>
    /// <param name="assemblies">Where to look.</param>
    public static IReadOnlyList<V1PolicyRule> Of(params Assembly[] assemblies) =>
        Of(assemblies.SelectMany(a => a.GetTypes()).ToArray());

    /// <summary>The rules of these classes.</summary>
    /// <param name="classes">Classes with attributes; others add nothing.</param>
    public static IReadOnlyList<V1PolicyRule> Of(params Type[] classes)
    {
        var verbs = new SortedDictionary<(string Group, string Resource, string Names), RbacVerb>();
        var urls = new SortedDictionary<string, RbacVerb>(StringComparer.Ordinal);
        void Add(string group, string resource, string names, RbacVerb verb) =>
            verbs[(group, resource, names)] = verbs.GetValueOrDefault((group, resource, names)) | verb;

        foreach (var attribute in classes.SelectMany(c => c.GetCustomAttributes<EntityRbacAttribute>()))
        {
            foreach (var type in attribute.Entities.Select(ResourceType.Of))
            {
                foreach (var resource in attribute.Subresources.Select(s => $"{type.Plural}/{s}").Prepend(type.Plural))
                {
                    Add(type.Group, resource, "", attribute.Verbs);
                }
            }
        }

        foreach (var attribute in classes.SelectMany(c => c.GetCustomAttributes<GenericRbacAttribute>()))
        {
            foreach (var group in attribute.Groups)
            {
                foreach (var resource in attribute.Resources)
                {
                    Add(group, resource, string.Join(',', attribute.ResourceNames.Order(StringComparer.Ordinal)), attribute.Verbs);
                }
            }

            foreach (var url in attribute.Urls)
            {
                urls[url] = urls.GetValueOrDefault(url) | attribute.Verbs;
            }
        }

        return
        [
            .. verbs.GroupBy(v => (v.Key.Group, v.Key.Names, v.Value)).OrderBy(g => g.Key.Group, StringComparer.Ordinal).Select(g => new V1PolicyRule
            {
                ApiGroups = [g.Key.Group],
                Resources = [.. g.Select(v => v.Key.Resource).Order(StringComparer.Ordinal)],
                ResourceNames = g.Key.Names.Length == 0 ? null : [.. g.Key.Names.Split(',')],
                Verbs = VerbNames(g.Key.Value),
            }),
            .. urls.Select(u => new V1PolicyRule { NonResourceURLs = [u.Key], Verbs = VerbNames(u.Value) }),
        ];
    }

    private static List<string> VerbNames(RbacVerb verbs) =>
        [.. Enum.GetValues<RbacVerb>().Where(v => int.IsPow2((int)v) && verbs.HasFlag(v)).Select(v => v.ToString().ToLowerInvariant()).Order(StringComparer.Ordinal)];
}
