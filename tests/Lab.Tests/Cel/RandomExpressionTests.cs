using CsCheck;
using Nemotron.Lab.Cel;
using Nemotron.Lab.Tests.Schema;

namespace Nemotron.Lab.Tests.Cel;

public sealed class RandomExpressionTests
{
    private static readonly string[] Leaves =
        ["1", "0", "-1", "9223372036854775807", "2u", "1.5", "'a'", "''", "'10Gi'", "'10.0.0.1'", "b'x'", "true", "null", "[]", "[1, 2]", "{}", "{'a': 1}", "self", "oldSelf",
         "self.model", "self.tp", "self.labels", "self.items", "self.window", "self.port", "self.?tp", "x", "int", "optional.none()", "duration('1h')", "timestamp('2026-01-01T00:00:00Z')"];

    private static readonly string[] Shapes =
        ["(# + #)", "(# - #)", "(# * #)", "(# / #)", "(# % #)", "(# == #)", "(# != #)", "(# < #)", "(# >= #)", "(# && #)", "(# || #)", "!#", "-(#)", "(# ? # : #)", "(# in #)",
         "(#)[#]", "(#)[?#]", "(#).a", "(#).?a", "has((#).a)", "(#).all(x, #)", "(#).exists(x, #)", "(#).exists_one(x, #)", "(#).map(x, #)", "(#).filter(x, #)", "(#).map(x, #, #)",
         "(#).all(i, x, #)", "(#).transformMap(k, x, #)", "(#).transformMapEntry(k, x, #)", "(#).transformList(i, x, #)", "(#).optMap(x, #)", "size(#)", "string(#)", "int(#)", "double(#)", "uint(#)", "bytes(#)", "dyn(#)", "type(#)",
         "(#).orValue(#)", "(#).substring(#)", "(#).substring(#, #)", "(#).indexOf(#)", "(#).indexOf(#, #)", "(#).lastIndexOf(#, #)", "(#).replace(#, #)", "(#).split(#)", "(#).split(#, #)", "(#).matches(#)", "(#).join(#)", "(#).charAt(#)",
         "(#).format([#, #])", "(#).sum()", "(#).min()", "(#).isSorted()", "(#).slice(#, #)", "(#).flatten()", "(#).sort()", "quantity(#)", "(#).compareTo(#)", "ip(#)", "cidr(#)", "url(#)", "semver(#)", "(#).getHours(#)", "[#, ?#]", "{#: #}", "{'a': #, ?'b': #}"];

    private static readonly Gen<string> Expressions = Gen.Recursive<string>((depth, self) =>
        depth >= 4
            ? Pick(Leaves)
            : Gen.Frequency((1, Pick(Leaves)), (3, Gen.Select(Pick(Shapes), self.Array[4]).Select((shape, parts) =>
            {
                var at = 0;
                return string.Concat(shape.Select(c => c == '#' ? parts[at++ % 4] : c.ToString()));
            }))));

    [Fact]
    public void An_expression_compiles_or_is_refused_and_ends_in_a_value_or_its_own_error() =>
        Expressions.Sample(Judge, iter: 1500);

    // Most random expressions do not type-check; run unchecked, they reach every function with arguments of every type.
    [Fact]
    public void An_unchecked_expression_ends_in_a_value_or_its_own_error() =>
        Expressions.Sample(source =>
        {
            var spec = Widgets.Schema.Properties["spec"];
            var self = JsonValues.FromJson(Widgets.Object("""{"model":"Nano","tp":2,"labels":{"a":"b"},"items":[{"key":"k"}],"window":"1h","port":"http"}"""), spec);
            var evaluator = new Evaluator([KeyValuePair.Create("self", self), KeyValuePair.Create("oldSelf", self)], 100_000);
            try
            {
                evaluator.Evaluate(Parser.Parse(source)).ShouldNotBeNull();
            }
            catch (CelBudgetException)
            {
                evaluator.Cost.ShouldBeGreaterThan(100_000);
            }
        }, iter: 4000);

    [Fact]
    public void Any_text_compiles_or_is_refused() =>
        Gen.String[Gen.Char["abx10.'\"\\[]{}()?:,+-*/%!<>=&|u \n\té\ud83d"], 0, 30].Sample(Judge, iter: 1500);

    // Without types every mistake is left to the evaluator.
    private static void Judge(string source)
    {
        var root = Widgets.Schema.Properties["spec"];
        var value = JsonValues.FromJson(Widgets.Object("""{"model":"Nano","tp":2,"labels":{"a":"b"},"items":[{"key":"k"}],"window":"1h","port":"http"}"""), root);
        foreach (var type in new[] { SchemaTypes.From(root, false)!, CelType.Dyn })
            try
            {
                var program = CelProgram.Compile(source, new Dictionary<string, CelType> { ["self"] = type, ["oldSelf"] = type });
                CostEstimator.MaxCost(program.Expression, type);
                program.Evaluate(new Dictionary<string, object> { ["self"] = value, ["oldSelf"] = value });
            }
            catch (CelCompileException e)
            {
                e.Issues.ShouldNotBeEmpty();
            }
            catch (CelEvaluationException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
            catch (CelBudgetException)
            {
                // Costly is a verdict too.
            }
    }

    private static Gen<string> Pick(string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);
}
