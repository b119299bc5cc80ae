using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Quantities.</summary>
internal static class QuantityLibrary
{
    /// <summary>The type's name.</summary>
    public const string TypeName = "kubernetes.Quantity";

    /// <summary>The type.</summary>
    public static readonly CelType Quantity = CelType.Opaque(TypeName);

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        table.Add("quantity", args => args is [string text]
                ? QuantityValue.Parse(text) as object ?? new CelError(
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
                : CelError.NoSuchOverload,
            Global(Quantity, CelType.String));
        table.Add("isQuantity", args => args is [string text] ? QuantityValue.Parse(text) is not null : CelError.NoSuchOverload, Global(CelType.Bool, CelType.String));
        table.Add("sign", args => args is [QuantityValue q] ? (long)q.Sign : CelError.NoSuchOverload, Member(CelType.Int, Quantity));
        table.Add("isInteger", args => args is [QuantityValue q] ? q.IsInteger : CelError.NoSuchOverload, Member(CelType.Bool, Quantity));
        table.Add("asInteger", args => args is [QuantityValue q]
                ? q.IsInteger ? q.Integer : new CelError("cannot convert value to integer")
                : CelError.NoSuchOverload,
            Member(CelType.Int, Quantity));
        table.Add("asApproximateFloat", args => args is [QuantityValue q] ? q.Approximate : CelError.NoSuchOverload, Member(CelType.Double, Quantity));
        table.Add("compareTo", args => args is [QuantityValue x, QuantityValue y] ? (long)x.Nanos.CompareTo(y.Nanos) : CelError.NoSuchOverload, Member(CelType.Int, Quantity, Quantity));
        table.Add("isGreaterThan", args => args is [QuantityValue x, QuantityValue y] ? x.Nanos > y.Nanos : CelError.NoSuchOverload, Member(CelType.Bool, Quantity, Quantity));
        table.Add("isLessThan", args => args is [QuantityValue x, QuantityValue y] ? x.Nanos < y.Nanos : CelError.NoSuchOverload, Member(CelType.Bool, Quantity, Quantity));
        table.Add("add", args => Combine(args, 1), Member(Quantity, Quantity, Quantity), Member(Quantity, Quantity, CelType.Int));
        table.Add("sub", args => Combine(args, -1), Member(Quantity, Quantity, Quantity), Member(Quantity, Quantity, CelType.Int));
    }

    private static object Combine(object[] args, int sign) => args switch
    {
        [QuantityValue x, QuantityValue y] => x with { Nanos = x.Nanos + (sign * y.Nanos) },
        [QuantityValue x, long y] => x with { Nanos = x.Nanos + (sign * new System.Numerics.BigInteger(y) * 1_000_000_000) },
        _ => CelError.NoSuchOverload,
    };
}
