namespace Nemotron.Lab.Cel;

/// <summary>A cost or a size, from best to worst case; the worst is capped at <see cref="ulong.MaxValue"/>, which means unbounded.</summary>
/// <param name="Min">The best case.</param>
/// <param name="Max">The worst case.</param>
internal readonly record struct CostRange(ulong Min, ulong Max)
{
    /// <summary>A size nobody knows.</summary>
    public static readonly CostRange Unbounded = new(0, ulong.MaxValue);

    /// <summary>Exactly <paramref name="value"/>.</summary>
    public static CostRange Exactly(ulong value) => new(value, value);

    /// <summary>One after the other.</summary>
    public static CostRange operator +(CostRange a, CostRange b) => new(Sum(a.Min, b.Min), Sum(a.Max, b.Max));

    /// <summary>One as often as the other says.</summary>
    public static CostRange operator *(CostRange a, CostRange b) => new(Product(a.Min, b.Min), Product(a.Max, b.Max));

    /// <summary>Scaled, rounded up.</summary>
    public static CostRange operator *(CostRange a, double factor) => new(Scale(a.Min, factor), Scale(a.Max, factor));

    /// <summary>Either of the two.</summary>
    public CostRange Or(CostRange other) => new(Math.Min(Min, other.Min), Math.Max(Max, other.Max));

    /// <summary>A product that stays at the cap.</summary>
    public static ulong Product(ulong a, ulong b) => a == 0 || b == 0 ? 0 : a > ulong.MaxValue / b ? ulong.MaxValue : a * b;

    private static ulong Sum(ulong a, ulong b) => ulong.MaxValue - a < b ? ulong.MaxValue : a + b;

    private static ulong Scale(ulong value, double factor)
    {
        var scaled = Math.Ceiling(value * factor);
        return scaled >= ulong.MaxValue ? ulong.MaxValue : (ulong)scaled;
    }
}
