using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Tests.Patching;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2}]""", """{"a":[1,2,3]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/-","value":2}]""", """{"a":[1,2]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"remove","path":"/a/-1"}]""", """{"a":[1]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"replace","path":"/a/0","value":9}]""", """{"a":[9,2]}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"b":2}}]""", """{"b":2}""")]
    [InlineData("""{"a":{"x":1},"b":{}}""", """[{"op":"move","from":"/a/x","path":"/b/y"}]""", """{"a":{},"b":{"y":1}}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/b"}]""", """{"a":{"x":1},"b":{"x":1}}""")]
    [InlineData("""{"m/n":1,"t~":2}""", """[{"op":"test","path":"/m~1n","value":1},{"op":"remove","path":"/t~0"}]""", """{"m/n":1}""")]
    [InlineData("""{"a":1.0}""", """[{"op":"test","path":"/a","value":1}]""", """{"a":1.0}""")]
    [InlineData("""{}""", """[{"op":"test","path":"/a","value":null}]""", """{}""")]
    [InlineData("""{"a":null}""", """[{"op":"remove","path":"/a"}]""", """{}""")]
    public void Operations(string target, string patch, string expected) =>
        JsonEquality.Same(JsonPatch.Apply(JsonNode.Parse(target), (JsonArray)JsonNode.Parse(patch)!), JsonNode.Parse(expected)).ShouldBeTrue();

    [Theory]
    [InlineData("""[{"op":"remove","path":"/b"}]""")]
    [InlineData("""[{"op":"replace","path":"/b","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/b/c","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/l/3","value":1}]""")]
    [InlineData("""[{"op":"remove","path":"/l/1"}]""")]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""[{"op":"copy","from":"/none","path":"/x"}]""")]
    [InlineData("""[{"op":"move","from":"/none","path":"/x"}]""")]
    [InlineData("""[{"op":"frob","path":"/a"}]""")]
    [InlineData("""[{"op":"remove","path":"a"}]""")]
    [InlineData("""[{"op":"remove"}]""")]
    public void Refusals_AllReadTheSame(string patch)
    {
        var refusal = Should.Throw<ApiException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":1,"l":[1]}"""), (JsonArray)JsonNode.Parse(patch)!));
        refusal.Code.ShouldBe(422);
        refusal.Message.ShouldBe("the server rejected our request due to an error in our request");
    }

    [Theory]
    [InlineData("\"x\"", "string")]
    [InlineData("{}", "object")]
    [InlineData("1", "number")]
    public void Parse_RefusesWhatIsNoList(string body, string kind) =>
        Should.Throw<ApiException>(() => JsonPatch.Parse(JsonNode.Parse(body))).Message
            .ShouldBe($"error decoding patch: json: cannot unmarshal {kind} into Go value of type []handlers.jsonPatchOp");

    [Fact]
    public void Parse_RefusesTooManyOperations()
    {
        var patch = new JsonArray([.. Enumerable.Range(0, 10_001).Select(_ => new JsonObject())]);
        var refusal = Should.Throw<ApiException>(() => JsonPatch.Parse(patch));
        (refusal.Code, refusal.Message).ShouldBe((413, "The allowed maximum operations in a JSON patch is 10000, got 10001"));
    }

    [Fact]
    public void Apply_LeavesItsArgumentsAlone()
    {
        var target = JsonNode.Parse("""{"a":{"b":1}}""")!;
        var patch = (JsonArray)JsonNode.Parse("""[{"op":"add","path":"/c","value":{"d":1}},{"op":"add","path":"/c/e","value":2},{"op":"remove","path":"/a/b"}]""")!;
        var (before, beforePatch) = (target.ToJsonString(), patch.ToJsonString());
        JsonPatch.Apply(target, patch);
        target.ToJsonString().ShouldBe(before);
        patch.ToJsonString().ShouldBe(beforePatch);
    }
}
