using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>An IP address.</summary>
internal sealed record CelIp(IPAddress Address) : ICelOpaque
{
    /// <inheritdoc/>
    public string TypeName => NetworkLibrary.IpTypeName;

    /// <inheritdoc/>
    public override string ToString() => Address.ToString();
}

/// <summary>An address with a prefix length; host bits may be set.</summary>
internal sealed record CelCidr(IPAddress Address, int PrefixLength) : ICelOpaque
{
    /// <inheritdoc/>
    public string TypeName => NetworkLibrary.CidrTypeName;

    /// <summary>The network: the address with its host bits cleared.</summary>
    public CelCidr Masked()
    {
        var bytes = Address.GetAddressBytes();
        for (var i = PrefixLength; i < bytes.Length * 8; i++) bytes[i / 8] &= (byte)~(0x80 >> (i % 8));
        return new CelCidr(new IPAddress(bytes), PrefixLength);
    }

    /// <summary>Whether the network holds an address.</summary>
    public bool Contains(IPAddress address) =>
        address.AddressFamily == Address.AddressFamily && new CelCidr(address, PrefixLength).Masked().Address.Equals(Masked().Address);

    /// <inheritdoc/>
    public override string ToString() => $"{Address}/{PrefixLength}";
}

/// <summary>IP addresses and networks.</summary>
internal static partial class NetworkLibrary
{
    /// <summary>The address type's name.</summary>
    public const string IpTypeName = "net.IP";

    /// <summary>The network type's name.</summary>
    public const string CidrTypeName = "net.CIDR";

    /// <summary>The address type.</summary>
    public static readonly CelType Ip = CelType.Opaque(IpTypeName);

    /// <summary>The network type.</summary>
    public static readonly CelType Cidr = CelType.Opaque(CidrTypeName);

    private static readonly CelType S = CelType.String;
    private static readonly CelType B = CelType.Bool;

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        table.Add("ip", args => args switch
        {
            [string text] => ParseIp(text) as object ?? BadIp(text),
            [CelCidr cidr] => new CelIp(cidr.Address),
            _ => CelError.NoSuchOverload,
        }, Global(Ip, S), Member(Ip, Cidr));
        table.Add("isIP", args => args is [string text] ? ParseIp(text) is not null : CelError.NoSuchOverload, Global(B, S));
        table.Add("ip.isCanonical", args => args is [string text] ? ParseIp(text) is { } ip ? ip.ToString() == text : BadIp(text) : CelError.NoSuchOverload, Global(B, S));
        table.Add("family", args => args is [CelIp ip] ? ip.Address.AddressFamily == AddressFamily.InterNetwork ? 4L : 6L : CelError.NoSuchOverload, Member(CelType.Int, Ip));
        Test(table, "isUnspecified", ip => ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        Test(table, "isLoopback", IPAddress.IsLoopback);
        Test(table, "isLinkLocalMulticast", ip => ip.GetAddressBytes() is [224, 0, 0, _] || (ip.GetAddressBytes() is [0xff, var scope, ..] && (scope & 0x0f) == 2));
        Test(table, "isLinkLocalUnicast", ip => ip.GetAddressBytes() is [169, 254, _, _] || ip.IsIPv6LinkLocal);
        Test(table, "isGlobalUnicast", IsGlobalUnicast);
        table.Add("cidr", args => args is [string text] ? ParseCidr(text) as object ?? BadCidr(text) : CelError.NoSuchOverload, Global(Cidr, S));
        table.Add("isCIDR", args => args is [string text] ? ParseCidr(text) is not null : CelError.NoSuchOverload, Global(B, S));
        table.Add("masked", args => args is [CelCidr cidr] ? cidr.Masked() : CelError.NoSuchOverload, Member(Cidr, Cidr));
        table.Add("prefixLength", args => args is [CelCidr cidr] ? (long)cidr.PrefixLength : CelError.NoSuchOverload, Member(CelType.Int, Cidr));
        table.Add("containsIP", args => args switch
        {
            [CelCidr cidr, CelIp ip] => cidr.Contains(ip.Address),
            [CelCidr cidr, string text] => ParseIp(text) is { } ip ? cidr.Contains(ip.Address) : BadIp(text),
            _ => CelError.NoSuchOverload,
        }, Member(B, Cidr, Ip), Member(B, Cidr, S));
        table.Add("containsCIDR", args => args switch
        {
            [CelCidr outer, CelCidr inner] => Contains(outer, inner),
            [CelCidr outer, string text] => ParseCidr(text) is { } inner ? Contains(outer, inner) : BadCidr(text),
            _ => CelError.NoSuchOverload,
        }, Member(B, Cidr, Cidr), Member(B, Cidr, S));
        table.Add("string", args => args is [CelIp or CelCidr] ? args[0].ToString()! : CelError.NoSuchOverload, Global(S, Ip), Global(S, Cidr));
    }

    private static void Test(FunctionTable table, string name, Func<IPAddress, bool> test) =>
        table.Add(name, args => args is [CelIp ip] ? test(ip.Address) : CelError.NoSuchOverload, Member(B, Ip));

    private static bool Contains(CelCidr outer, CelCidr inner) => outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.Masked().Address);

    private static bool IsGlobalUnicast(IPAddress ip) =>
        !IPAddress.IsLoopback(ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) && !ip.Equals(IPAddress.Broadcast) && !ip.IsIPv6LinkLocal
        && ip.GetAddressBytes() is not ([169, 254, _, _] or [>= 224 and < 240, _, _, _]) && !ip.IsIPv6Multicast;

    // No zones, no leading zeros, no IPv4 within IPv6, as the server's library has it.
    private static CelIp? ParseIp(string text)
    {
        if (text.Contains(':'))
            return !text.Contains('%') && !text.Contains('[') && !text.Contains('.') && IPAddress.TryParse(text, out var six) && !six.IsIPv4MappedToIPv6 ? new CelIp(six) : null;
        return Dotted().IsMatch(text) && IPAddress.TryParse(text, out var four) ? new CelIp(four) : null;
    }

    private static CelCidr? ParseCidr(string text)
    {
        var parts = text.Split('/');
        if (parts.Length != 2 || ParseIp(parts[0]) is not { } ip || !PrefixDigits().IsMatch(parts[1])) return null;
        var bits = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return bits <= ip.Address.GetAddressBytes().Length * 8 ? new CelCidr(ip.Address, bits) : null;
    }

    private static CelError BadIp(string text) => new($"IP Address {Schema.GoText.Quote(text)} parse error during conversion from string: ParseAddr({Schema.GoText.Quote(text)}): unable to parse IP");

    private static CelError BadCidr(string text) => new($"network address parse error during conversion from string: netip.ParsePrefix({Schema.GoText.Quote(text)}): no '/'");

    [GeneratedRegex(@"^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}\z")]
    private static partial Regex Dotted();

    [GeneratedRegex(@"^(0|[1-9]\d{0,2})\z")]
    private static partial Regex PrefixDigits();
}
