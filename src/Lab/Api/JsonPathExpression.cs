using System.Globalization;
using System.Text.Json.Nodes;

namespace Nemotron.Lab.Api;

/// <summary>
/// The part of kubectl's JSONPath that printer columns use: fields, quoted fields, indexes, <c>[*]</c> and filters of one comparison,
/// such as <c>.status.conditions[?(@.type=="Ready")].reason</c>. What it cannot read yields no value, as the real server does for missing fields.
/// </summary>
internal sealed class JsonPathExpression
{
    private readonly List<Func<JsonNode?, IEnumerable<JsonNode?>>> steps = [];

    public static JsonPathExpression Parse(string path)
    {
        var expression = new JsonPathExpression();
        string text = path.Trim('{', '}');
        int i = 0;
        while (i < text.Length)
        {
            if (text[i] == '.')
            {
                i++;
                int start = i;
                while (i < text.Length && text[i] is not ('.' or '['))
                {
                    if (text[i] == '\\') i++;
                    i++;
                }
                string field = text[start..Math.Min(i, text.Length)].Replace("\\.", ".", StringComparison.Ordinal);
                if (field == "*") expression.steps.Add(All);
                else if (field.Length > 0) expression.steps.Add(node => Field(node, field));
            }
            else if (text[i] == '[')
            {
                int end = Closing(text, i);
                expression.steps.Add(Bracket(text[(i + 1)..end]));
                i = end + 1;
            }
            else
            {
                expression.steps.Add(_ => []);
                break;
            }
        }
        return expression;
    }

    /// <summary>All values found; empty when a field on the way is missing.</summary>
    public IReadOnlyList<JsonNode?> Evaluate(JsonNode root)
    {
        IEnumerable<JsonNode?> found = [root];
        foreach (var step in steps) found = found.SelectMany(step);
        return [.. found];
    }

    private static int Closing(string text, int open)
    {
        int depth = 0;
        char quote = '\0';
        for (int i = open; i < text.Length; i++)
        {
            if (quote != '\0') quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'') quote = text[i];
            else if (text[i] == '[') depth++;
            else if (text[i] == ']' && --depth == 0) return i;
        }
        return text.Length;
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Bracket(string inside)
    {
        inside = inside.Trim();
        if (inside == "*") return All;
        if (inside.StartsWith("?(", StringComparison.Ordinal) && inside.EndsWith(')')) return Filter(inside[2..^1].Trim());
        if (inside.Length >= 2 && inside[0] is '\'' or '"') return node => Field(node, inside.Trim('\'', '"'));
        if (int.TryParse(inside, CultureInfo.InvariantCulture, out int index)) return node => At(node, index);
        return _ => [];
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Filter(string condition)
    {
        foreach (string op in (string[])["==", "!=", "<=", ">=", "<", ">"])
        {
            int at = condition.IndexOf(op, StringComparison.Ordinal);
            if (at < 0) continue;
            var left = Parse(condition[..at].Trim().TrimStart('@'));
            string right = condition[(at + op.Length)..].Trim().Trim('"', '\'');
            return node => All(node).Where(item => item is not null && left.Evaluate(item).Any(value => Holds(value, op, right)));
        }
        var present = Parse(condition.TrimStart('@'));
        return node => All(node).Where(item => item is not null && present.Evaluate(item).Count > 0);
    }

    private static bool Holds(JsonNode? value, string op, string right)
    {
        string left = value.Text() ?? value?.ToJsonString() ?? "null";
        int order = double.TryParse(left, CultureInfo.InvariantCulture, out double a) && double.TryParse(right, CultureInfo.InvariantCulture, out double b)
            ? a.CompareTo(b)
            : string.CompareOrdinal(left, right);
        return op switch { "==" => order == 0, "!=" => order != 0, "<" => order < 0, ">" => order > 0, "<=" => order <= 0, _ => order >= 0 };
    }

    private static IEnumerable<JsonNode?> Field(JsonNode? node, string name) =>
        node is JsonObject obj && obj.TryGetPropertyValue(name, out var value) ? [value] : [];

    private static IEnumerable<JsonNode?> At(JsonNode? node, int index)
    {
        if (node is not JsonArray array) return [];
        int at = index < 0 ? array.Count + index : index;
        return at >= 0 && at < array.Count ? [array[at]] : [];
    }

    private static IEnumerable<JsonNode?> All(JsonNode? node) => node switch
    {
        JsonArray array => array,
        JsonObject obj => obj.Select(f => f.Value),
        _ => [],
    };
}
