using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Crds.Generation;

namespace Nemotron.Crds.Tests;

/// <summary>What a real API server asks of a CRD's schema, and what this API asks of itself, over every field of every kind.</summary>
public class StructuralSchemaTests
{
    public static TheoryData<Type> Kinds => GeneratedCrds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryNode_HasAType(Type kind) =>
        Offenders(kind, n => n["type"] is null && n["x-kubernetes-int-or-string"] is null && n["x-kubernetes-preserve-unknown-fields"] is null)
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryField_HasADescription(Type kind) =>
        Fields(kind)
            .Where(f => f.Path is not ("apiVersion" or "kind" or "metadata") && !f.Path.EndsWith("[]", StringComparison.Ordinal))
            .Where(f => string.IsNullOrWhiteSpace(f.Node.Text("description")))
            .Select(f => f.Path)
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryString_IsBounded(Type kind) =>
        Offenders(kind, n => n.Text("type") == "string" && n["maxLength"] is null && n["enum"] is null && n.Text("format") != "date-time")
            .Except(["apiVersion", "kind"])
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryListAndMap_IsBounded(Type kind)
    {
        Offenders(kind, n => n.Text("type") == "array" && n["maxItems"] is null).ShouldBeEmpty();
        Offenders(kind, n => n["additionalProperties"] is not null && n["maxProperties"] is null).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryObject_HasFieldsOrIsAMap(Type kind) =>
        Offenders(kind, n => n.Text("type") == "object" && (n["properties"] is null) == (n["additionalProperties"] is null))
            .Except(["metadata"])
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryNumberOfTheSpec_HasAMinimum(Type kind) =>
        Offenders(kind, n => n.Text("type") is "integer" or "number" && n["minimum"] is null && n["enum"] is null)
            .Where(p => p.StartsWith("spec.", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ListMapKeys_AreRequiredScalarsOfTheItem(Type kind)
    {
        foreach (var (path, node) in Fields(kind))
        {
            var keys = node["x-kubernetes-list-map-keys"]?.AsArray().Select(k => k!.GetValue<string>()).ToList() ?? [];
            (node.Text("x-kubernetes-list-type") == "map").ShouldBe(keys.Count > 0, path);
            foreach (var key in keys)
            {
                node["items"]!["required"]!.AsArray().Select(r => r!.GetValue<string>()).ShouldContain(key, path);
                node["items"]!["properties"]![key]!["type"]!.GetValue<string>().ShouldBeOneOf("string", "integer", "boolean");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sets_HoldScalars(Type kind) =>
        Offenders(kind, n => n.Text("x-kubernetes-list-type") == "set" && n["items"]!["type"]!.GetValue<string>() is "object" or "array")
            .ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RequiredFields_Exist_AndHaveNoDefault(Type kind)
    {
        foreach (var (path, node) in Fields(kind))
        {
            foreach (var name in node["required"]?.AsArray() ?? [])
            {
                var field = node["properties"]![name!.GetValue<string>()].ShouldNotBeNull($"{path}.{name}");
                field["default"].ShouldBeNull($"{path}.{name}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Defaults_AreValid_AndLackNothingThatHasADefaultItself(Type kind)
    {
        foreach (var (path, node) in Fields(kind))
        {
            if (node["default"] is not { } value)
                continue;
            SchemaCheck.Errors(value, node, path).ShouldBeEmpty();
            var filled = value.DeepClone();
            SchemaDefaults.Apply(filled, node);
            JsonNode.DeepEquals(filled, value).ShouldBeTrue($"{path}: {value.ToJsonString()} should be {filled.ToJsonString()}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void StatusHasNoDefaults(Type kind) =>
        Offenders(kind, n => n["default"] is not null).Where(p => p.StartsWith("status", StringComparison.Ordinal)).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Patterns_AreReadAlikeByRe2(Type kind)
    {
        foreach (var (path, node) in Fields(kind))
        {
            if (node.Text("pattern") is not { } pattern)
                continue;
            Should.NotThrow(() => new Regex(pattern, RegexOptions.None, TimeSpan.FromSeconds(1)), path);
            pattern.ShouldStartWith("^");
            pattern.ShouldEndWith("$");
            // RE2 has neither look-around nor back-references; \d and \w mean more in .NET than in RE2.
            Regex.IsMatch(pattern, @"\(\?[=!<]|\\[1-9dDwWbBpP]").ShouldBeFalse(path);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Conditions_AreAListMapByType(Type kind)
    {
        var conditions = GeneratedCrds.Schema(kind)["properties"]!["status"]!["properties"]!["conditions"]!.AsObject();
        conditions.Text("x-kubernetes-list-type").ShouldBe("map");
        conditions["x-kubernetes-list-map-keys"]!.AsArray().Single()!.GetValue<string>().ShouldBe("type");
        conditions["items"]!["required"]!.AsArray().Select(r => r!.GetValue<string>())
            .ShouldBe(["type", "status", "lastTransitionTime", "reason", "message"]);
    }

    [Fact]
    public void Crds_FitIntoAnAnnotation()
    {
        // Client-side kubectl apply keeps a copy in an annotation, of which 256 KiB is the limit.
        foreach (var kind in ApiKinds.All)
            GeneratedCrds.Of(kind).ToJsonString().Length.ShouldBeLessThan(200_000, kind.Name);
    }

    private static IEnumerable<(string Path, JsonObject Node)> Fields(Type kind) => GeneratedCrds.Walk(GeneratedCrds.Schema(kind));

    private static IEnumerable<string> Offenders(Type kind, Func<JsonObject, bool> offends) =>
        Fields(kind).Where(f => offends(f.Node)).Select(f => f.Path);
}
