using System.Text.RegularExpressions;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>How the objects of a kind may be called.</summary>
internal enum NameRule
{
    /// <summary>A lowercase RFC 1123 subdomain of at most 253 characters: most kinds.</summary>
    Subdomain,

    /// <summary>A lowercase RFC 1123 label of at most 63 characters: namespaces.</summary>
    Label,

    /// <summary>A DNS-1035 label, which starts with a letter: services.</summary>
    Dns1035Label,

    /// <summary>Anything that can stand in a URL path: RBAC.</summary>
    PathSegment,
}

/// <summary>The syntax of names, label keys and values, with the server's sentences. Each function yields one sentence per fault.</summary>
internal static partial class Names
{
    private const string LabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string SubdomainFormat = LabelFormat + @"(\." + LabelFormat + ")*";
    private const string Dns1035Format = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private const string LabelValueFormat = "(" + QualifiedFormat + ")?";
    private const string ConfigKeyFormat = "[-._a-zA-Z0-9]+";

    [GeneratedRegex("^" + LabelFormat + "$")]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^" + SubdomainFormat + "$")]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex("^" + Dns1035Format + "$")]
    private static partial Regex Dns1035Pattern();

    [GeneratedRegex("^" + QualifiedFormat + "$")]
    private static partial Regex QualifiedPattern();

    [GeneratedRegex("^" + LabelValueFormat + "$")]
    private static partial Regex LabelValuePattern();

    [GeneratedRegex("^" + ConfigKeyFormat + "$")]
    private static partial Regex ConfigKeyPattern();

    /// <summary>Faults of an object's name.</summary>
    public static IEnumerable<string> Check(NameRule rule, string name) => rule switch
    {
        NameRule.Label => Label(name),
        NameRule.Dns1035Label => Dns1035Label(name),
        NameRule.PathSegment => PathSegment(name),
        _ => Subdomain(name),
    };

    /// <summary>Faults of a generateName: its last dash will not be the name's last character.</summary>
    public static IEnumerable<string> CheckPrefix(NameRule rule, string prefix) =>
        Check(rule, prefix.Length > 1 && prefix[^1] == '-' ? prefix[..^2] + "a" : prefix);

    /// <summary>Faults of an RFC 1123 subdomain.</summary>
    public static IEnumerable<string> Subdomain(string value)
    {
        if (value.Length > 253) yield return TooLong(253);
        if (!SubdomainPattern().IsMatch(value))
        {
            yield return Worded(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
                SubdomainFormat,
                "example.com");
        }
    }

    /// <summary>Faults of an RFC 1123 label.</summary>
    public static IEnumerable<string> Label(string value)
    {
        if (value.Length > 63) yield return TooLong(63);
        if (!LabelPattern().IsMatch(value))
        {
            yield return Worded(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LabelFormat,
                "my-name",
                "123-abc");
        }
    }

    /// <summary>Faults of a DNS-1035 label.</summary>
    public static IEnumerable<string> Dns1035Label(string value)
    {
        if (value.Length > 63) yield return TooLong(63);
        if (!Dns1035Pattern().IsMatch(value))
        {
            yield return Worded(
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
                Dns1035Format,
                "my-name",
                "abc-123");
        }
    }

    /// <summary>Faults of a label key, an annotation key or a finalizer: <c>[prefix/]name</c>.</summary>
    public static IEnumerable<string> Qualified(string value)
    {
        var parts = value.Split('/');
        if (parts.Length > 2)
        {
            yield return "a qualified name " + Worded(QualifiedSentence, QualifiedFormat, "MyName", "my.name", "123-abc")
                + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }
        if (parts.Length == 2)
        {
            if (parts[0].Length == 0) yield return "prefix part must be non-empty";
            else foreach (var fault in Subdomain(parts[0])) yield return "prefix part " + fault;
        }
        var name = parts[^1];
        if (name.Length == 0) yield return "name part must be non-empty";
        else if (name.Length > 63) yield return "name part " + TooLong(63);
        if (!QualifiedPattern().IsMatch(name)) yield return "name part " + Worded(QualifiedSentence, QualifiedFormat, "MyName", "my.name", "123-abc");
    }

    /// <summary>Faults of a label's value.</summary>
    public static IEnumerable<string> LabelValue(string value)
    {
        if (value.Length > 63) yield return TooLong(63);
        if (!LabelValuePattern().IsMatch(value))
        {
            yield return Worded(
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
                LabelValueFormat,
                "MyValue",
                "my_value",
                "12345");
        }
    }

    /// <summary>Faults of a key in a ConfigMap or Secret.</summary>
    public static IEnumerable<string> ConfigKey(string value)
    {
        if (value.Length > 253) yield return TooLong(253);
        if (!ConfigKeyPattern().IsMatch(value))
        {
            yield return Worded(
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", ConfigKeyFormat, "key.name", "KEY_NAME", "key-name");
        }
        if (value == ".") yield return "must not be '.'";
        else if (value == "..") yield return "must not be '..'";
        else if (value.StartsWith("..", StringComparison.Ordinal)) yield return "must not start with '..'";
    }

    private const string QualifiedSentence = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

    private static IEnumerable<string> PathSegment(string name)
    {
        if (name is "." or "..") yield return $"may not be '{name}'";
        foreach (var illegal in new[] { "/", "%" })
        {
            if (name.Contains(illegal, StringComparison.Ordinal)) yield return $"may not contain '{illegal}'";
        }
    }

    private static string TooLong(int max) => $"must be no more than {max} characters";

    private static string Worded(string sentence, string format, params string[] examples) =>
        $"{sentence} (e.g. {string.Join(" or ", examples.Select(example => $"'{example}', "))}regex used for validation is '{format}')";
}
