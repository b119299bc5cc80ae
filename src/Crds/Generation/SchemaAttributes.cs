using System.Reflection;
using System.Text.Json.Nodes;
using Nemotron.Crds.Attributes;

namespace Nemotron.Crds.Generation;

/// <summary>Puts what attributes say into a schema node.</summary>
internal static class SchemaAttributes
{
    /// <summary>Applies the attributes of a property to the schema of its value.</summary>
    /// <param name="node">The schema; changed in place.</param>
    /// <param name="member">The property.</param>
    internal static void Apply(JsonObject node, MemberInfo member)
    {
        // Bounds of strings and numbers are about the elements where the property is a collection of them.
        var scalar = node["items"] as JsonObject ?? node["additionalProperties"] as JsonObject ?? node;
        foreach (var attribute in member.GetCustomAttributes())
        {
            switch (attribute)
            {
                case RangeMinimumAttribute minimum:
                    scalar["minimum"] = Number(minimum.Minimum);
                    if (minimum.ExclusiveMinimum)
                        scalar["exclusiveMinimum"] = true;
                    break;
                case RangeMaximumAttribute maximum:
                    scalar["maximum"] = Number(maximum.Maximum);
                    if (maximum.ExclusiveMaximum)
                        scalar["exclusiveMaximum"] = true;
                    break;
                case PatternAttribute pattern:
                    scalar["pattern"] = pattern.RegexPattern;
                    break;
                case LengthAttribute length:
                    Bound(scalar, "minLength", length.MinLength);
                    Bound(scalar, "maxLength", length.MaxLength);
                    break;
                case EnumValuesAttribute values:
                    scalar["enum"] = new JsonArray([.. values.Values.Select(Literal)]);
                    break;
                case ItemsAttribute items:
                    Bound(node, "minItems", items.MinItems);
                    Bound(node, "maxItems", items.MaxItems);
                    break;
                case PropertyLimitsAttribute limits:
                    Bound(node, "minProperties", limits.MinProperties);
                    Bound(node, "maxProperties", limits.MaxProperties);
                    break;
                case PreserveUnknownFieldsAttribute:
                    node.Remove("type");
                    node["x-kubernetes-preserve-unknown-fields"] = true;
                    break;
                case XListTypeAttribute list:
                    node["x-kubernetes-list-type"] = Keyword(list.Type);
                    break;
                case XListMapKeysAttribute keys:
                    node["x-kubernetes-list-map-keys"] = new JsonArray([.. keys.Keys.Select(k => (JsonNode)k)]);
                    break;
                case XMapTypeAttribute map:
                    node["x-kubernetes-map-type"] = Keyword(map.Type);
                    break;
                case ValidationRuleAttribute rule:
                    AddRule(node, rule);
                    break;
            }
        }

        if (member.GetCustomAttribute<DefaultValueAttribute>() is { } fallback)
            node["default"] = Default(node, fallback.Value);
    }

    /// <summary>Applies the rules that stand on a type to its schema.</summary>
    /// <param name="node">The schema; changed in place.</param>
    /// <param name="type">The type.</param>
    internal static void ApplyRules(JsonObject node, Type type)
    {
        foreach (var rule in type.GetCustomAttributes<ValidationRuleAttribute>())
            AddRule(node, rule);
    }

    private static void AddRule(JsonObject node, ValidationRuleAttribute attribute)
    {
        var rule = new JsonObject { ["rule"] = attribute.Rule };
        if (attribute.Message is not null)
            rule["message"] = attribute.Message;
        if (attribute.MessageExpression is not null)
            rule["messageExpression"] = attribute.MessageExpression;
        if (attribute.Reason is not null)
            rule["reason"] = attribute.Reason;
        if (attribute.FieldPath is not null)
            rule["fieldPath"] = attribute.FieldPath;
        if (node["x-kubernetes-validations"] is JsonArray rules)
            rules.Add(rule);
        else
            node["x-kubernetes-validations"] = new JsonArray(rule);
    }

    private static JsonNode Default(JsonObject node, object value)
    {
        if (node["type"]?.GetValue<string>() is not ("object" or "array") || value is not string text)
            return Literal(value);
        var literal = JsonNode.Parse(text)!;
        // The API server checks a default against the rules of its own schema as it stands, without filling in defaults below it,
        // and refuses the CRD when a rule then misses a field. So they are filled in here.
        SchemaDefaults.Apply(literal, node);
        return literal;
    }

    private static void Bound(JsonObject node, string keyword, long bound)
    {
        // A lower bound of zero says nothing.
        if (bound > 0 || (bound == 0 && keyword.StartsWith("max", StringComparison.Ordinal)))
            node[keyword] = bound;
    }

    private static JsonNode Literal(object value) => value switch
    {
        Enum member => member.ToString(),
        string text => text,
        bool flag => flag,
        int number => number,
        long number => number,
        double number => Number(number),
        _ => throw new NotSupportedException($"{value.GetType()} cannot stand in a schema"),
    };

    /// <summary>A whole number without a fraction, as JSON schemas are written by hand.</summary>
    private static JsonNode Number(double value) =>
        double.IsInteger(value) && Math.Abs(value) < 1L << 53 ? (long)value : value;

    private static string Keyword<T>(T value)
        where T : struct, Enum =>
        value.ToString().ToLowerInvariant();
}
