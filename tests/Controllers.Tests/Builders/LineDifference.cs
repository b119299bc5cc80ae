namespace Nemotron.Controllers.Tests.Builders;

/// <summary>Two texts compared line by line, for people.</summary>
internal static class LineDifference
{
    private const int Context = 2;
    private const int MostLines = 80;

    /// <summary>Lines that are gone (<c>-</c>) and new (<c>+</c>), each with its neighbours; empty when there are none.</summary>
    public static string Of(string file, string? expected, string? actual)
    {
        if (expected == actual) return "";
        if (expected is null) return $"{file}: new, and not expected";
        if (actual is null) return $"{file}: expected, and not there";
        var lines = Compare(expected.Split('\n'), actual.Split('\n'));
        var shown = Enumerable.Range(0, lines.Count)
            .Where(at => Enumerable.Range(Math.Max(0, at - Context), Math.Min(lines.Count, at + Context + 1) - Math.Max(0, at - Context)).Any(near => lines[near][0] != ' '))
            .ToList();
        var text = new List<string> { file };
        for (var i = 0; i < shown.Count && text.Count < MostLines; i++)
        {
            if (i > 0 && shown[i] != shown[i - 1] + 1) text.Add("  …");
            text.Add(lines[shown[i]]);
        }

        return string.Join('\n', text);
    }

    // The longest common subsequence; files here have some hundred lines.
    private static List<string> Compare(string[] old, string[] fresh)
    {
        var common = new int[old.Length + 1, fresh.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
            for (var j = fresh.Length - 1; j >= 0; j--)
                common[i, j] = old[i] == fresh[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);

        var lines = new List<string>();
        for (int i = 0, j = 0; i < old.Length || j < fresh.Length;)
        {
            if (i < old.Length && j < fresh.Length && old[i] == fresh[j])
            {
                lines.Add("  " + old[i++]);
                j++;
            }
            else if (i < old.Length && (j == fresh.Length || common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add("- " + old[i++]);
            }
            else
            {
                lines.Add("+ " + fresh[j++]);
            }
        }

        return lines;
    }
}
