using System.Globalization;
using System.Text;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary><c>"%s has %d".format([a, b])</c></summary>
internal static class TextFormatLibrary
{
    /// <summary>Adds it.</summary>
    public static void AddTo(FunctionTable table) =>
        table.Add("format", args => args is [string format, CelList list] ? Format(format, list.Items) : CelError.NoSuchOverload,
            Member(CelType.String, CelType.String, CelType.List(CelType.Dyn)));

    private static object Format(string format, IReadOnlyList<object> args)
    {
        var text = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            if (++i >= format.Length) return new CelError("unexpected end of format string");
            if (format[i] == '%')
            {
                text.Append('%');
                continue;
            }
            int? precision = null;
            if (format[i] == '.')
            {
                var start = ++i;
                while (i < format.Length && char.IsAsciiDigit(format[i])) i++;
                if (i >= format.Length || !int.TryParse(format.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var digits) || digits > 100)
                    return new CelError("error while parsing precision: invalid precision");
                precision = digits;
            }
            if (next >= args.Count) return new CelError($"index {next} out of range");
            var arg = args[next++];
            if (Clause(format[i], precision, arg) is not { } part) return new CelError($"unrecognized formatting clause \"{format[i]}\" for type {CelValues.TypeValue(arg).Name}");
            text.Append(part);
        }
        return text.ToString();
    }

    private static string? Clause(char clause, int? precision, object arg) => clause switch
    {
        's' => Text(arg),
        'd' => arg is long or ulong ? arg.ToString() : arg is double d ? Schema.GoText.Float(d) : null,
        'f' when Real(arg) is { } value => value.ToString("F" + (precision ?? 6), CultureInfo.InvariantCulture),
        'e' when Real(arg) is { } value => Exponent(value, precision ?? 6),
        'b' => arg switch { bool b => b ? "1" : "0", long l => l < 0 ? "-" + Binary((ulong)-(Int128)l) : Binary((ulong)l), ulong u => Binary(u), _ => null },
        'o' => arg switch { long l => l < 0 ? "-" + Octal((ulong)-(Int128)l) : Octal((ulong)l), ulong u => Octal(u), _ => null },
        'x' => Hex(arg)?.ToLowerInvariant(),
        'X' => Hex(arg)?.ToUpperInvariant(),
        _ => null,
    };

    private static string? Text(object arg) => arg switch
    {
        CelNull => "null",
        CelList list => $"[{string.Join(", ", list.Items.Select(Text))}]",
        CelMap map => $"{{{string.Join(", ", map.Entries.Select(e => $"{Text(e.Key)}: {Text(e.Value)}").Order(StringComparer.Ordinal))}}}",
        CelTypeValue type => type.Name,
        _ => ConversionLibrary.ToText(arg) as string,
    };

    private static double? Real(object arg) => arg switch { double d => d, long l => l, ulong u => u, _ => null };

    private static string Exponent(double value, int precision)
    {
        var text = value.ToString("e" + precision, CultureInfo.InvariantCulture); // e+006 where Go has e+06
        return text.Length > 5 && text[^3] == '0' && text[^5] == 'e' ? text[..^3] + text[^2..] : text;
    }

    private static string? Hex(object arg) => arg switch
    {
        long l => l < 0 ? "-" + ((ulong)-(Int128)l).ToString("x", CultureInfo.InvariantCulture) : l.ToString("x", CultureInfo.InvariantCulture),
        ulong u => u.ToString("x", CultureInfo.InvariantCulture),
        string text => Convert.ToHexString(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => Convert.ToHexString(bytes),
        _ => null,
    };

    private static string Binary(ulong value) => value.ToString("b", CultureInfo.InvariantCulture);

    private static string Octal(ulong value)
    {
        if (value == 0) return "0";
        var digits = "";
        for (; value > 0; value /= 8) digits = value % 8 + digits;
        return digits;
    }
}
