using System.Text.RegularExpressions;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>A URL's parts, as Go's <c>url.ParseRequestURI</c> reads them.</summary>
internal sealed record UrlValue(string Scheme, string Host, string Path, string RawQuery) : ICelOpaque
{
    /// <inheritdoc/>
    public string TypeName => UrlLibrary.TypeName;

    /// <inheritdoc/>
    public override string ToString() => (Scheme.Length > 0 ? Scheme + "://" : "") + Host + Path + (RawQuery.Length > 0 ? "?" + RawQuery : "");
}

/// <summary>URLs.</summary>
internal static partial class UrlLibrary
{
    /// <summary>The type's name.</summary>
    public const string TypeName = "kubernetes.URL";

    /// <summary>The type.</summary>
    public static readonly CelType Url = CelType.Opaque(TypeName);

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        table.Add("url", args => args is [string text] ? Parse(text) as object ?? new CelError($"URL parse error during conversion from string: parse {Schema.GoText.Quote(text)}: invalid URI for request") : CelError.NoSuchOverload,
            Global(Url, CelType.String));
        table.Add("isURL", args => args is [string text] ? Parse(text) is not null : CelError.NoSuchOverload, Global(CelType.Bool, CelType.String));
        Part(table, "getScheme", url => url.Scheme);
        Part(table, "getHost", url => url.Host);
        Part(table, "getHostname", url => Authority().Match(url.Host).Groups["name"].Value.Trim('[', ']'));
        Part(table, "getPort", url => Authority().Match(url.Host).Groups["port"].Value);
        Part(table, "getEscapedPath", url => url.Path);
        table.Add("getQuery", args => args is [UrlValue url] ? Query(url.RawQuery) : CelError.NoSuchOverload,
            Member(CelType.Map(CelType.String, CelType.List(CelType.String)), Url));
    }

    private static void Part(FunctionTable table, string name, Func<UrlValue, string> part) =>
        table.Add(name, args => args is [UrlValue url] ? part(url) : CelError.NoSuchOverload, Member(CelType.String, Url));

    // Absolute URLs with a scheme, or absolute paths; a fragment is part of the path, as in Go's request form.
    private static UrlValue? Parse(string text)
    {
        if (text.Length == 0 || text.Any(c => c is < ' ' or (char)0x7f) || BadPercent().IsMatch(text)) return null;
        var match = Whole().Match(text);
        if (!match.Success) return null;
        var scheme = match.Groups["scheme"].Value;
        var path = match.Groups["path"].Value;
        var host = match.Groups["host"].Value;
        if (scheme.Length == 0 && (match.Groups["slashes"].Success || !path.StartsWith('/'))) return null;
        if (scheme.Length > 0 && !match.Groups["slashes"].Success && !path.StartsWith('/') && path.Length == 0) return null;
        var bare = host[(host.LastIndexOf('@') + 1)..];
        if (bare.Contains(' ') || (bare.Length > 0 && !Authority().IsMatch(bare))) return null;
        return new UrlValue(scheme.ToLowerInvariant(), bare, path.Replace(" ", "%20", StringComparison.Ordinal), match.Groups["query"].Value);
    }

    private static CelMap Query(string raw)
    {
        var values = new Dictionary<object, List<object>>();
        foreach (var pair in raw.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var key = Unescape(parts[0]);
            if (!values.TryGetValue(key, out var list)) values[key] = list = [];
            list.Add(parts.Length > 1 ? Unescape(parts[1]) : "");
        }
        return new CelMap(values.Select(v => KeyValuePair.Create(v.Key, (object)new CelList(v.Value))));
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    [GeneratedRegex(@"^((?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):)?((?<slashes>//)(?<host>[^/?]*))?(?<path>[^?]*)(\?(?<query>.*))?\z", RegexOptions.Singleline)]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<name>\[[^\]]*\]|[^:\[\]]*)(:(?<port>\d*))?\z")]
    private static partial Regex Authority();

    [GeneratedRegex(@"^[^?]*%(?![0-9a-fA-F]{2})")]
    private static partial Regex BadPercent();
}
