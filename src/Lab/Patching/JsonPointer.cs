namespace Nemotron.Lab.Patching;

/// <summary>RFC 6901 pointers.</summary>
internal static class JsonPointer
{
    /// <summary>The reference tokens, unescaped; null when the text is no pointer.</summary>
    public static string[]? Parse(string pointer)
    {
        if (pointer.Length == 0) return [];
        if (pointer[0] != '/') return null;
        return [.. pointer[1..].Split('/').Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }
}
