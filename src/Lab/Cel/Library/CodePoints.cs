using System.Text;

namespace Nemotron.Lab.Cel;

/// <summary>A string as CEL counts it: in Unicode code points.</summary>
internal static class CodePoints
{
    /// <summary>The number of code points.</summary>
    public static long Count(string text)
    {
        var count = 0L;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count;
    }

    /// <summary>The code points.</summary>
    public static Rune[] Of(string text) => [.. text.EnumerateRunes()];

    /// <summary>The text of code points.</summary>
    public static string Join(ReadOnlySpan<Rune> runes)
    {
        var text = new StringBuilder(runes.Length);
        foreach (var rune in runes) text.Append(rune.ToString());
        return text.ToString();
    }
}
