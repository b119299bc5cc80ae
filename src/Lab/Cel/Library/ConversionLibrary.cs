using System.Globalization;
using System.Text;
using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Conversions between types.</summary>
internal static class ConversionLibrary
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        var a = CelType.Variable("A");
        table.Add("dyn", args => args[0], Global(CelType.Dyn, a));
        table.Add("type", args => CelValues.TypeValue(args[0]), Global(CelType.TypeOf(a), a));
        table.Add("int", args => ToInt(args[0]), From(CelType.Int, CelType.Int, CelType.Uint, CelType.Double, CelType.String, CelType.Timestamp, CelType.Duration));
        table.Add("uint", args => ToUint(args[0]), From(CelType.Uint, CelType.Uint, CelType.Int, CelType.Double, CelType.String));
        table.Add("double", args => ToDouble(args[0]), From(CelType.Double, CelType.Double, CelType.Int, CelType.Uint, CelType.String));
        table.Add("bool", args => ToBool(args[0]), From(CelType.Bool, CelType.Bool, CelType.String));
        table.Add("string", args => ToText(args[0]),
            From(CelType.String, CelType.String, CelType.Bool, CelType.Bytes, CelType.Double, CelType.Duration, CelType.Int, CelType.Timestamp, CelType.Uint));
        table.Add("bytes", args => ToBytes(args[0]), From(CelType.Bytes, CelType.Bytes, CelType.String));
        table.Add("duration", args => ToDuration(args[0]), From(CelType.Duration, CelType.Duration, CelType.String, CelType.Int));
        table.Add("timestamp", args => ToTimestamp(args[0]), From(CelType.Timestamp, CelType.Timestamp, CelType.String, CelType.Int));
    }

    private static Overload[] From(CelType result, params IEnumerable<CelType> sources) => [.. sources.Select(s => Global(result, s))];

    private static object ToInt(object value) => value switch
    {
        long => value,
        ulong u => u <= long.MaxValue ? (long)u : CelError.IntOverflow,
        double d => d is > -9.2233720368547758E+18 and < 9.2233720368547758E+18 ? (long)d : CelError.IntOverflow,
        string text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : NotParsed("ParseInt", text),
        CelTimestamp instant => instant.Seconds,
        CelDuration duration => duration.Nanoseconds,
        _ => CelError.NoSuchOverload,
    };

    private static object ToUint(object value) => value switch
    {
        ulong => value,
        long l => l >= 0 ? (ulong)l : CelError.UintOverflow,
        double d => d is >= 0 and < 1.8446744073709552E+19 ? (ulong)d : CelError.UintOverflow,
        string text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : NotParsed("ParseUint", text),
        _ => CelError.NoSuchOverload,
    };

    private static object ToDouble(object value) => value switch
    {
        double => value,
        long l => (double)l,
        ulong u => (double)u,
        string text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : NotParsed("ParseFloat", text),
        _ => CelError.NoSuchOverload,
    };

    private static object ToBool(object value) => value switch
    {
        bool => value,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        string text => NotParsed("ParseBool", text),
        _ => CelError.NoSuchOverload,
    };

    /// <summary>CEL's <c>string(value)</c>.</summary>
    public static object ToText(object value)
    {
        switch (value)
        {
            case string: return value;
            case bool b: return b ? "true" : "false";
            case double d: return Schema.GoText.Float(d);
            case long or ulong or CelDuration or CelTimestamp: return value.ToString()!;
            case byte[] bytes:
                try
                {
                    return StrictUtf8.GetString(bytes);
                }
                catch (DecoderFallbackException)
                {
                    return new CelError("invalid UTF-8 in bytes, cannot convert to string");
                }
            case QuantityValue or CelIp or CelCidr or SemverValue: return value.ToString()!;
            default: return CelError.NoSuchOverload;
        }
    }

    private static object ToBytes(object value) => value switch
    {
        byte[] => value,
        string text => Encoding.UTF8.GetBytes(text),
        _ => CelError.NoSuchOverload,
    };

    private static object ToDuration(object value) => value switch
    {
        CelDuration => value,
        long l => new CelDuration(l),
        string text => CelDuration.TryParse(text, out var parsed) ? parsed : new CelError($"time: invalid duration {Schema.GoText.Quote(text)}"),
        _ => CelError.NoSuchOverload,
    };

    private static object ToTimestamp(object value) => value switch
    {
        CelTimestamp => value,
        long l => new CelTimestamp(l, 0) is { InRange: true } instant ? instant : new CelError("timestamp overflow"),
        string text => CelTimestamp.TryParse(text, out var parsed)
            ? parsed
            : new CelError($"parsing time {Schema.GoText.Quote(text)} as \"2006-01-02T15:04:05Z07:00\": cannot parse {Schema.GoText.Quote(text)} as \"2006\""),
        _ => CelError.NoSuchOverload,
    };

    private static CelError NotParsed(string function, string text) => new($"strconv.{function}: parsing {Schema.GoText.Quote(text)}: invalid syntax");
}
