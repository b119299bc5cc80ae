using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Cli.Doctor;
using Nemotron.Cli.Doctor.Checks;

namespace Nemotron.Cli.Tests;

/// <summary>What doctor makes of the command lines that operators were started with, and of the namespaces that they act in.</summary>
public class OperatorScopeTests
{
    [Theory]
    [InlineData("--log-level=Debug", "")]
    [InlineData("--namespace=models", "models")]
    [InlineData("--namespace=b --namespace=a --namespace=b", "b a")]
    [InlineData("--namespace a --log-format json --namespace b", "a b")]
    [InlineData("--namespace", "")]
    public void The_namespaces_are_read_from_the_command_line(string arguments, string namespaces) =>
        Operator("x", arguments).WatchedNamespaces.ShouldBe(namespaces.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Theory]
    [InlineData("", "", "The operators of one and two both act in all namespaces.")]
    [InlineData("", "--namespace=a", "The operators of one and two both act in namespace a.")]
    [InlineData("--namespace=c --namespace=b --namespace=a", "--namespace=a --namespace=b", "The operators of one and two both act in namespaces a, b.")]
    [InlineData("--namespace=a --namespace=b", "--namespace=c", null)]
    public void Two_that_act_in_one_namespace_are_named(string one, string two, string? says)
    {
        var findings = OperatorCheck.Of(SurveyOf(Operator("one", one), Operator("two", two))).Findings.Where(finding => finding.What.Contains("both act", StringComparison.Ordinal)).ToList();
        findings.Select(finding => finding.What).ShouldBe(says is null ? [] : [says]);
        findings.ShouldAllBe(finding => finding.Severity == Severity.Warning && finding.Fix.Contains("watchNamespaces", StringComparison.Ordinal));
    }

    [Fact]
    public void One_alone_quarrels_with_nobody_and_each_pair_of_three_is_named()
    {
        OperatorCheck.Of(SurveyOf(Operator("one", ""))).Findings.ShouldNotContain(finding => finding.What.Contains("both act", StringComparison.Ordinal));
        OperatorCheck.Of(SurveyOf(Operator("one", "--namespace=a"), Operator("two", ""), Operator("three", "--namespace=b"))).Findings
            .Select(finding => finding.What).Where(what => what.Contains("both act", StringComparison.Ordinal))
            .ShouldBe(["The operators of one and two both act in namespace a.", "The operators of two and three both act in namespace b."]);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("--webhook-port=0", false)]
    [InlineData("--webhook-certificates=/etc/nemotron/webhook", false)]
    public void Rights_on_Secrets_and_webhooks_are_asked_for_where_the_operator_makes_its_own_certificate(string arguments, bool own)
    {
        var words = OperatorRights.Needed(Operator("one", arguments)).Select(right => right.Words).ToList();
        words.ShouldContain("patch nodes");
        words.Any(word => word.Contains("secrets", StringComparison.Ordinal)).ShouldBe(own);
        words.Any(word => word.Contains("validatingwebhookconfigurations", StringComparison.Ordinal)).ShouldBe(own);
    }

    [Theory]
    [InlineData("{}", "mine")]
    [InlineData("""{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"In","values":["models","mine"]}]}""", "mine")]
    [InlineData("""{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"In","values":["models","others"]}]}""", "models")]
    [InlineData("""{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"NotIn","values":["models"]}]}""", null)]
    [InlineData("""{"matchLabels":{"team":"a"}}""", null)]
    public void The_webhook_is_tried_where_it_is_asked(string selector, string? ns) => WebhookSurvey.AskedIn("mine",
    [
        new JsonObject { ["rules"] = new JsonArray(new JsonObject { ["resources"] = new JsonArray("gpunodepools") }) },
        new JsonObject { ["rules"] = new JsonArray(new JsonObject { ["resources"] = new JsonArray("nemotrondeployments") }), ["namespaceSelector"] = JsonNode.Parse(selector) },
    ]).ShouldBe(ns);

    private static Survey SurveyOf(params OperatorFacts[] operators) => new()
    {
        Now = DateTimeOffset.UnixEpoch,
        Definitions = new(null, "-"),
        Operators = new(operators, null),
        Leases = new(null, "-"),
        Nodes = new(null, "-"),
        Pools = new(null, "-"),
        Deployments = new(null, "-"),
        Servers = new(null, "-"),
        Webhooks = new(null, "-"),
        Prometheus = null,
    };

    private static OperatorFacts Operator(string ns, string arguments) => new(
        new V1Deployment
        {
            Metadata = new() { NamespaceProperty = ns, Name = "nemotron-operator" },
            Spec = new()
            {
                Replicas = 1,
                Template = new() { Spec = new() { Containers = [new() { Name = "operator", Args = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)] }] } },
            },
            Status = new() { ReadyReplicas = 1 },
        },
        [], null, 0, null);
}
