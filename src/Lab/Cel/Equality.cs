namespace Nemotron.Lab.Cel;

/// <summary>CEL's <c>==</c> and the order behind <c>&lt;</c>; numbers of all types compare by value.</summary>
internal static class Equality
{
    /// <summary>Whether two values are equal; values of different kinds are not.</summary>
    public static bool AreEqual(object a, object b) => (a, b) switch
    {
        (string x, string y) => x == y,
        (bool x, bool y) => x == y,
        (long or ulong or double, long or ulong or double) => CompareNumbers(a, b) == 0,
        (byte[] x, byte[] y) => x.AsSpan().SequenceEqual(y),
        (CelNull, CelNull) => true,
        (CelDuration x, CelDuration y) => x == y,
        (CelTimestamp x, CelTimestamp y) => x == y,
        (CelTypeValue x, CelTypeValue y) => x == y,
        (CelList x, CelList y) => ListsEqual(x, y),
        (CelMap x, CelMap y) => x.Count == y.Count && x.Entries.All(e => y.TryGet(e.Key, out var other) && AreEqual(e.Value, other)),
        (CelObject x, CelObject y) => Schema.Correlation.Same(x.Json, y.Json),
        (CelOptional x, CelOptional y) => x.Value is null || y.Value is null ? x.Value is null && y.Value is null : AreEqual(x.Value, y.Value),
        (ICelOpaque, ICelOpaque) => a.Equals(b),
        _ => false,
    };

    /// <summary>The order of two values, or null when they have none (different kinds, NaN).</summary>
    public static int? Compare(object a, object b) => (a, b) switch
    {
        (string x, string y) => CompareText(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (long or ulong or double, long or ulong or double) => CompareNumbers(a, b),
        (byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y),
        (CelDuration x, CelDuration y) => x.CompareTo(y),
        (CelTimestamp x, CelTimestamp y) => x.CompareTo(y),
        _ => null,
    };

    private static bool ListsEqual(CelList a, CelList b)
    {
        if (a.Items.Count != b.Items.Count) return false;
        if (a.Kind == CelListKind.Plain || a.Kind != b.Kind) return a.Items.Zip(b.Items).All(p => AreEqual(p.First, p.Second));
        // Without duplicates on either side, equal counts and containment are equality.
        return a.Items.All(x => b.Items.Any(y => AreEqual(x, y)));
    }

    private static int? CompareNumbers(object a, object b)
    {
        switch (a, b)
        {
            case (long x, long y): return x.CompareTo(y);
            case (ulong x, ulong y): return x.CompareTo(y);
            case (double x, double y): return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
            case (long x, ulong y): return x < 0 ? -1 : ((ulong)x).CompareTo(y);
            case (ulong x, long y): return y < 0 ? 1 : x.CompareTo((ulong)y);
            case (double x, _): return CompareDouble(x, b);
            default: return -CompareDouble((double)b, a);
        }
    }

    // Beyond the integers' range a double decides alone; within it, compare without rounding the integer.
    private static int? CompareDouble(double x, object whole)
    {
        if (double.IsNaN(x)) return null;
        if (whole is long l)
        {
            if (x < -9.2233720368547758E+18) return -1;
            if (x >= 9.2233720368547758E+18) return 1;
            var cut = (long)x;
            return cut != l ? cut.CompareTo(l) : x.CompareTo((double)cut);
        }
        var u = (ulong)whole;
        if (x < 0) return -1;
        if (x >= 1.8446744073709552E+19) return 1;
        var cutU = (ulong)x;
        return cutU != u ? cutU.CompareTo(u) : x.CompareTo((double)cutU);
    }

    // Go compares strings by their UTF-8 bytes, which is code point order; UTF-16 order differs beyond the basic plane.
    private static int CompareText(string x, string y)
    {
        for (var i = 0; i < x.Length && i < y.Length; i++)
            if (x[i] != y[i])
            {
                var (s, t) = (char.IsSurrogate(x[i]), char.IsSurrogate(y[i]));
                return s == t ? x[i].CompareTo(y[i]) : s ? 1 : -1;
            }
        return x.Length.CompareTo(y.Length);
    }
}
