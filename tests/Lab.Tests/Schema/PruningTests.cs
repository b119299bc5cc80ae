using CsCheck;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Schema;

public sealed class PruningTests
{
    [Theory]
    [InlineData("""{"model":"Super","bogus":1,"autoscaling":{"max":2,"junk":true}}""", "spec.autoscaling.junk,spec.bogus")]
    [InlineData("""{"items":[{"key":"a"},{"key":"b","x":1}]}""", "spec.items[1].x")]
    [InlineData("""{"limits":{"cpu":{"soft":1,"odd":2}}}""", "spec.limits.cpu.odd")]
    [InlineData("""{"free":{"anything":{"goes":1},"known":{"a":"x","b":"y"}}}""", "spec.free.known.b")]
    [InlineData("""{"labels":{"a":"1"},"port":5}""", "")]
    public void Names_and_removes_unknown_fields(string spec, string expected)
    {
        var widget = Widgets.Spec(spec);
        var unknown = Pruning.Prune(widget, Widgets.Schema, resourceRoot: true);
        string.Join(',', unknown).ShouldBe(expected);
        Pruning.Prune(widget, Widgets.Schema, resourceRoot: true).ShouldBeEmpty();
    }

    [Fact]
    public void Unknown_metadata_comes_first_and_type_and_metadata_stand_at_the_root()
    {
        var widget = Widgets.Object("""{"apiVersion":"v1","kind":"Widget","metadata":{"name":"a","zzz":1,"ownerReferences":[{"uid":"u","odd":1}]},"aaa":2,"spec":{"model":"Nano"}}""");
        Pruning.Prune(widget, Widgets.Schema, resourceRoot: true).ShouldBe(["metadata.ownerReferences[0].odd", "metadata.zzz", "aaa"]);
        widget.ToJsonString().ShouldBe("""{"apiVersion":"v1","kind":"Widget","metadata":{"name":"a","ownerReferences":[{"uid":"u"}]},"spec":{"model":"Nano"}}""");
    }

    [Fact]
    public void An_embedded_resource_keeps_its_own_type_and_metadata()
    {
        var schema = Widgets.Read("""{"type":"object","properties":{"t":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}}}}""");
        var value = Widgets.Object("""{"t":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","odd":1},"spec":{"gone":1},"other":2}}""");
        Pruning.Prune(value, schema, resourceRoot: false).ShouldBe(["t.metadata.odd", "t.other", "t.spec.gone"]);
    }

    [Fact]
    public void Pruning_twice_removes_nothing_more_and_adds_nothing() =>
        RandomWidgets.Gen.Sample(widget =>
        {
            var before = widget.ToJsonString().Length;
            Pruning.Prune(widget, Widgets.Schema, resourceRoot: true);
            var once = widget.ToJsonString();
            return Pruning.Prune(widget, Widgets.Schema, resourceRoot: true).Count == 0 && widget.ToJsonString() == once && once.Length <= before;
        }, iter: 500);
}
