using System.Globalization;
using System.Text.RegularExpressions;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>A named format of Kubernetes strings.</summary>
internal sealed record FormatValue(string Name) : ICelOpaque
{
    /// <inheritdoc/>
    public string TypeName => FormatLibrary.TypeName;
}

/// <summary>Named formats: <c>format.dns1123Label().validate(text)</c> gives none when all is well, else a list of complaints.</summary>
internal static partial class FormatLibrary
{
    /// <summary>The type's name.</summary>
    public const string TypeName = "kubernetes.NamedFormat";

    /// <summary>The type.</summary>
    public static readonly CelType Format = CelType.Opaque(TypeName);

    private static readonly Dictionary<string, Func<string, string?>> Checks = new(StringComparer.Ordinal)
    {
        ["dns1123Label"] = text => Complaint(text, 63, Label(), "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"),
        ["dns1123Subdomain"] = text => Complaint(text, 253, Subdomain(), "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"),
        ["dns1035Label"] = text => Complaint(text, 63, StrictLabel(), "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"),
        ["dns1123LabelPrefix"] = text => Complaint(Prefix(text), 63, Label(), "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"),
        ["dns1123SubdomainPrefix"] = text => Complaint(Prefix(text), 253, Subdomain(), "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"),
        ["dns1035LabelPrefix"] = text => Complaint(Prefix(text), 63, StrictLabel(), "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"),
        ["labelValue"] = text => Complaint(text, 63, LabelValue(), "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"),
        ["qualifiedName"] = QualifiedName,
        ["uri"] = text => Schema.StringFormats.IsValid("uri", text) ? null : "invalid URI",
        ["uuid"] = text => Schema.StringFormats.IsValid("uuid", text) ? null : "does not match the UUID format",
        ["byte"] = text => Schema.StringFormats.IsValid("byte", text) ? null : "invalid base64",
        ["date"] = text => Schema.StringFormats.IsValid("date", text) ? null : "invalid date",
        ["datetime"] = text => Schema.StringFormats.IsValid("date-time", text) ? null : "invalid datetime",
    };

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        foreach (var name in Checks.Keys) table.Add($"format.{name}", _ => new FormatValue(name), Global(Format));
        table.Add("format.named", args => args is [string name] ? Checks.ContainsKey(name) ? new CelOptional(new FormatValue(name)) : CelOptional.None : CelError.NoSuchOverload,
            Global(CelType.Optional(Format), CelType.String));
        table.Add("validate", args => args is [FormatValue format, string text]
                ? Checks[format.Name](text) is { } complaint ? new CelOptional(new CelList([complaint])) : CelOptional.None
                : CelError.NoSuchOverload,
            Member(CelType.Optional(CelType.List(CelType.String)), Format, CelType.String));
    }

    private static string? Complaint(string text, int max, Regex pattern, string words) =>
        text.Length > max ? string.Create(CultureInfo.InvariantCulture, $"must be no more than {max} characters") : pattern.IsMatch(text) ? null : words;

    // A prefix may end with a dash, since a suffix follows.
    private static string Prefix(string text) => text.EndsWith('-') ? text[..^1] + "a" : text;

    private static string? QualifiedName(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2) return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', with an optional DNS subdomain prefix and '/'";
        if (parts.Length == 2 && Checks["dns1123Subdomain"](parts[0]) is { } complaint) return "prefix part " + complaint;
        return parts[^1].Length == 0 ? "name part must be non-empty"
            : Complaint(parts[^1], 63, LabelValue(), "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character");
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex StrictLabel();

    [GeneratedRegex(@"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\z")]
    private static partial Regex LabelValue();
}
