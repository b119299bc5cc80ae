using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Controllers;
using Nemotron.Kube;
using Nemotron.Operator.Tests.Harness;
using YamlDotNet.Serialization;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>The manifests grant what the controllers' attributes and the runtime declare: no less, no more.</summary>
public class RbacTests
{
    private const string Name = "nemotron-operator-webhook";
    private const string ChartName = "x-nemotron-operator-webhook";

    [Fact]
    public void The_plain_roles_are_what_the_code_declares()
    {
        Granted(File.ReadAllText(Repository.PathOf("config", "rbac", "cluster_role.yaml")), "ClusterRole", "nemotron-operator").ShouldBe(OfCluster(Name));
        Granted(File.ReadAllText(Repository.PathOf("config", "rbac", "webhook.yaml")), "Role", Name).ShouldBe(OfNamespace(Name));
    }

    [Fact]
    public async Task The_charts_roles_are_what_the_code_declares()
    {
        var rendered = await RenderedAsync("");
        Granted(rendered, "ClusterRole", "x-nemotron-operator").ShouldBe(OfCluster(ChartName));
        Granted(rendered, "Role", ChartName).ShouldBe(OfNamespace(ChartName));
    }

    [Fact]
    public async Task Without_webhooks_the_chart_asks_for_no_right_on_secrets_and_configurations()
    {
        var rendered = await RenderedAsync("--set webhook.enabled=false");
        rendered.ShouldNotContain("secrets");
        Granted(rendered, "ClusterRole", "x-nemotron-operator").ShouldBe(Rights.Words(Declared));
    }

    [Fact]
    public async Task Secrets_of_API_keys_may_be_got_by_the_names_that_are_given_and_no_others()
    {
        var rendered = await RenderedAsync("--set webhook.enabled=false,gateway.apiKeySecrets={nano-keys,super-keys}");
        Granted(rendered, "ClusterRole", "x-nemotron-operator").Except(Rights.Words(Declared)).ShouldBe(["/secrets nano-keys get", "/secrets super-keys get"]);
    }

    [Fact]
    public async Task In_some_namespaces_the_rights_on_what_lives_in_namespaces_are_a_Roles_in_each()
    {
        var rendered = await RenderedAsync("--set watchNamespaces={models,others}");
        var (cluster, there) = (Granted(rendered, "ClusterRole", "x-nemotron-operator"), Granted(rendered, "Role", "x-nemotron-operator", "models"));
        Granted(rendered, "Role", "x-nemotron-operator", "others").ShouldBe(there);
        foreach (var ns in new[] { "models", "others" }) Bound(rendered, ns).ShouldBe("Role/x-nemotron-operator to ServiceAccount default/x-nemotron-operator");
        cluster.Union(there).Order(StringComparer.Ordinal).ShouldBe(OfCluster(ChartName));
        cluster.Intersect(there).ShouldBeEmpty();
        // What is left for the whole cluster is the cluster's, or of its nodes' machines; Events of these go to the namespace default.
        cluster.Select(right => right.Split(' ')[0].Split('/')[1]).Distinct().Order(StringComparer.Ordinal).ShouldBe(
            ["events", "gpunodepools", "machinedeployments", "machinepools", "machines", "namespaces", "nemotronfleets", "nemotronmodels", "nodeclaims", "nodepools", "nodes", "validatingwebhookconfigurations"]);
    }

    // Leases are granted by a Role in the operator's own namespace.
    private static IEnumerable<V1PolicyRule> Declared =>
        RbacRules.Of(typeof(NemotronControllers).Assembly).Concat(RbacRules.OfRuntime).Where(rule => !rule.Resources.Contains("leases"));

    private static SortedSet<string> OfCluster(string name) => Rights.Words(Declared.Concat(RbacRules.OfWebhooks(name).OfCluster));

    private static SortedSet<string> OfNamespace(string name) => Rights.Words(RbacRules.OfWebhooks(name).OfNamespace);

    private static async Task<string> RenderedAsync(string settings) =>
        (await new Tool("helm", "/nowhere/kubeconfig").RunAsync($"template x charts/nemotron-operator --show-only templates/rbac.yaml {settings}")).Succeeded();

    private static IEnumerable<JsonNode> Documents(string yaml) =>
        yaml.Split("\n---\n").Select(document => new DeserializerBuilder().Build().Deserialize<object?>(document))
            .Where(document => document is not null)
            .Select(document => JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(document!))!);

    private static JsonNode Document(string yaml, string kind, string name, string? ns) =>
        Documents(yaml).Single(document => Word(document, "kind") == kind && Word(document["metadata"]!, "name") == name && (ns is null || Word(document["metadata"]!, "namespace") == ns));

    private static string? Word(JsonNode node, string key) => node[key]?.GetValue<string>();

    private static string Bound(string yaml, string ns)
    {
        var binding = Document(yaml, "RoleBinding", "x-nemotron-operator", ns);
        var subject = binding["subjects"]!.AsArray().Single()!;
        return $"{Word(binding["roleRef"]!, "kind")}/{Word(binding["roleRef"]!, "name")} to {Word(subject, "kind")} {Word(subject, "namespace")}/{Word(subject, "name")}";
    }

    private static SortedSet<string> Granted(string yaml, string kind, string name, string? ns = null)
    {
        var role = Document(yaml, kind, name, ns);
        return [.. role["rules"]!.AsArray().SelectMany(rule => Rights.Words(List(rule!, "apiGroups"), List(rule!, "resources"), List(rule!, "resourceNames"), List(rule!, "verbs")))];
    }

    private static IEnumerable<string> List(JsonNode rule, string key) => rule[key]?.AsArray().Select(word => word!.GetValue<string>()) ?? [];
}
