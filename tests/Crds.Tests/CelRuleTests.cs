using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Nemotron.Crds.Tests;

/// <summary>
/// What can be said of the rules without evaluating them: that they speak of fields that exist, that their cost is bounded, that their messages help.
/// They are run by the Lab's CEL evaluator.
/// </summary>
public partial class CelRuleTests
{
    public static TheoryData<Type> Kinds => GeneratedCrds.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rules_SpeakOfFieldsThatExist(Type kind)
    {
        foreach (var (path, node, rule) in Rules(kind))
        {
            foreach (var chain in Fields(rule))
                Find(node, chain).ShouldNotBeNull($"{path}: {string.Join('.', chain)} in {rule["rule"]}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rules_ReadOptionalFieldsOnlyWhereTheyAreGuarded(Type kind)
    {
        foreach (var (path, node, rule) in Rules(kind))
        {
            var text = rule["rule"]!.GetValue<string>();
            foreach (var chain in Fields(rule).Where(c => !text.Contains($"has(self.{string.Join('.', c)})", StringComparison.Ordinal)))
            {
                var below = node;
                foreach (var (name, depth) in chain.Select((n, i) => (n, i)))
                {
                    var present = below["required"]?.AsArray().Any(r => r!.GetValue<string>() == name) == true
                        || below["properties"]![name]!["default"] is not null
                        || text.Contains($"has(self.{string.Join('.', chain.Take(depth + 1))})", StringComparison.Ordinal);
                    present.ShouldBeTrue($"{path}: {string.Join('.', chain)} may be absent in {text}");
                    below = below["properties"]![name]!.AsObject();
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rules_NameOffendersThatExist(Type kind)
    {
        foreach (var (path, node, rule) in Rules(kind))
        {
            if (rule.Text("fieldPath") is { } field)
            {
                field.ShouldStartWith(".");
                Find(node, field[1..].Split('.')).ShouldNotBeNull($"{path}{field}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rules_SayWhatWouldBeRight(Type kind)
    {
        foreach (var (path, _, rule) in Rules(kind))
        {
            // A message made by an expression has a cost of its own; none is needed so far.
            rule["messageExpression"].ShouldBeNull(path);
            var message = rule.Text("message").ShouldNotBeNull(path);
            message.Length.ShouldBeInRange(10, 200, path);
            message.ShouldNotContain("\n");
            message.ShouldNotEndWith(".");
            rule.Text("reason").ShouldBeOneOf(null, "FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rules_TouchOnlyWhatIsBounded(Type kind)
    {
        foreach (var (path, node, rule) in Rules(kind))
        {
            foreach (var chain in Fields(rule))
            {
                var touched = Find(node, chain)!;
                if (touched.Text("type") == "array")
                    touched["maxItems"].ShouldNotBeNull($"{path}.{string.Join('.', chain)}");
                if (touched["additionalProperties"] is not null)
                    touched["maxProperties"].ShouldNotBeNull($"{path}.{string.Join('.', chain)}");
                if (touched.Text("type") == "string")
                    (touched["maxLength"] ?? touched["enum"]).ShouldNotBeNull($"{path}.{string.Join('.', chain)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TransitionRules_AreNotBelowAListWithoutKeys(Type kind)
    {
        // The API server refuses oldSelf where it cannot tell which item was which.
        foreach (var (path, _, rule) in Rules(kind).Where(r => r.Rule["rule"]!.GetValue<string>().Contains("oldSelf", StringComparison.Ordinal)))
            path.ShouldNotContain("[]", customMessage: rule["rule"]!.GetValue<string>());
    }

    private static IEnumerable<(string Path, JsonObject Node, JsonObject Rule)> Rules(Type kind) =>
        from field in GeneratedCrds.Walk(GeneratedCrds.Schema(kind))
        where field.Node["x-kubernetes-validations"] is not null
        from rule in field.Node["x-kubernetes-validations"]!.AsArray()
        select (field.Path, field.Node, rule!.AsObject());

    private static IEnumerable<string[]> Fields(JsonObject rule) =>
        SelfChain().Matches(rule["rule"]!.GetValue<string>())
            .Select(m => m.Groups[1].Value.Split('.', StringSplitOptions.RemoveEmptyEntries))
            .Where(chain => chain.Length > 0);

    private static JsonObject? Find(JsonObject node, IEnumerable<string> chain)
    {
        JsonObject? below = node;
        foreach (var name in chain)
            below = below?["properties"]?[name] as JsonObject;
        return below;
    }

    /// <summary>self.a.b, without a method's name at its end.</summary>
    [GeneratedRegex(@"\bself((?:\.[A-Za-z_][A-Za-z0-9_]*\b(?!\())*)")]
    private static partial Regex SelfChain();
}
