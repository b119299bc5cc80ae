using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Tests.Api;

public class SelectorTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app!=web", false)]
    [InlineData("other!=web", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!gone,tier in (front, back)", true)]
    [InlineData("tier notin (front)", false)]
    [InlineData("gone notin (front)", true)]
    [InlineData("count>3", true)]
    [InlineData("count<3", false)]
    [InlineData("example.com/role=", true)]
    public void A_label_selector_matches_or_not(string selector, bool matches)
    {
        var labels = new JsonObject { ["app"] = "web", ["tier"] = "front", ["count"] = "5", ["example.com/role"] = "" };
        LabelSelector.Parse(selector).MatchesLabels(labels).ShouldBe(matches);
    }

    [Theory]
    [InlineData("a in b", "unable to parse requirement: found 'b' expected: '('")]
    [InlineData("=x", "unable to parse requirement: found '=', expected: identifier")]
    public void An_unreadable_label_selector_is_refused_in_the_servers_words(string selector, string message)
    {
        var refusal = Should.Throw<ApiException>(() => LabelSelector.Parse(selector));
        refusal.Code.ShouldBe(400);
        refusal.Message.ShouldBe(message);
    }

    [Fact]
    public void The_selector_of_a_specification_reads_labels_and_expressions()
    {
        var spec = JsonNode.Parse("""{"matchLabels":{"a":"1"},"matchExpressions":[{"key":"b","operator":"Exists"},{"key":"c","operator":"NotIn","values":["x"]}]}""");
        var selector = LabelSelector.FromObject(spec)!;
        selector.MatchesLabels(new JsonObject { ["a"] = "1", ["b"] = "" }).ShouldBeTrue();
        selector.MatchesLabels(new JsonObject { ["a"] = "1", ["b"] = "", ["c"] = "x" }).ShouldBeFalse();
        LabelSelector.FromObject(null).ShouldBeNull("no selector selects nothing");
        LabelSelector.FromObject(new JsonObject())!.IsEverything.ShouldBeTrue();
    }

    [Theory]
    [InlineData("metadata.name=p", true)]
    [InlineData("metadata.name!=p", false)]
    [InlineData("spec.nodeName=", false)]
    [InlineData("spec.nodeName=n,status.phase=Running", true)]
    [InlineData("status.podIP=", true)]
    public void A_field_selector_matches_or_not(string selector, bool matches)
    {
        var pod = (JsonObject)JsonNode.Parse("""{"metadata":{"name":"p"},"spec":{"nodeName":"n"},"status":{"phase":"Running"}}""")!;
        FieldSelector.Parse(selector, Pods()).Matches(pod).ShouldBe(matches);
    }

    [Fact]
    public void A_field_that_is_not_selectable_is_refused() =>
        Should.Throw<ApiException>(() => FieldSelector.Parse("spec.containers=x", Pods())).Code.ShouldBe(400);

    private static ServedResource Pods() => BuiltinResources.Over(new Lab.Storage.RevisionedStore(16)).First(r => r.Gvr.Plural == "pods");
}
