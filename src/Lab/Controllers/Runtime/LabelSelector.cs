using System.Text.Json.Nodes;

namespace Nemotron.Lab.Controllers;

/// <summary>A <c>metav1.LabelSelector</c>, or a Service's plain map, ready to match.</summary>
internal sealed class LabelSelector
{
    private readonly List<(string Key, string Operator, HashSet<string> Values)> terms = [];

    private LabelSelector(bool matchesNothing) => MatchesNothing = matchesNothing;

    /// <summary>Whether it is no selector at all.</summary>
    public bool MatchesNothing { get; }

    /// <summary>The labels with values that whatever matches must carry.</summary>
    public IEnumerable<(string Label, string Value)> Demanded
    {
        get
        {
            foreach (var (key, op, values) in terms)
            {
                if (op == "In" && values.Count == 1) yield return (key, values.First());
            }
        }
    }

    /// <summary>From <c>matchLabels</c> and <c>matchExpressions</c>. Null selects nothing; an empty selector selects everything.</summary>
    public static LabelSelector From(JsonObject? selector)
    {
        var made = new LabelSelector(selector is null);
        made.AddMap(selector.Obj("matchLabels"));
        foreach (var expression in selector.Items("matchExpressions"))
        {
            made.terms.Add((expression.Text("key") ?? "", expression.Text("operator") ?? "", [.. expression.Texts("values")]));
        }

        return made;
    }

    /// <summary>From a plain map; null or empty selects nothing, as a Service without selector does.</summary>
    public static LabelSelector FromMap(JsonObject? map)
    {
        var made = new LabelSelector(map is null || map.Count == 0);
        made.AddMap(map);
        return made;
    }

    /// <summary>Whether an object's labels match.</summary>
    public bool Matches(JsonObject obj) => MatchesLabels(obj.Obj("metadata", "labels"));

    /// <summary>Whether labels match; null is no labels at all.</summary>
    public bool MatchesLabels(JsonObject? labels)
    {
        if (MatchesNothing) return false;
        foreach (var (key, op, values) in terms)
        {
            var value = labels.Text(key);
            var holds = op switch
            {
                "In" => value is not null && values.Contains(value),
                "NotIn" => value is null || !values.Contains(value),
                "Exists" => value is not null,
                "DoesNotExist" => value is null,
                _ => false,
            };
            if (!holds) return false;
        }

        return true;
    }

    private void AddMap(JsonObject? map)
    {
        foreach (var (key, value) in map ?? []) terms.Add((key, "In", [value.Text() ?? ""]));
    }
}
