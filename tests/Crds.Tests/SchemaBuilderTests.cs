using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using k8s.Models;
using Nemotron.Crds.Attributes;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

public class SchemaBuilderTests
{
    private static readonly JsonObject Schema = Build(typeof(Probe));

    [Theory]
    [InlineData("text", """{"type":"string"}""")]
    [InlineData("flag", """{"type":"boolean"}""")]
    [InlineData("count", """{"type":"integer","format":"int32"}""")]
    [InlineData("size", """{"type":"integer","format":"int64"}""")]
    [InlineData("ratio", """{"type":"number","format":"double"}""")]
    [InlineData("time", """{"type":"string","format":"date-time"}""")]
    [InlineData("port", """{"x-kubernetes-int-or-string":true}""")]
    [InlineData("color", """{"type":"string","enum":["Red","DarkBlue"]}""")]
    [InlineData("names", """{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"}""")]
    [InlineData("labels", """{"type":"object","additionalProperties":{"type":"string"}}""")]
    [InlineData("colors", """{"type":"array","items":{"type":"string","enum":["Red","DarkBlue"]},"x-kubernetes-list-type":"atomic"}""")]
    public void Types_BecomeStructural(string field, string expected) => Text(Field(field)).ShouldBe(expected);

    [Theory]
    [InlineData("bounded", """{"type":"integer","format":"int32","minimum":1,"maximum":8}""")]
    [InlineData("open", """{"type":"number","format":"double","minimum":0,"exclusiveMinimum":true,"maximum":0.5,"exclusiveMaximum":true}""")]
    [InlineData("word", """{"type":"string","minLength":1,"maxLength":9,"pattern":"^a$"}""")]
    [InlineData("words", """{"type":"array","minItems":1,"maxItems":3,"items":{"type":"string","maxLength":9,"pattern":"^a$"},"x-kubernetes-list-type":"set"}""")]
    [InlineData("notes", """{"type":"object","minProperties":1,"maxProperties":2,"additionalProperties":{"type":"string","maxLength":5},"x-kubernetes-map-type":"atomic"}""")]
    [InlineData("step", """{"type":"integer","format":"int32","enum":[1,2]}""")]
    [InlineData("steps", """{"type":"array","items":{"type":"integer","format":"int32","minimum":1},"x-kubernetes-list-type":"atomic"}""")]
    [InlineData("shade", """{"type":"string","enum":["Red","DarkBlue"],"default":"DarkBlue"}""")]
    [InlineData("anything", """{"enum":["a",true],"x-kubernetes-preserve-unknown-fields":true}""")]
    [InlineData("ruled", """{"type":"string","x-kubernetes-validations":[{"rule":"self != 'x'","message":"not x","reason":"FieldValueForbidden"},{"rule":"self == oldSelf","messageExpression":"self"}]}""")]
    public void Attributes_BecomeKeywords(string field, string expected) => Text(Field(field)).ShouldBe(expected);

    [Fact]
    public void ListMap_HasItsKeys_AndItemsTheirRequiredFieldsAndRules() =>
        Text(Field("items")).ShouldBe(
            """{"type":"array","items":{"type":"object","required":["key"],"properties":{"key":{"type":"string"},"weight":{"type":"integer","format":"int32","default":3}},"x-kubernetes-validations":[{"rule":"self.weight < 9","message":"below 9","fieldPath":".weight"}]},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["key"]}""");

    [Fact]
    public void DefaultOfAnObject_IsFilledWithTheDefaultsBelowIt()
    {
        Field("inner")["default"]!.ToJsonString().ShouldBe("""{"key":"k","weight":3}""");
        Field("several")["default"]!.ToJsonString().ShouldBe("""[{"key":"k","weight":3},{"key":"l","weight":4}]""");
    }

    [Fact]
    public void Required_ComesFromTheAttributeAndFromTheKeyword() =>
        Schema["required"]!.AsArray().Select(r => r!.GetValue<string>()).ShouldBe(["must", "always"], ignoreOrder: true);

    [Fact]
    public void KubernetesTypes_HaveTheirBoundedSchemas()
    {
        JsonNode.DeepEquals(Field("volume"), SchemaKeyOrder.Arrange(KubernetesTypeSchemas.Find(typeof(V1Volume))!)).ShouldBeTrue();
        Field("memory").ToJsonString().ShouldContain("x-kubernetes-int-or-string");
        Field("memory")["type"].ShouldBeNull();
        Field("delay").Text("format").ShouldBe("duration");
    }

