using System.Text.Json.Nodes;
using CsCheck;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

public class CrdYamlTests
{
    public static TheoryData<Type> Kinds => GeneratedCrds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ACrd_IsReadBackAsItWas(Type kind)
    {
        var read = Manifests.Read(CrdYaml.Write(GeneratedCrds.Of(kind))).Single();
        read.ToJsonString().ShouldBe(GeneratedCrds.Of(kind).ToJsonString());
    }

    [Theory]
    [InlineData("On")]
    [InlineData("no")]
    [InlineData("y")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1e3")]
    [InlineData("-1")]
    [InlineData(".5")]
    [InlineData(".inf")]
    [InlineData("0x1f")]
    [InlineData("2026-11-23")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("- a")]
    [InlineData("*a")]
    [InlineData("@a")]
    [InlineData("trailing ")]
    [InlineData("a\nb")]
    [InlineData("say \"x\"")]
    public void Strings_ThatCouldBeTakenForSomethingElse_AreQuoted(string text)
    {
        CrdYaml.Write(new JsonObject { ["a"] = text }).ShouldStartWith("a: \"");
        Manifests.Read(CrdYaml.Write(new JsonObject { ["a"] = text })).Single()["a"]!.GetValue<string>().ShouldBe(text);
    }

    [Theory]
    [InlineData("Tok/s")]
    [InlineData(".spec.replicas")]
    [InlineData("At most 16, of all.")]
    [InlineData("tensorParallel × pipelineParallel")]
    public void Strings_ThatAreNothingElse_AreNot(string text) =>
        CrdYaml.Write(new JsonObject { ["a"] = text }).ShouldBe($"a: {text}\n");

    [Fact]
    public void AnyString_IsReadBackAsItWas() =>
        Gen.String[Gen.Char[' ', '~'], 0, 30].Sample(text =>
            Manifests.Read(CrdYaml.Write(new JsonObject { ["a"] = text })).Single()["a"]!.GetValue<string>() == text);

    [Fact]
    public void Shapes_AreBlocks_AndEmptyOnesFlow() =>
        CrdYaml.Write(JsonNode.Parse("""{"a":{},"b":[],"c":[1,{"d":true}],"e":null,"f":0.5}""")!)
            .ShouldBe("a: {}\nb: []\nc:\n- 1\n- d: true\ne: null\nf: 0.5\n");
}
