using System.Text.RegularExpressions;

namespace Nemotron.Lab.Schema;

/// <summary>Names as DNS wants them, with the server's complaints.</summary>
internal static partial class DnsNames
{
    /// <summary>What is wrong with <paramref name="name"/> as a subdomain (RFC 1123); empty when nothing is.</summary>
    public static IEnumerable<string> Subdomain(string name)
    {
        if (name.Length > 253) yield return "must be no more than 253 characters";
        if (!SubdomainPattern().IsMatch(name))
            yield return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character "
                + @"(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    }

    /// <summary>What is wrong with <paramref name="name"/> as a label (RFC 1035).</summary>
    public static IEnumerable<string> Label(string name)
    {
        if (name.Length > 63) yield return "must be no more than 63 characters";
        if (!LabelPattern().IsMatch(name))
            yield return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character "
                + "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex SubdomainPattern();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex LabelPattern();
}
