using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Nemotron.Lab.Cel;

namespace Nemotron.Lab.Schema;

/// <summary>The string formats an API server checks. Dashes in a name do not matter to it (<c>date-time</c> is <c>datetime</c>); unknown formats are ignored.</summary>
internal static partial class StringFormats
{
    private static readonly Dictionary<string, Func<string, bool>> Checks = new(StringComparer.Ordinal)
    {
        ["bsonobjectid"] = text => ObjectId().IsMatch(text),
        ["uri"] = IsRequestUri,
        ["email"] = text => MailAddress.TryCreate(text, out _),
        ["hostname"] = text => text.Length <= 255 && Hostname().IsMatch(text),
        ["ipv4"] = text => Dotted().IsMatch(text) && IPAddress.TryParse(text, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork,
        ["ipv6"] = text => text.Contains(':') && !text.Contains('%') && IPAddress.TryParse(text, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6,
        ["cidr"] = text => IPNetwork.TryParse(MaskedNetwork(text), out _),
        ["mac"] = text => Mac().IsMatch(text),
        ["uuid"] = text => Uuid().IsMatch(text),
        ["uuid3"] = text => Uuid().IsMatch(text) && text.Replace("-", "", StringComparison.Ordinal)[12] == '3',
        ["uuid4"] = text => Uuid().IsMatch(text) && text.Replace("-", "", StringComparison.Ordinal)[12] == '4',
        ["uuid5"] = text => Uuid().IsMatch(text) && text.Replace("-", "", StringComparison.Ordinal)[12] == '5',
        ["isbn"] = text => BookNumber().IsMatch(text),
        ["isbn10"] = text => BookNumber().IsMatch(text),
        ["isbn13"] = text => BookNumber().IsMatch(text),
        ["creditcard"] = text => CardNumber().IsMatch(text),
        ["ssn"] = text => SocialSecurity().IsMatch(text),
        ["hexcolor"] = text => HexColor().IsMatch(text),
        ["rgbcolor"] = text => RgbColor().IsMatch(text),
        ["byte"] = text => text.Length % 4 == 0 && Base64().IsMatch(text),
        ["password"] = _ => true,
        ["date"] = text => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        ["duration"] = text => CelDuration.TryParseLoose(text, out _),
        ["datetime"] = text => CelTimestamp.TryParse(text, out _),
    };

    /// <summary>The format as validation sees it: null for one it does not know.</summary>
    public static string? Effective(string? format) =>
        format is null || !(IsString(format) || format is "int32" or "int64" or "uint32" or "uint64" or "float" or "float32" or "double" or "float64") ? null : format;

    /// <summary>Whether <paramref name="format"/> constrains strings.</summary>
    public static bool IsString(string format) => Checks.ContainsKey(Normal(format));

    /// <summary>Whether <paramref name="text"/> has the format, which must be one that <see cref="IsString"/> knows.</summary>
    public static bool IsValid(string format, string text) => Checks[Normal(format)](text);

    private static string Normal(string format) => format.Replace("-", "", StringComparison.Ordinal);

    private static bool IsRequestUri(string text) =>
        text.Length > 0 && !text.Any(char.IsControl) && (text[0] == '/' || (Scheme().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out _)));

    // .NET refuses a network with host bits set, Go takes it.
    private static string MaskedNetwork(string text)
    {
        var parts = text.Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var bits)) return "";
        if (!parts[0].Contains(':') && !Dotted().IsMatch(parts[0])) return "";
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length * 8; i++)
            if (i >= bits)
                bytes[i / 8] &= (byte)~(0x80 >> (i % 8));
        return $"{new IPAddress(bytes)}/{bits}";
    }

    [GeneratedRegex(@"^[0-9a-fA-F]{24}\z")]
    private static partial Regex ObjectId();

    [GeneratedRegex(@"^([a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\.?\z")]
    private static partial Regex Hostname();

    [GeneratedRegex(@"^\d{1,3}(\.\d{1,3}){3}\z")]
    private static partial Regex Dotted();

    [GeneratedRegex(@"^([0-9a-fA-F]{2}([-:][0-9a-fA-F]{2}){5,7}|[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4}){2,3})\z")]
    private static partial Regex Mac();

    [GeneratedRegex(@"^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}\z")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"^(\d[- ]?){9}([\dXx]|\d[- ]?(\d[- ]?){2}\d)\z")]
    private static partial Regex BookNumber();

    [GeneratedRegex(@"^(\d[- ]?){12,18}\d\z")]
    private static partial Regex CardNumber();

    [GeneratedRegex(@"^\d{3}[- ]?\d{2}[- ]?\d{4}\z")]
    private static partial Regex SocialSecurity();

    [GeneratedRegex(@"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\z")]
    private static partial Regex HexColor();

    [GeneratedRegex(@"^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)\z")]
    private static partial Regex RgbColor();

    [GeneratedRegex(@"^[A-Za-z0-9+/]*={0,2}\z")]
    private static partial Regex Base64();

    [GeneratedRegex(@"^[a-zA-Z][a-zA-Z0-9+.-]*:")]
    private static partial Regex Scheme();
}