    [Fact]
    public void Descriptions_PreferThePropertyOverItsType_AndAreOneLine()
    {
        var documentation = new XmlDocumentation(XDocument.Parse(
            """
            <doc><members>
              <member name="P:Nemotron.Crds.Tests.SchemaBuilderTests.Probe.Text"><summary>
                Some <c>text</c>,
                see <see cref="P:Nemotron.Crds.X.Other"/>.
              </summary></member>
            </members></doc>
            """));
        new SchemaBuilder(documentation).Build(typeof(Probe))["properties"]!["text"]!.AsObject().Text("description")
            .ShouldBe("Some text, see Other.");
    }

    [Fact]
    public void MembersWithoutAStructuralSchema_AreRefused() =>
        Should.Throw<NotSupportedException>(() => Build(typeof(Hopeless))).Message.ShouldContain("Object");

    [Fact]
    public void RecursiveTypes_AreRefused() =>
        Should.Throw<NotSupportedException>(() => Build(typeof(Tree))).Message.ShouldContain("contains itself");

    private static JsonObject Build(Type type) => new SchemaBuilder(new XmlDocumentation(new XDocument())).Build(type);

    private static string Text(JsonObject node) =>
        node.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static JsonObject Field(string name) => Schema["properties"]![name]!.AsObject();

    public enum Color
    {
        Red,
        DarkBlue,
    }

    public sealed record Hopeless
    {
        public object? What { get; init; }
    }

    public sealed record Tree
    {
        public IReadOnlyList<Tree>? Branches { get; init; }
    }

    [ValidationRule("self.weight < 9", fieldPath: ".weight", message: "below 9")]
    public sealed record Item
    {
        public required string Key { get; init; }

        [DefaultValue(3)]
        public int? Weight { get; init; }
    }

    public sealed record Probe
    {
        [Required]
        public string? Must { get; init; }

        public required bool Always { get; init; }

        public string? Text { get; init; }

        public bool? Flag { get; init; }

        public int? Count { get; init; }

        public long? Size { get; init; }

        public double? Ratio { get; init; }

        public DateTime? Time { get; init; }

        public IntOrString? Port { get; init; }

        public Color? Color { get; init; }

        public IReadOnlyList<string>? Names { get; init; }

        public IDictionary<string, string>? Labels { get; init; }

        public IReadOnlyList<Color>? Colors { get; init; }

        [RangeMinimum(1), RangeMaximum(8)]
        public int? Bounded { get; init; }

        [RangeMinimum(0, exclusiveMinimum: true), RangeMaximum(0.5, exclusiveMaximum: true)]
        public double? Open { get; init; }

        [Length(1, 9), Pattern("^a$")]
        public string? Word { get; init; }

        [Items(1, 3), Length(0, 9), Pattern("^a$"), XListType(XListType.Set)]
        public IReadOnlyList<string>? Words { get; init; }

        [PropertyLimits(1, 2), Length(maxLength: 5), XMapType(XMapType.Atomic)]
        public IDictionary<string, string>? Notes { get; init; }

        [EnumValues(1, 2)]
        public int? Step { get; init; }

        [RangeMinimum(1)]
        public IReadOnlyList<int>? Steps { get; init; }

        [DefaultValue(SchemaBuilderTests.Color.DarkBlue)]
        public Color? Shade { get; init; }

        [EnumValues("a", true), PreserveUnknownFields]
        public string? Anything { get; init; }

        [ValidationRule("self != 'x'", message: "not x", reason: "FieldValueForbidden"), ValidationRule("self == oldSelf", messageExpression: "self")]
        public string? Ruled { get; init; }

        [XListType(XListType.Map), XListMapKeys("key")]
        public IReadOnlyList<Item>? Items { get; init; }

        [DefaultValue("""{"key":"k"}""")]
        public Item? Inner { get; init; }

        [DefaultValue("""[{"key":"k"},{"key":"l","weight":4}]""")]
        public IReadOnlyList<Item>? Several { get; init; }

        public V1Volume? Volume { get; init; }

        public ResourceQuantity? Memory { get; init; }

        public Duration? Delay { get; init; }
    }
}
