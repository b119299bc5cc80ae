namespace Nemotron.Lab.Cel;

/// <summary>Arithmetic that says so when it leaves its range.</summary>
internal static class Arithmetic
{
    private static readonly CelError DivideByZero = new("division by zero");
    private static readonly CelError ModulusByZero = new("modulus by zero");
    private static readonly CelError DurationOverflow = new("duration overflow");
    private static readonly CelError TimestampOverflow = new("timestamp overflow");

    /// <summary><c>+</c></summary>
    public static object Add(object[] args)
    {
        switch (args)
        {
            case [long x, long y]: return Whole((Int128)x + y);
            case [ulong x, ulong y]: return Unsigned((Int128)x + y);
            case [double x, double y]: return x + y;
            case [string x, string y]: return x + y;
            case [byte[] x, byte[] y]: return (byte[])[.. x, .. y];
            case [CelDuration x, CelDuration y]: return Span((Int128)x.Nanoseconds + y.Nanoseconds);
            case [CelTimestamp x, CelDuration y]: return Instant(x.Add(y));
            case [CelDuration x, CelTimestamp y]: return Instant(y.Add(x));
            case [CelList x, CelList y]: return Concatenate(x, y);
            default: return CelError.NoSuchOverload;
        }
    }

    /// <summary><c>-</c></summary>
    public static object Subtract(object[] args)
    {
        switch (args)
        {
            case [long x, long y]: return Whole((Int128)x - y);
            case [ulong x, ulong y]: return Unsigned((Int128)x - y);
            case [double x, double y]: return x - y;
            case [CelDuration x, CelDuration y]: return Span((Int128)x.Nanoseconds - y.Nanoseconds);
            case [CelTimestamp x, CelTimestamp y]:
                return Span(((Int128)x.Seconds - y.Seconds) * CelDuration.Second + x.Nanos - y.Nanos);
            case [CelTimestamp x, CelDuration y]:
                return y.Nanoseconds == long.MinValue ? TimestampOverflow : Instant(x.Add(new CelDuration(-y.Nanoseconds)));
            default: return CelError.NoSuchOverload;
        }
    }

    /// <summary><c>*</c></summary>
    public static object Multiply(object[] args) => args switch
    {
        [long x, long y] => Whole((Int128)x * y),
        [ulong x, ulong y] => (UInt128)x * y is var product && product <= ulong.MaxValue ? (ulong)product : CelError.UintOverflow,
        [double x, double y] => x * y,
        _ => CelError.NoSuchOverload,
    };

    /// <summary><c>/</c>, toward zero.</summary>
    public static object Divide(object[] args) => args switch
    {
        [long, 0L] or [ulong, 0UL] => DivideByZero,
        [long x, long y] => Whole((Int128)x / y),
        [ulong x, ulong y] => x / y,
        [double x, double y] => x / y,
        _ => CelError.NoSuchOverload,
    };

    /// <summary><c>%</c>, with the sign of the dividend.</summary>
    public static object Modulo(object[] args) => args switch
    {
        [long, 0L] or [ulong, 0UL] => ModulusByZero,
        [long.MinValue, -1L] => CelError.IntOverflow,
        [long x, long y] => x % y,
        [ulong x, ulong y] => x % y,
        _ => CelError.NoSuchOverload,
    };

    /// <summary>Unary <c>-</c></summary>
    public static object Negate(object[] args) => args switch
    {
        [long x] => Whole(-(Int128)x),
        [double x] => -x,
        _ => CelError.NoSuchOverload,
    };

    private static object Whole(Int128 value) => value >= long.MinValue && value <= long.MaxValue ? (long)value : CelError.IntOverflow;

    private static object Unsigned(Int128 value) => value >= 0 && value <= ulong.MaxValue ? (ulong)value : CelError.UintOverflow;

    private static object Span(Int128 nanoseconds) =>
        nanoseconds >= long.MinValue && nanoseconds <= long.MaxValue ? new CelDuration((long)nanoseconds) : DurationOverflow;

    private static object Instant(CelTimestamp value) => value.InRange ? value : TimestampOverflow;

    private static CelList Concatenate(CelList x, CelList y)
    {
        switch (x.Kind)
        {
            case CelListKind.Set:
                return new CelList([.. x.Items, .. y.Items.Where(b => !x.Items.Any(a => Equality.AreEqual(a, b)))], CelListKind.Set);
            case CelListKind.Keyed:
                var merged = x.Items.Select(a => y.Items.LastOrDefault(b => SameKeys(a, b, x.Keys)) ?? a).ToList();
                merged.AddRange(y.Items.Where(b => !x.Items.Any(a => SameKeys(a, b, x.Keys))));
                return new CelList(merged, CelListKind.Keyed, x.Keys);
            default:
                return new CelList([.. x.Items, .. y.Items]);
        }
    }

    private static bool SameKeys(object a, object b, IReadOnlyList<string> keys) =>
        a is CelObject x && b is CelObject y && keys.All(k => Schema.Correlation.Same(x.Json[k], y.Json[k]));
}
