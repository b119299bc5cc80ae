namespace Nemotron.Lab.Cel;

/// <summary>What one call costs beside its arguments, and how large its result can be. Most cost 1; what walks strings or lists costs by their size.</summary>
internal static class CallCosts
{
    private const double PerCharacter = 0.1;
    private const double PerPatternCharacter = 0.25;

    private static readonly CostRange One = CostRange.Exactly(1);

    /// <summary>The cost, and the size of the result where it is known.</summary>
    /// <param name="estimate">Sizes of the arguments.</param>
    /// <param name="call">The call.</param>
    /// <param name="args">Its arguments, the receiver first.</param>
    public static (CostRange Cost, CostRange? Size) Of(CostEstimator estimate, Call call, IReadOnlyList<Expr> args)
    {
        CostRange Size(int i) => estimate.Size(args[i]);
        CelKind Kind(int i) => estimate.TypeOf(args[i]).Kind;
        bool IsText(int i) => Kind(i) is CelKind.String or CelKind.Bytes;

        switch (call.Function)
        {
            case Operators.Equal or Operators.NotEqual:
                return (Comparison(Size(0), Size(1)), null);
            case Operators.Less or Operators.LessEqual or Operators.Greater or Operators.GreaterEqual:
                if (IsText(0) || IsText(1)) return (Comparison(Size(0), Size(1)), null);
                return (Kind(0) == CelKind.Dyn && Kind(1) == CelKind.Dyn ? One.Or(Comparison(Size(0), Size(1))) : One, null);
            case Operators.Add:
                var sum = Size(0) + Size(1);
                if (IsText(0) || IsText(1)) return (sum * PerCharacter, sum);
                if (Kind(0) == CelKind.List || Kind(1) == CelKind.List) return (One, sum);
                return Kind(0) == CelKind.Dyn && Kind(1) == CelKind.Dyn ? (One.Or(sum * PerCharacter), sum) : (One, null);
            case Operators.In:
                return (Kind(1) == CelKind.Map ? One : Size(1), null);
            case "startsWith" or "endsWith":
                return (Size(args.Count - 1) * PerCharacter, null);
            case "contains":
                return ((Size(0) * PerCharacter) * (Size(1) * PerCharacter), null);
            case "matches" or "find" or "findAll":
                var text = (Size(0) + One) * PerCharacter;
                return (text * (Size(1) * PerPatternCharacter), call.Function == "matches" ? null : new CostRange(0, Size(0).Max));
            case "string" when Kind(0) == CelKind.Bytes:
                return (Size(0) * PerCharacter, Size(0));
            case "bytes" when Kind(0) == CelKind.String:
                return (Size(0) * PerCharacter, new CostRange(Size(0).Min, CostRange.Product(Size(0).Max, 4)));
            case "lowerAscii" or "upperAscii" or "trim" or "substring":
                return (Size(0) * PerCharacter, call.Function is "trim" or "substring" ? new CostRange(0, Size(0).Max) : Size(0));
            case "replace":
                return Replace(Size(0), Size(1), Size(2));
            case "split":
                return (Size(0) * (2 * PerCharacter), new CostRange(0, Limit(args) is { } limit ? Math.Min(limit, Size(0).Max) : Size(0).Max));
            case "join":
                return Join(Size(0), ItemSize(estimate, args[0]), args.Count > 1 ? Size(1) : default);
            case "isSorted" or "sum" or "min" or "max":
                return (Size(0) * One, null);
            case "indexOf" or "lastIndexOf":
                return (Kind(0) == CelKind.String ? Size(0) * PerCharacter : Size(0), null);
            case "format" or "strings.quote":
                return (Size(0) * PerCharacter, null);
            case "url" or "isURL" or "ip" or "isIP" or "cidr" or "isCIDR" or "ip.isCanonical" or "quantity" or "isQuantity" or "semver" or "isSemver":
                return (Kind(0) is CelKind.Opaque ? One : Size(0) * PerCharacter, null);
            case "containsIP" or "containsCIDR":
                return (Kind(1) == CelKind.String ? One + (Size(1) * PerCharacter) : One, null);
            case "validate":
                return (Size(1) * PerCharacter, null);
            case "sets.contains" or "sets.intersects":
                return (One + (Size(0) * Size(1)), null);
            case "sets.equivalent":
                return (One + (Size(0) * Size(1) * 2), null);
            case "reverse" or "slice" or "distinct" or "sort" or "flatten":
                return (call.Function is "distinct" or "sort" ? One + (Size(0) * Size(0)) : One + Size(0), call.Function == "flatten" ? null : new CostRange(0, Size(0).Max));
            case "orValue" or "or":
                return (One, Size(0).Or(Size(1)));
            case "value" or "optional.of" or "dyn":
                return (One, Size(0));
            default:
                return (One, null);
        }
    }

    private static CostRange Comparison(CostRange a, CostRange b)
    {
        var shorter = Math.Min(a.Max, b.Max);
        return new CostRange(shorter > 0 ? 1UL : 0, shorter) * PerCharacter;
    }

    private static (CostRange, CostRange?) Replace(CostRange text, CostRange old, CostRange with)
    {
        var most = old.Min == 0 ? (text + One) * with + text
            : with.Max <= old.Min ? text
            : new CostRange(0, CostRange.Product((text.Max / old.Min) + 1, with.Max)) + text;
        return (text * (2 * PerCharacter), new CostRange(0, most.Max));
    }

    private static (CostRange, CostRange?) Join(CostRange list, CostRange item, CostRange separator)
    {
        var total = (list * item) + (new CostRange(0, list.Max == 0 ? 0 : list.Max - 1) * separator);
        return (total * PerCharacter, total);
    }

    private static CostRange ItemSize(CostEstimator estimate, Expr list)
    {
        if (estimate.PlaceOf(list) is { Kind: CelKind.List } place) return new CostRange(0, (ulong)place.Parameters[0].MaxElements);
        if (list is not ListLiteral { Items.Count: > 0 } literal) return CostRange.Unbounded;
        return literal.Items.Select(i => estimate.Size(i.Item)).Aggregate((a, b) => a.Or(b));
    }

    private static ulong? Limit(IReadOnlyList<Expr> args) => args is [_, _, Literal { Value: long and >= 0 and var limit }] ? (ulong)limit : null;
}
