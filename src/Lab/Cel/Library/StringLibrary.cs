using System.Text;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Strings and regular expressions. Positions count code points.</summary>
internal static class StringLibrary
{
    private static readonly CelType S = CelType.String;
    private static readonly CelType Texts = CelType.List(CelType.String);

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        var a = CelType.Variable("A");
        var b = CelType.Variable("B");
        CelType[] sized = [S, CelType.Bytes, CelType.List(a), CelType.Map(a, b)];
        table.Add("size", args => Size(args[0]), [.. sized.Select(t => Global(CelType.Int, t)), .. sized.Select(t => Member(CelType.Int, t))]);
        Test(table, "contains", (text, part) => text.Contains(part, StringComparison.Ordinal));
        Test(table, "startsWith", (text, part) => text.StartsWith(part, StringComparison.Ordinal));
        Test(table, "endsWith", (text, part) => text.EndsWith(part, StringComparison.Ordinal));
        table.Add("matches", args => args is [string text, string pattern] ? Regex(pattern, r => r.IsMatch(text)) : CelError.NoSuchOverload,
            Member(CelType.Bool, S, S), Global(CelType.Bool, S, S));
        table.Add("find", args => args is [string text, string pattern] ? Regex(pattern, r => r.Match(text) is { Success: true } m ? m.Value : "") : CelError.NoSuchOverload,
            Member(S, S, S));
        table.Add("findAll", FindAll, Member(Texts, S, S), Member(Texts, S, S, CelType.Int));
        Change(table, "lowerAscii", text => MapAscii(text, 'A', 'Z', 32));
        Change(table, "upperAscii", text => MapAscii(text, 'a', 'z', -32));
        Change(table, "trim", text => text.Trim());
        Change(table, "reverse", text => CodePoints.Join(text.EnumerateRunes().Reverse().ToArray()));
        table.Add("charAt", CharAt, Member(S, S, CelType.Int));
        table.Add("indexOf", args => Find(args, last: false), Member(CelType.Int, S, S), Member(CelType.Int, S, S, CelType.Int));
        table.Add("lastIndexOf", args => Find(args, last: true), Member(CelType.Int, S, S), Member(CelType.Int, S, S, CelType.Int));
        table.Add("substring", Substring, Member(S, S, CelType.Int), Member(S, S, CelType.Int, CelType.Int));
        table.Add("replace", Replace, Member(S, S, S, S), Member(S, S, S, S, CelType.Int));
        table.Add("split", Split, Member(Texts, S, S), Member(Texts, S, S, CelType.Int));
        table.Add("join", Join, Member(S, Texts), Member(S, Texts, S));
        table.Add("strings.quote", args => args is [string text] ? Schema.GoText.Quote(text) : CelError.NoSuchOverload, Global(S, S));
    }

    private static void Test(FunctionTable table, string name, Func<string, string, bool> test) =>
        table.Add(name, args => args is [string text, string part] ? test(text, part) : CelError.NoSuchOverload, Member(CelType.Bool, S, S));

    private static void Change(FunctionTable table, string name, Func<string, string> change) =>
        table.Add(name, args => args is [string text] ? change(text) : CelError.NoSuchOverload, Member(S, S));

    private static object Size(object value) => value switch
    {
        string text => CodePoints.Count(text),
        byte[] bytes => (long)bytes.Length,
        CelList list => (long)list.Items.Count,
        CelMap map => (long)map.Count,
        _ => CelError.NoSuchOverload,
    };

    private static object Regex(string pattern, Func<System.Text.RegularExpressions.Regex, object> use) =>
        Re2Pattern.TryCompile(pattern, out var regex) ? use(regex) : new CelError($"error parsing regexp: invalid pattern: `{pattern}`");

    private static object FindAll(object[] args)
    {
        if (args is not ([string, string] or [string, string, long])) return CelError.NoSuchOverload;
        var limit = args.Length == 3 ? (long)args[2] : -1;
        return Regex((string)args[1], r => new CelList([.. r.Matches((string)args[0]).Select(m => (object)m.Value).Where((_, i) => limit < 0 || i < limit)]));
    }

    private static string MapAscii(string text, char from, char to, int shift) =>
        string.Create(text.Length, (text, from, to, shift), static (span, s) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = s.text[i] >= s.from && s.text[i] <= s.to ? (char)(s.text[i] + s.shift) : s.text[i];
        });

    private static object CharAt(object[] args)
    {
        if (args is not [string text, long at]) return CelError.NoSuchOverload;
        var runes = CodePoints.Of(text);
        if (at < 0 || at > runes.Length) return new CelError($"index out of range: {at}");
        return at == runes.Length ? "" : runes[at].ToString();
    }

    private static object Find(object[] args, bool last)
    {
        if (args is not ([string, string] or [string, string, long])) return CelError.NoSuchOverload;
        var text = CodePoints.Of((string)args[0]);
        var part = CodePoints.Of((string)args[1]);
        if (args.Length == 3)
        {
            var offset = (long)args[2];
            if (part.Length == 0) return offset;
            if (offset < 0) return new CelError($"index out of range: {offset}");
            if (offset >= text.Length) return -1L;
        }
        var end = text.Length - part.Length;
        if (last)
        {
            for (var i = args.Length == 3 ? Math.Min(end, (long)args[2]) : (long)end; i >= 0; i--)
                if (text.AsSpan((int)i, part.Length).SequenceEqual(part))
                    return i;
            return -1L;
        }
        for (var i = args.Length == 3 ? (long)args[2] : 0; i <= end; i++)
            if (text.AsSpan((int)i, part.Length).SequenceEqual(part))
                return i;
        return -1L;
    }

    private static object Substring(object[] args)
    {
        if (args is not ([string, long] or [string, long, long])) return CelError.NoSuchOverload;
        var runes = CodePoints.Of((string)args[0]);
        var start = (long)args[1];
        var end = args.Length == 3 ? (long)args[2] : runes.Length;
        if (start < 0 || start > runes.Length) return new CelError($"index out of range: {start}");
        if (end < 0 || end > runes.Length) return new CelError($"index out of range: {end}");
        if (start > end) return new CelError($"invalid substring range. start: {start}, end: {end}");
        return CodePoints.Join(runes.AsSpan((int)start, (int)(end - start)));
    }

    private static object Replace(object[] args)
    {
        if (args is not ([string, string, string] or [string, string, string, long])) return CelError.NoSuchOverload;
        var (text, old, with) = ((string)args[0], (string)args[1], (string)args[2]);
        var left = args.Length == 4 ? (long)args[3] : -1;
        if ((long)text.Length * (with.Length + 1) > SchemaTypes.MaxRequestBytes * 4) return new CelError("replace result too large");
        var result = new StringBuilder();
        var at = 0;
        if (old.Length == 0)
        {
            // Between all code points, as Go does it.
            foreach (var rune in text.EnumerateRunes())
            {
                if (left != 0) result.Append(with);
                if (left > 0) left--;
                result.Append(rune.ToString());
            }
            return result.Append(left != 0 ? with : "").ToString();
        }
        while (left != 0 && text.IndexOf(old, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            result.Append(text, at, found - at).Append(with);
            at = found + old.Length;
            if (left > 0) left--;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private static object Split(object[] args)
    {
        if (args is not ([string, string] or [string, string, long])) return CelError.NoSuchOverload;
        var limit = args.Length == 3 ? (long)args[2] : -1;
        var text = (string)args[0];
        var separator = (string)args[1];
        if (limit == 0) return new CelList([]);
        var parts = new List<object>();
        var at = 0;
        while (limit < 0 || parts.Count < limit - 1)
        {
            // An empty separator cuts between code points.
            var length = separator.Length == 0 && at < text.Length && char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;
            var found = separator.Length == 0 ? (at + length < text.Length ? at + length : -1) : text.IndexOf(separator, at, StringComparison.Ordinal);
            if (found < 0) break;
            parts.Add(text[at..found]);
            at = found + separator.Length;
        }
        if (separator.Length > 0 || at < text.Length) parts.Add(text[at..]);
        return new CelList(parts);
    }

    private static object Join(object[] args)
    {
        if (args is not ([CelList] or [CelList, string]) || ((CelList)args[0]).Items.Any(i => i is not string)) return CelError.NoSuchOverload;
        return string.Join(args.Length == 2 ? (string)args[1] : "", ((CelList)args[0]).Items.Cast<string>());
    }
}
