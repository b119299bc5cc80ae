using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Nemotron.Lab.Cel;

/// <summary>
/// RE2 patterns, which schemas and CEL use, as .NET expressions: linear time, ASCII classes, <c>$</c> at the very end only.
/// </summary>
internal static class Re2Pattern
{
    private static readonly ConcurrentDictionary<string, Regex?> Compiled = new(StringComparer.Ordinal);

    /// <summary>The compiled pattern; false when it is no valid RE2 (look-around and back-references are not).</summary>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex)
    {
        if (Compiled.Count > 1000) Compiled.Clear(); // patterns may come from data, so the memory of them is bounded
        regex = Compiled.GetOrAdd(pattern, Build);
        return regex is not null;
    }

    private static Regex? Build(string pattern)
    {
        try
        {
            return new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static string Translate(string pattern)
    {
        var multiline = Regex.IsMatch(pattern, @"\(\?[a-zA-Z]*m", RegexOptions.None, TimeSpan.FromSeconds(1));
        var result = new StringBuilder(pattern.Length + 8);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length) result.Append(Escape(pattern, ref i, inClass));
            else if (inClass) inClass = InClass(pattern, ref i, result);
            else if (c == '[')
            {
                inClass = true;
                result.Append(c);
                if (i + 1 < pattern.Length && pattern[i + 1] == '^') result.Append(pattern[++i]);
                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    result.Append("\\]");
                    i++;
                }
            }
            else if (c == '$' && !multiline) result.Append("\\z");
            else if (c == '(' && pattern.AsSpan(i).StartsWith("(?P<"))
            {
                result.Append("(?<");
                i += 3;
            }
            else result.Append(c);
        }
        return result.ToString();
    }

    // One character or POSIX name inside [...]; returns whether the class goes on.
    private static bool InClass(string pattern, ref int i, StringBuilder result)
    {
        if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
        {
            var end = pattern.IndexOf(":]", i, StringComparison.Ordinal);
            if (end > 0 && Posix(pattern[(i + 2)..end]) is { } members)
            {
                result.Append(members);
                i = end + 1;
                return true;
            }
        }
        // .NET reads "-[" inside a class as subtraction.
        if (pattern[i] == '[') result.Append('\\');
        result.Append(pattern[i]);
        return pattern[i] != ']';
    }

    private static string Escape(string pattern, ref int i, bool inClass)
    {
        var c = pattern[++i];
        switch (c)
        {
            case 'd': return inClass ? "0-9" : "[0-9]";
            case 'D' when !inClass: return "[^0-9]";
            case 'w': return inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]";
            case 'W' when !inClass: return "[^0-9A-Za-z_]";
            case 's': return inClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]";
            case 'S' when !inClass: return "[^\\t\\n\\f\\r ]";
            case 'a': return "\\x07";
            case 'Q':
                var end = pattern.IndexOf("\\E", i, StringComparison.Ordinal);
                var literal = end < 0 ? pattern[(i + 1)..] : pattern[(i + 1)..end];
                i = end < 0 ? pattern.Length : end + 1;
                return Regex.Escape(literal);
            case 'p' or 'P' when i + 1 < pattern.Length && pattern[i + 1] != '{':
                return $"\\{c}{{{pattern[++i]}}}";
            case 'x' when i + 1 < pattern.Length && pattern[i + 1] == '{':
                var close = pattern.IndexOf('}', i);
                if (close < 0) return "\\x";
                var code = Convert.ToInt32(pattern[(i + 2)..close], 16);
                i = close;
                return code > 0xffff ? char.ConvertFromUtf32(code) : $"\\u{code:x4}";
            case >= '1' and <= '9' or 'k' or 'Z' or 'G':
                throw new NotSupportedException("not RE2"); // back-references and .NET's own anchors
            default: return "\\" + c;
        }
    }

    private static string? Posix(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\x00-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => null,
    };
}
