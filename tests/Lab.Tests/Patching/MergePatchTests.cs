using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Tests.Patching;

public sealed class MergePatchTests
{
    /// <summary>The test cases of RFC 7386, appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Rfc7386(string target, string patch, string expected) =>
        JsonEquality.Same(MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch)), JsonNode.Parse(expected)).ShouldBeTrue();

    /// <summary>The patch that leads from one object to another does so, for objects without nulls (which a merge patch cannot write).</summary>
    [Fact]
    public void Difference_AppliedToTheFirst_GivesTheSecond() =>
        Gen.Select(JsonGen.Object, JsonGen.Object).Sample((from, to) => JsonEquality.Same(MergePatch.Apply(from, Difference(from, to)), to), print: pair => $"{pair.Item1}\n{pair.Item2}");

    [Fact]
    public void Apply_Twice_IsApplyOnce() => Gen.Select(JsonGen.Object, JsonGen.Object).Sample((target, patch) =>
    {
        var once = MergePatch.Apply(target, patch);
        return JsonEquality.Same(MergePatch.Apply(once, patch), once);
    });

    private static JsonObject Difference(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (from[name] is JsonObject was && value is JsonObject now) patch[name] = Difference(was, now);
            else if (!JsonEquality.Same(from[name], value)) patch[name] = value!.DeepClone();
        }
        foreach (var (name, _) in from)
        {
            if (!to.ContainsKey(name)) patch[name] = null;
        }
        return patch;
    }
}
