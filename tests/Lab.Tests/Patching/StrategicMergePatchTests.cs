using System.Text.Json.Nodes;
using k8s.Models;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds;
using Nemotron.Lab.Patching;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Tests.Patching;

public sealed class StrategicMergePatchTests
{
    private static readonly StructuralSchema Pod = ModelSchemas.Of(typeof(V1Pod));

    [Theory]
    [InlineData( // Lists by key: patch items first when new, the rest stay.
        """{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}""",
        """{"spec":{"containers":[{"name":"b","image":"2"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}""")]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"3"}]}}""",
        """{"spec":{"containers":[{"name":"b"},{"name":"c","image":"3"},{"name":"a"}]}}""")]
    [InlineData( // Order alone.
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}""")]
    [InlineData(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}""",
        """{"spec":{"containers":[{"name":"c"}]}}""")]
    [InlineData( // Keys need not be text.
        """{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80},{"containerPort":81}]}]}}""",
        """{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"$patch":"delete"},{"containerPort":81,"name":"x"}]}]}}""",
        """{"spec":{"containers":[{"name":"a","ports":[{"containerPort":81,"name":"x"}]}]}}""")]
    [InlineData( // Atomic lists are replaced.
        """{"spec":{"tolerations":[{"key":"a"}]}}""",
        """{"spec":{"tolerations":[{"key":"b"}]}}""",
        """{"spec":{"tolerations":[{"key":"b"}]}}""")]
    [InlineData( // Lists of scalars are united, or lose items.
        """{"metadata":{"finalizers":["x/a","x/b"]}}""",
        """{"metadata":{"finalizers":["x/c","x/a"]}}""",
        """{"metadata":{"finalizers":["x/c","x/a","x/b"]}}""")]
    [InlineData(
        """{"metadata":{"finalizers":["x/a","x/b"]}}""",
        """{"metadata":{"$deleteFromPrimitiveList/finalizers":["x/a"]}}""",
        """{"metadata":{"finalizers":["x/b"]}}""")]
    [InlineData( // A volume changes its source.
        """{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}""",
        """{"spec":{"volumes":[{"name":"v","$retainKeys":["name","configMap"],"configMap":{"name":"c"}}]}}""",
        """{"spec":{"volumes":[{"name":"v","configMap":{"name":"c"}}]}}""")]
    [InlineData(
        """{"metadata":{"labels":{"a":"1","b":"2"}}}""",
        """{"metadata":{"labels":{"$patch":"replace","c":"3"}}}""",
        """{"metadata":{"labels":{"c":"3"}}}""")]
    [InlineData(
        """{"metadata":{"labels":{"a":"1","b":"2"}}}""",
        """{"metadata":{"labels":{"a":null,"z":null}}}""",
        """{"metadata":{"labels":{"b":"2"}}}""")]
    [InlineData( // Nulls and directives leave no trace where there was nothing.
        """{}""",
        """{"metadata":{"labels":{"a":null,"b":"1"}},"spec":{"containers":[{"name":"gone","$patch":"delete"}],"volumes":[{"name":"v","$retainKeys":["name"]}]}}""",
        """{"metadata":{"labels":{"b":"1"}},"spec":{"containers":[],"volumes":[{"name":"v"}]}}""")]
    [InlineData( // Conditions by type, as kubelets and controllers patch them.
        """{"status":{"conditions":[{"type":"Ready","status":"False"},{"type":"Initialized","status":"True"}]}}""",
        """{"status":{"$setElementOrder/conditions":[{"type":"Initialized"},{"type":"Ready"}],"conditions":[{"type":"Ready","status":"True"}]}}""",
        """{"status":{"conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}]}}""")]
    public void Merges(string target, string patch, string expected)
    {
        var (live, change) = ((JsonObject)JsonNode.Parse(target)!, (JsonObject)JsonNode.Parse(patch)!);
        StrategicMergePatch.Apply(live, change, Pod).ToJsonString().ShouldBe(JsonNode.Parse(expected)!.ToJsonString());
        live.ToJsonString().ShouldBe(JsonNode.Parse(target)!.ToJsonString());
        change.ToJsonString().ShouldBe(JsonNode.Parse(patch)!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"1"}]}}""", "does not contain declared merge key: name")]
    [InlineData("""{"spec":{"containers":[{"name":"a","$patch":"frob"}]}}""", "unknown patch type")]
    [InlineData("""{"spec":{"containers":[{"name":"a","$patch":"merge"}]}}""", "merging lists cannot yet be specified in the patch")]
    [InlineData("""{"metadata":{"$patch":"frob"}}""", "unknown patch type")]
    [InlineData("""{"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]}}""", "doesn't match $setElementOrder list")]
    [InlineData("""{"spec":{"volumes":[{"name":"v","$retainKeys":["name"],"emptyDir":{}}]}}""", "$retainKeys")]
    public void Refusals(string patch, string saying)
    {
        var live = (JsonObject)JsonNode.Parse("""{"spec":{"containers":[{"name":"a"}],"volumes":[{"name":"v"}]},"metadata":{}}""")!;
        var refusal = Should.Throw<ApiException>(() => StrategicMergePatch.Apply(live, (JsonObject)JsonNode.Parse(patch)!, Pod));
        refusal.Code.ShouldBe(400);
        refusal.Message.ShouldContain(saying);
    }
}
