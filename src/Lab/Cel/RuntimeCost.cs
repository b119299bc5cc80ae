namespace Nemotron.Lab.Cel;

/// <summary>What a call costs beyond its one step: the server charges a tenth for each character or item walked.</summary>
internal static class RuntimeCost
{
    private static readonly HashSet<string> WalksFirst = new(StringComparer.Ordinal)
    {
        "lowerAscii", "upperAscii", "trim", "substring", "split", "replace", "join", "url", "isURL", "ip", "isIP", "cidr", "isCIDR", "quantity", "isQuantity",
        "bytes", "string", "reverse", "format", "indexOf", "lastIndexOf", "find", "findAll", "charAt",
    };

    /// <summary>The extra cost.</summary>
    public static long Of(string function, object[] args)
    {
        switch (function)
        {
            case "startsWith" or "endsWith":
                return Tenth(Size(args[^1]));
            case "contains" when args is [string, string]:
                return Tenth(Size(args[0])) * Math.Max(1, Tenth(Size(args[1])));
            case "matches":
                return Tenth(Size(args[0]) + 1) * Math.Max(1, (Size(args[^1]) + 3) / 4);
            case Operators.In:
                return args[^1] is CelMap ? 0 : Size(args[^1]);
            case Operators.Add when args[0] is string or byte[]:
                return Tenth(Size(args[0]) + Size(args[1]));
            case Operators.Equal or Operators.NotEqual or Operators.Less or Operators.LessEqual or Operators.Greater or Operators.GreaterEqual:
                return Tenth(Math.Min(Size(args[0]), Size(args[1])));
            case "isSorted" or "sum" or "min" or "max":
                return Size(args[0]);
            case "sets.contains" or "sets.equivalent" or "sets.intersects":
                return Size(args[0]) * Size(args[1]);
            default:
                return WalksFirst.Contains(function) && args.Length > 0 ? Tenth(Size(args[0])) : 0;
        }
    }

    private static long Tenth(long size) => (size + 9) / 10;

    private static long Size(object value) => value switch
    {
        string text => text.Length,
        byte[] bytes => bytes.Length,
        CelList list => list.Items.Count,
        CelMap map => map.Count,
        _ => 1,
    };
}
