using k8s.Models;

namespace Nemotron.Controllers.Fleets;

/// <summary>Label selectors, as the API conventions define them.</summary>
internal static class LabelSelection
{
    /// <summary>Whether labels match; an empty selector matches all, and so does null.</summary>
    public static bool Matches(V1LabelSelector? selector, IDictionary<string, string>? labels) =>
        (selector?.MatchLabels ?? new Dictionary<string, string>()).All(wanted => labels?.TryGetValue(wanted.Key, out var value) == true && value == wanted.Value)
        && (selector?.MatchExpressions ?? []).All(expression => Matches(expression, labels));

    /// <summary>What is wrong with a selector, with its path; null when nothing is.</summary>
    public static string? Fault(V1LabelSelector? selector, string path)
    {
        var expressions = selector?.MatchExpressions ?? [];
        for (var i = 0; i < expressions.Count; i++)
        {
            var (expression, at) = (expressions[i], $"{path}.matchExpressions[{i}]");
            if (string.IsNullOrEmpty(expression.Key)) return $"{at}.key: must not be empty";
            if (expression.OperatorProperty is not ("In" or "NotIn" or "Exists" or "DoesNotExist")) return $"{at}.operator: must be In, NotIn, Exists or DoesNotExist, not \"{expression.OperatorProperty}\"";
            var listed = expression.OperatorProperty is "In" or "NotIn";
            if (listed != expression.Values is { Count: > 0 }) return $"{at}.values: must {(listed ? "not be empty" : "be empty")} with operator {expression.OperatorProperty}";
        }

        return null;
    }

    private static bool Matches(V1LabelSelectorRequirement expression, IDictionary<string, string>? labels)
    {
        var value = labels?.TryGetValue(expression.Key, out var found) == true ? found : null;
        return expression.OperatorProperty switch
        {
            "In" => value is not null && expression.Values?.Contains(value) == true,
            "NotIn" => value is null || expression.Values?.Contains(value) != true,
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
