using System.Text;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Cel;

/// <summary>How a property's name is written in an expression: <c>__dot__</c> for a dot, <c>__namespace__</c> for a reserved word.</summary>
internal static partial class PropertyNames
{
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop",
        "package", "namespace", "return", "var", "void", "while",
    };

    private static readonly (string Sign, string Escaped)[] Signs =
        [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

    /// <summary>The escaped name, or null when expressions cannot reach the property at all.</summary>
    public static string? Escape(string name)
    {
        if (!Escapable().IsMatch(name)) return null;
        if (Reserved.Contains(name)) return $"__{name}__";
        var escaped = new StringBuilder();
        for (var i = 0; i < name.Length;)
        {
            var sign = Signs.FirstOrDefault(s => name.AsSpan(i).StartsWith(s.Sign));
            escaped.Append(sign.Escaped ?? name[i].ToString());
            i += sign.Sign?.Length ?? 1;
        }
        return escaped.ToString();
    }

    [GeneratedRegex(@"^[a-zA-Z_][a-zA-Z0-9_.\-/]*\z")]
    private static partial Regex Escapable();
}
