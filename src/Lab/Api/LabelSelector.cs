using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>
/// A parsed label selector, such as <c>app=web,tier in (a,b),!gone</c>. An object matches when all requirements do.
/// </summary>
internal sealed class LabelSelector
{
    private enum Operator { Exists, DoesNotExist, In, NotIn, GreaterThan, LessThan }

    private readonly List<(string Key, Operator Operator, string[] Values)> requirements = [];

    /// <summary>Matches every object.</summary>
    public static readonly LabelSelector Everything = new();

    public bool IsEverything => requirements.Count == 0;

    /// <exception cref="ApiException">400 with the server's parse message.</exception>
    public static LabelSelector Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return Everything;
        var selector = new LabelSelector();
        var tokens = new LabelSelectorTokens(text);
        while (true)
        {
            selector.requirements.Add(Requirement(tokens));
            var (kind, literal) = tokens.Next();
            if (kind == LabelToken.End) return selector;
            if (kind != LabelToken.Comma) throw Unparsable($"found '{literal}', expected: ',' or 'end of string'", requirement: false);
            if (tokens.Peek().Kind == LabelToken.End) throw Unparsable("found '', expected: identifier after ','", requirement: false);
        }
    }

    /// <summary>The selector of <c>spec.selector</c>: <c>matchLabels</c> and <c>matchExpressions</c>. An empty one matches everything, null nothing.</summary>
    public static LabelSelector? FromObject(JsonNode? selector)
    {
        if (selector is not JsonObject obj) return null;
        var result = new LabelSelector();
        if (obj["matchLabels"] is JsonObject labels)
        {
            foreach (var (key, value) in labels) result.requirements.Add((key, Operator.In, [value.Text() ?? ""]));
        }
        foreach (var expression in obj["matchExpressions"] as JsonArray ?? [])
        {
            var op = expression?["operator"].Text() switch
            {
                "In" => Operator.In,
                "NotIn" => Operator.NotIn,
                "Exists" => Operator.Exists,
                _ => Operator.DoesNotExist,
            };
            string[] values = expression?["values"] is JsonArray array ? [.. array.Select(v => v.Text() ?? "")] : [];
            result.requirements.Add((expression?["key"].Text() ?? "", op, values));
        }
        return result;
    }

    public bool Matches(JsonObject obj)
    {
        if (requirements.Count == 0) return true;
        return MatchesLabels(obj["metadata"]?["labels"] as JsonObject);
    }

    public bool MatchesLabels(JsonObject? labels)
    {
        foreach (var (key, op, values) in requirements)
        {
            string? value = labels?[key].Text();
            bool holds = op switch
            {
                Operator.Exists => value is not null,
                Operator.DoesNotExist => value is null,
                Operator.In => value is not null && values.Contains(value),
                Operator.NotIn => value is null || !values.Contains(value),
                Operator.GreaterThan => Compare(value, values[0]) > 0,
                _ => Compare(value, values[0]) < 0,
            };
            if (!holds) return false;
        }
        return true;
    }

    private static int Compare(string? value, string bound) =>
        long.TryParse(value, CultureInfo.InvariantCulture, out long left) && long.TryParse(bound, CultureInfo.InvariantCulture, out long right)
            ? left.CompareTo(right)
            : 0;

    private static (string, Operator, string[]) Requirement(LabelSelectorTokens tokens)
    {
        var (kind, key) = tokens.Next();
        bool negated = kind == LabelToken.Not;
        if (negated) (kind, key) = tokens.Next();
        if (kind is not (LabelToken.Identifier or LabelToken.In or LabelToken.NotIn)) throw Unparsable($"found '{key}', expected: identifier");
        if (negated) return (key, Operator.DoesNotExist, []);
        if (tokens.Peek().Kind is LabelToken.End or LabelToken.Comma) return (key, Operator.Exists, []);

        var (op, literal) = tokens.Next();
        switch (op)
        {
            case LabelToken.Equals: return (key, Operator.In, [Value(tokens)]);
            case LabelToken.NotEquals: return (key, Operator.NotIn, [Value(tokens)]);
            case LabelToken.Greater: return (key, Operator.GreaterThan, [Value(tokens)]);
            case LabelToken.Less: return (key, Operator.LessThan, [Value(tokens)]);
            case LabelToken.In: return (key, Operator.In, Values(tokens));
            case LabelToken.NotIn: return (key, Operator.NotIn, Values(tokens));
            default: throw Unparsable($"found '{literal}', expected: in, notin, =, ==, !=, gt, lt");
        }
    }

    private static string Value(LabelSelectorTokens tokens)
    {
        if (tokens.Peek().Kind is LabelToken.End or LabelToken.Comma) return "";
        var (kind, value) = tokens.Next();
        return kind is LabelToken.Identifier or LabelToken.In or LabelToken.NotIn ? value : throw Unparsable($"found '{value}', expected: identifier");
    }

    private static string[] Values(LabelSelectorTokens tokens)
    {
        var (open, literal) = tokens.Next();
        if (open != LabelToken.Open) throw Unparsable($"found '{literal}' expected: '('");
        var values = new List<string>();
        while (true)
        {
            var (kind, value) = tokens.Next();
            if (kind == LabelToken.Closed) return [.. values];
            if (kind == LabelToken.Comma) continue;
            if (kind is not (LabelToken.Identifier or LabelToken.In or LabelToken.NotIn)) throw Unparsable($"found '{value}', expected: ',', ')' or identifier");
            values.Add(value);
        }
    }

    private static ApiException Unparsable(string why, bool requirement = true) =>
        ApiErrors.BadRequest(requirement ? $"unable to parse requirement: {why}" : why);
}
