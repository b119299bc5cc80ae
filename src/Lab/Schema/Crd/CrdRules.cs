using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>Compiles every rule of a schema and bounds what each, and all together, can cost.</summary>
internal static class CrdRules
{
    /// <summary>The most one expression may be estimated to cost over one object.</summary>
    public const ulong ExpressionLimit = 10_000_000;

    /// <summary>The most all expressions of one schema may be estimated to cost together.</summary>
    public const ulong SchemaLimit = 100_000_000;

    private const int MostNamed = 4;

    /// <summary>Adds what is wrong with the rules of <paramref name="schema"/>, which must be well-formed.</summary>
    public static void Validate(JsonObject schema, string path, List<StatusCause> causes)
    {
        var run = new Run(causes);
        run.Visit(schema, path, 1, null, isRoot: true);
        run.Total(path);
    }

    // Like the server: exact to a hundredfold, with six digits close to one.
    private static string CostMessage(string what, ulong cost, ulong limit)
    {
        var times = (double)cost / limit;
        var factor = times > 100 ? "more than 100x"
            : times < 1.5 ? times.ToString("F6", CultureInfo.InvariantCulture) + "x"
            : times.ToString("F1", CultureInfo.InvariantCulture) + "x";
        return $"{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    }

    private sealed class Run(List<StatusCause> causes)
    {
        private readonly List<(string Path, ulong Cost)> _costs = [];

        /// <summary>Compiles the rules at and below a node.</summary>
        /// <param name="json">The node.</param>
        /// <param name="path">Where it stands.</param>
        /// <param name="times">How often a value of it can occur in one object, or null when nothing in the schema bounds that.</param>
        /// <param name="uncorrelatable">The list above whose items have no old value to compare with, or null.</param>
        /// <param name="isRoot">Whether it is the whole resource.</param>
        public void Visit(JsonObject json, string path, ulong? times, string? uncorrelatable, bool isRoot)
        {
            if (CrdJson.Object(json, "additionalProperties") is { } values)
                Visit(values, path + ".additionalProperties", Times(times, json, "maxProperties"), uncorrelatable, false);
            foreach (var (name, property) in CrdJson.Object(json, "properties") ?? [])
                if (property is JsonObject o)
                    Visit(o, FieldPath.Key(path + ".properties", name), times, uncorrelatable, false);
            if (CrdJson.Object(json, "items") is { } items)
                Visit(items, path + ".items", Times(times, json, "maxItems"), uncorrelatable ?? (CrdJson.Text(json, "x-kubernetes-list-type") == "map" ? null : path), false);
            if (CrdJson.List(json, "x-kubernetes-validations").Count > 0) Compile(json, path, times, uncorrelatable, isRoot);
        }

        /// <summary>Judges the sum.</summary>
        public void Total(string path)
        {
            var total = _costs.Aggregate(0UL, (sum, c) => ulong.MaxValue - sum < c.Cost ? ulong.MaxValue : sum + c.Cost);
            if (total <= SchemaLimit) return;
            // Only what takes a noticeable share is worth naming.
            foreach (var (expensive, _) in _costs.Where(c => c.Cost >= SchemaLimit / 100).OrderByDescending(c => c.Cost).Take(MostNamed))
                causes.Add(FieldError.Forbidden(expensive, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"));
            causes.Add(FieldError.Forbidden(path, CostMessage("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", total, SchemaLimit)));
        }

        private static ulong? Times(ulong? times, JsonObject json, string key) =>
            times is { } outer && JsonNumber.TryRead(json[key], out var most) && most.IsInteger ? CostRange.Product(outer, (ulong)Math.Max(0, most.Integer)) : null;

        private void Compile(JsonObject json, string path, ulong? times, string? uncorrelatable, bool isRoot)
        {
            var schema = SchemaReader.Read(json);
            var self = SchemaTypes.From(schema, isRoot || schema.EmbeddedResource) ?? CelType.Dyn;
            // Where nothing bounds how often a value occurs, the size of a request does.
            var occurs = times ?? (ulong)(SchemaTypes.MaxRequestBytes / (self.MinSerializedBytes + 1));
            for (var i = 0; i < schema.Validations.Count; i++)
            {
                var at = FieldPath.Index(path + ".x-kubernetes-validations", i);
                var rule = CompiledRule.Compile(schema.Validations[i], self);
                Rule(rule, at, occurs, self);
                Message(rule, at, self);
                if (rule.Program is null) continue;
                if (rule.UsesOldSelf && uncorrelatable is not null)
                    causes.Add(FieldError.Invalid(at + ".rule", rule.Rule.Rule, $"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelatable}"));
                else if (!rule.UsesOldSelf && CrdJson.List(json, "x-kubernetes-validations")[i] is JsonObject written && written["optionalOldSelf"] is { } optional)
                    causes.Add(FieldError.Invalid(at + ".optionalOldSelf", optional, "may not be set if oldSelf is not used in rule"));
            }
        }

        private void Rule(CompiledRule rule, string at, ulong occurs, CelType self)
        {
            if (rule.Program is null)
            {
                causes.Add(FieldError.InvalidPrinted(at + ".rule", Printed(rule.Rule), rule.Fault!));
                return;
            }
            Judge(at + ".rule", "estimated rule cost", CostRange.Product(CostEstimator.MaxCost(rule.Program.Expression, self), occurs));
        }

        private void Message(CompiledRule rule, string at, CelType self)
        {
            if (rule.MessageFault is not null) causes.Add(FieldError.InvalidPrinted(at + ".messageExpression", Printed(rule.Rule), rule.MessageFault));
            // A message is made once, for the first value that fails.
            else if (rule.Message is not null) Judge(at + ".messageExpression", "estimated messageExpression cost", CostEstimator.MaxCost(rule.Message.Expression, self));
        }

        private void Judge(string at, string what, ulong cost)
        {
            if (cost > ExpressionLimit) causes.Add(FieldError.Forbidden(at, CostMessage(what, cost, ExpressionLimit)));
            _costs.Add((at, cost));
        }

        private static string Printed(ValidationRule rule) => GoText.Json(new JsonObject
        {
            ["Rule"] = rule.Rule,
            ["Message"] = rule.Message ?? "",
            ["MessageExpression"] = rule.MessageExpression ?? "",
            ["Reason"] = rule.Reason,
            ["FieldPath"] = rule.FieldPath ?? "",
            ["OptionalOldSelf"] = rule.OptionalOldSelf ? true : null,
        }, sortKeys: false);
    }
}
