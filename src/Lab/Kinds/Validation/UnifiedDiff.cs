using System.Text;

namespace Nemotron.Lab.Kinds.Validation;

/// <summary>A unified diff of two texts with three lines of context and no file names.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>One line of an edit script: <c>' '</c> in both, <c>'-'</c> only before, <c>'+'</c> only after.</summary>
    private readonly record struct Edit(char Kind, string Line, int Before, int After);

    /// <summary>The hunks, each line ended by a line feed; empty when nothing differs.</summary>
    public static string Of(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var edits = Script(before, after);
        var text = new StringBuilder();
        for (var i = 0; i < edits.Count;)
        {
            if (edits[i].Kind == ' ')
            {
                i++;
                continue;
            }
            var start = Math.Max(0, i - Context);
            var last = i;
            for (var j = i; j < edits.Count && j - last <= 2 * Context; j++)
            {
                if (edits[j].Kind != ' ') last = j;
            }
            var end = Math.Min(edits.Count, last + Context + 1);
            Append(text, edits, start, end);
            i = end;
        }
        return text.ToString();
    }

    private static void Append(StringBuilder text, List<Edit> edits, int start, int end)
    {
        var hunk = edits.GetRange(start, end - start);
        var before = hunk.Count(edit => edit.Kind != '+');
        var after = hunk.Count(edit => edit.Kind != '-');
        text.Append("@@ -").Append(Range(hunk[0].Before, before)).Append(" +").Append(Range(hunk[0].After, after)).Append(" @@\n");
        foreach (var edit in hunk) text.Append(edit.Kind).Append(edit.Line).Append('\n');
    }

    private static string Range(int start, int length) => length == 1 ? $"{start + 1}" : $"{(length == 0 ? start : start + 1)},{length}";

    /// <summary>The shortest script, by longest common subsequence; the texts are a few hundred lines.</summary>
    private static List<Edit> Script(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var common = new int[before.Count + 1, after.Count + 1];
        for (var i = before.Count - 1; i >= 0; i--)
        {
            for (var j = after.Count - 1; j >= 0; j--)
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }
        var edits = new List<Edit>();
        int a = 0, b = 0;
        while (a < before.Count || b < after.Count)
        {
            if (a < before.Count && b < after.Count && before[a] == after[b]) edits.Add(new Edit(' ', before[a], a++, b++));
            else if (a < before.Count && (b == after.Count || common[a + 1, b] >= common[a, b + 1])) edits.Add(new Edit('-', before[a], a++, b));
            else edits.Add(new Edit('+', after[b], a, b++));
        }
        return edits;
    }
}
