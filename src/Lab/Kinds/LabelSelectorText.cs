using System.Text.Json.Nodes;

namespace Nemotron.Lab.Kinds;

/// <summary>A <c>metav1.LabelSelector</c> in the text form of label queries.</summary>
internal static class LabelSelectorText
{
    /// <summary>Such as <c>app=d,tier in (a,b),!gone</c>; empty when it selects everything or is absent.</summary>
    public static string Of(JsonObject? selector)
    {
        var terms = selector.EntriesAt("matchLabels").Select(entry => (entry.Key, Text: $"{entry.Key}={entry.Value}"))
            .Concat(selector.ObjectsAt("matchExpressions").Select(expression => (Key: expression.TextAt("key") ?? "", Text: Term(expression))));
        return string.Join(',', terms.OrderBy(term => term.Key, StringComparer.Ordinal).Select(term => term.Text));
    }

    /// <summary>Whether labels match; an absent selector matches nothing, an empty one everything.</summary>
    public static bool Matches(JsonObject? selector, JsonObject? labels)
    {
        if (selector is null) return false;
        return selector.EntriesAt("matchLabels").All(entry => labels.TextAt(entry.Key) == entry.Value)
            && selector.ObjectsAt("matchExpressions").All(expression =>
            {
                var value = labels.TextAt(expression.TextAt("key") ?? "");
                var values = expression.TextsAt("values");
                return expression.TextAt("operator") switch
                {
                    "In" => value is not null && values.Contains(value),
                    "NotIn" => value is null || !values.Contains(value),
                    "Exists" => value is not null,
                    "DoesNotExist" => value is null,
                    _ => false,
                };
            });
    }

    private static string Term(JsonObject expression)
    {
        var key = expression.TextAt("key") ?? "";
        var values = string.Join(',', expression.TextsAt("values").Order(StringComparer.Ordinal));
        return expression.TextAt("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "DoesNotExist" => "!" + key,
            _ => key,
        };
    }
}
