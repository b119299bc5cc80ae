using System.Text.RegularExpressions;

namespace Nemotron.Lab.Schema;

/// <summary>A rule's <c>fieldPath</c>: <c>.a.b['c.d']</c>, relative to the value the rule stands on.</summary>
internal static partial class RelativeFieldPath
{
    /// <summary>The path as field errors print it, without a leading dot; null when it is malformed or the schema does not have it.</summary>
    /// <param name="path">The path as written.</param>
    /// <param name="schema">The schema of the rule's value.</param>
    /// <param name="fault">What is wrong, in the server's words.</param>
    public static string? Normalize(string path, StructuralSchema schema, out string? fault)
    {
        fault = null;
        var at = 0;
        var printed = "";
        var current = schema;
        while (at < path.Length)
        {
            var match = Step().Match(path, at);
            if (!match.Success || match.Index != at)
            {
                fault = at == 0 || path[at] is not ('.' or '[') ? $"expected [ or . but got: {path[at..]}" : $"expected single quoted string but got {path[at..]}";
                return null;
            }
            at += match.Length;
            var isKey = match.Groups["key"].Success;
            var name = isKey ? match.Groups["key"].Value.Replace("\\'", "'", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) : match.Groups["name"].Value;
            if (current.Properties.TryGetValue(name, out var property)) (printed, current) = (FieldPath.Child(printed, name), property);
            else if (isKey && current.AdditionalProperties is { } values) (printed, current) = (FieldPath.Key(printed, name), values);
            else
            {
                fault = "does not refer to a valid field";
                return null;
            }
        }
        return printed;
    }

    [GeneratedRegex(@"\.(?<name>[^.\[\]'\s]+)|\['(?<key>([^'\\]|\\.)*)'\]")]
    private static partial Regex Step();
}
