namespace Nemotron.Controllers.Views;

/// <summary>Addresses as URLs have them.</summary>
internal static class UrlHost
{
    /// <summary>An address of version 4 as it is, one of version 6 in brackets.</summary>
    public static string Of(string address) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
}
