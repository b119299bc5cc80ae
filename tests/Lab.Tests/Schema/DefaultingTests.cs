using CsCheck;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class DefaultingTests
{
    [Theory]
    [InlineData("""{"model":"Nano"}""", """{"model":"Nano","fraction":0.9,"mode":"On"}""")]
    [InlineData("""{"mode":null}""", """{"mode":"On","fraction":0.9}""")] // null for a defaulted field
    [InlineData("""{"mode":"Off","tp":null}""", """{"mode":"Off","fraction":0.9}""")] // null for a plain field
    [InlineData("""{"mode":"Off","maybe":null}""", """{"mode":"Off","maybe":null,"fraction":0.9}""")] // null where it may stand
    [InlineData("""{"autoscaling":{"max":3}}""", """{"autoscaling":{"max":3,"min":1},"fraction":0.9,"mode":"On"}""")]
    [InlineData("""{"limits":{"a":{},"b":{"soft":7}}}""", """{"limits":{"a":{"soft":5},"b":{"soft":7}},"fraction":0.9,"mode":"On"}""")]
    [InlineData("""{"limits":{"a":null}}""", """{"limits":{},"fraction":0.9,"mode":"On"}""")]
    [InlineData("""{"items":[{"key":"x"},{"key":"y","value":null}]}""", """{"items":[{"key":"x","value":"v"},{"key":"y","value":"v"}],"fraction":0.9,"mode":"On"}""")]
    [InlineData("""{"nonEmpty":[null]}""", """{"nonEmpty":[null],"fraction":0.9,"mode":"On"}""")] // a list keeps its length
    public void Fills_in_what_is_absent_and_settles_nulls(string spec, string expected)
    {
        var widget = Widgets.Spec(spec);
        Defaulting.Apply(widget, Widgets.Schema);
        System.Text.Json.Nodes.JsonNode.DeepEquals(widget["spec"], Widgets.Object(expected)).ShouldBeTrue(widget["spec"]!.ToJsonString());
    }

    [Fact]
    public void An_absent_object_is_not_created_for_the_defaults_inside_it()
    {
        var widget = Widgets.Spec("""{"model":"Nano"}""");
        Defaulting.Apply(widget, Widgets.Schema);
        widget["spec"]!.AsObject().ContainsKey("autoscaling").ShouldBeFalse();
    }

    [Fact]
    public void A_default_is_given_away_as_a_copy()
    {
        var schema = Widgets.Read("""{"type":"object","properties":{"o":{"type":"object","default":{"a":1},"x-kubernetes-preserve-unknown-fields":true}}}""");
        var first = Widgets.Object("{}");
        Defaulting.Apply(first, schema);
        first["o"]!["a"] = 2;
        var second = Widgets.Object("{}");
        Defaulting.Apply(second, schema);
        second.ToJsonString().ShouldBe("""{"o":{"a":1}}""");
    }

    [Fact]
    public void Applying_twice_changes_nothing_more() =>
        RandomWidgets.Gen.Sample(widget =>
        {
            Defaulting.Apply(widget, Widgets.Schema);
            var once = widget.ToJsonString();
            Defaulting.Apply(widget, Widgets.Schema);
            return widget.ToJsonString() == once;
        }, iter: 500);
}
