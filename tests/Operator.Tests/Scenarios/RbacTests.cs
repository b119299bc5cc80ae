using System.Text.Json.Nodes;
using Nemotron.Controllers;
using Nemotron.Kube;
using Nemotron.Operator.Tests.Harness;
using YamlDotNet.Serialization;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The manifests grant what the controllers' attributes declare: no less, no more.</summary>
public class RbacTests
{
    // Leases are granted by a Role in the operator's own namespace.
    private static readonly SortedSet<string> Declared = [.. RbacRules.Of(typeof(NemotronControllers).Assembly).Concat(RbacRules.OfRuntime)
        .Where(rule => !rule.Resources.Contains("leases"))
        .SelectMany(rule => rule.ApiGroups.SelectMany(group => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => $"{group}/{resource} {verb}"))))];

    [Fact]
    public void The_plain_cluster_role_is_what_the_attributes_say() =>
        Granted(File.ReadAllText(Repository.PathOf("config", "rbac", "cluster_role.yaml"))).ShouldBe(Declared);

    [Fact]
    public async Task The_charts_cluster_role_is_what_the_attributes_say()
    {
        var rendered = (await new Tool("helm", "/nowhere/kubeconfig").RunAsync("template x charts/nemotron-operator --show-only templates/rbac.yaml")).Succeeded();
        Granted(rendered).ShouldBe(Declared);
    }

    private static SortedSet<string> Granted(string yaml)
    {
        var documents = yaml.Split("\n---\n").Select(document => new DeserializerBuilder().Build().Deserialize<object?>(document))
            .Where(document => document is not null)
            .Select(document => JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(document!))!);
        var role = documents.Single(document => document["kind"]!.GetValue<string>() == "ClusterRole");
        return [.. role["rules"]!.AsArray().SelectMany(rule => Words(rule!, "apiGroups").SelectMany(group =>
            Words(rule!, "resources").SelectMany(resource => Words(rule!, "verbs").Select(verb => $"{group}/{resource} {verb}"))))];
    }

    private static IEnumerable<string> Words(JsonNode rule, string key) => rule[key]!.AsArray().Select(word => word!.GetValue<string>());
}
