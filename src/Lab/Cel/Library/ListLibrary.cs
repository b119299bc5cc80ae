using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Lists: order, sums, extremes, positions, and building new ones.</summary>
internal static class ListLibrary
{
    private const int MostBuilt = 1_000_000; // items that range() and flatten() may build

    private static readonly CelType A = CelType.Variable("A");
    private static readonly CelType[] Ordered =
        [CelType.Int, CelType.Uint, CelType.Double, CelType.Bool, CelType.Duration, CelType.Timestamp, CelType.String, CelType.Bytes];

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        var any = CelType.List(A);
        CelType[] summable = [CelType.Int, CelType.Uint, CelType.Double, CelType.Duration];
        table.Add("isSorted", args => args is [CelList list] ? IsSorted(list) : CelError.NoSuchOverload, [.. Ordered.Select(t => Member(CelType.Bool, CelType.List(t)))]);
        table.Add("sum", args => args is [CelList list] ? Sum(list) : CelError.NoSuchOverload, [.. summable.Select(t => Member(t, CelType.List(t)))]);
        table.Add("min", args => args is [CelList list] ? Extreme(list, "min", -1) : CelError.NoSuchOverload, [.. Ordered.Select(t => Member(t, CelType.List(t)))]);
        table.Add("max", args => args is [CelList list] ? Extreme(list, "max", 1) : CelError.NoSuchOverload, [.. Ordered.Select(t => Member(t, CelType.List(t)))]);
        table.Add("indexOf", args => args is [CelList list, var item] ? (object)Position(list, item, last: false) : CelError.NoSuchOverload, Member(CelType.Int, any, A));
        table.Add("lastIndexOf", args => args is [CelList list, var item] ? (object)Position(list, item, last: true) : CelError.NoSuchOverload, Member(CelType.Int, any, A));
        table.Add("slice", Slice, Member(any, any, CelType.Int, CelType.Int));
        table.Add("reverse", args => args is [CelList list] ? new CelList([.. list.Items.Reverse()]) : CelError.NoSuchOverload, Member(any, any));
        table.Add("distinct", args => args is [CelList list] ? Distinct(list) : CelError.NoSuchOverload, Member(any, any));
        table.Add("sort", args => args is [CelList list] ? Sort(list) : CelError.NoSuchOverload, [.. Ordered.Select(t => Member(CelType.List(t), CelType.List(t)))]);
        table.Add("flatten", args => args switch
            {
                [CelList list] => Flatten(list, 1),
                [CelList list, long depth] => depth < 0 ? new CelError("level must be non-negative") : Flatten(list, depth),
                _ => CelError.NoSuchOverload,
            },
            Member(any, CelType.List(any)), Member(CelType.List(CelType.Dyn), CelType.List(CelType.Dyn), CelType.Int));
        table.Add("lists.range", args => args is [long count]
                ? count is >= 0 and <= MostBuilt ? new CelList([.. Enumerable.Range(0, (int)count).Select(i => (object)(long)i)]) : new CelError($"lists.range: size out of range: {count}")
                : CelError.NoSuchOverload,
            Global(CelType.List(CelType.Int), CelType.Int));
    }

    private static object IsSorted(CelList list)
    {
        for (var i = 1; i < list.Items.Count; i++)
        {
            if (Equality.Compare(list.Items[i - 1], list.Items[i]) is not { } order) return CelError.NoSuchOverload;
            if (order > 0) return false;
        }
        return true;
    }

    // The sum of nothing is an int zero: at run time an empty list has no type.
    private static object Sum(CelList list)
    {
        if (list.Items.Count == 0) return 0L;
        var sum = list.Items[0];
        foreach (var item in list.Items.Skip(1))
            if ((sum = Arithmetic.Add([sum, item])) is CelError)
                return sum;
        return sum;
    }

    private static object Extreme(CelList list, string name, int sign)
    {
        if (list.Items.Count == 0) return new CelError($"{name} called on empty list");
        var best = list.Items[0];
        foreach (var item in list.Items.Skip(1))
        {
            if (Equality.Compare(item, best) is not { } order) return CelError.NoSuchOverload;
            if (Math.Sign(order) == sign) best = item;
        }
        return best;
    }

    private static long Position(CelList list, object item, bool last)
    {
        for (var n = 0; n < list.Items.Count; n++)
        {
            var i = last ? list.Items.Count - 1 - n : n;
            if (Equality.AreEqual(list.Items[i], item)) return i;
        }
        return -1;
    }

    private static object Slice(object[] args)
    {
        if (args is not [CelList list, long start, long end]) return CelError.NoSuchOverload;
        if (start < 0 || end < 0) return new CelError($"cannot slice({start}, {end}), negative indexes not supported");
        if (start > end) return new CelError($"cannot slice({start}, {end}), start index must be less than or equal to end index");
        if (end > list.Items.Count) return new CelError($"cannot slice({start}, {end}), list is length {list.Items.Count}");
        return new CelList([.. list.Items.Skip((int)start).Take((int)(end - start))]);
    }

    private static CelList Distinct(CelList list)
    {
        var kept = new List<object>();
        foreach (var item in list.Items)
            if (!kept.Exists(k => Equality.AreEqual(k, item)))
                kept.Add(item);
        return new CelList(kept);
    }

    private static object Sort(CelList list)
    {
        foreach (var item in list.Items)
            if (Equality.Compare(list.Items[0], item) is null)
                return CelError.NoSuchOverload;
        return new CelList([.. list.Items.Order(Comparer<object>.Create((x, y) => Equality.Compare(x, y) ?? 0))]);
    }

    private static object Flatten(CelList list, long depth)
    {
        var flat = new List<object>();
        foreach (var item in list.Items)
        {
            if (depth > 0 && item is CelList inner && Flatten(inner, depth - 1) is CelList parts) flat.AddRange(parts.Items);
            else flat.Add(item);
            if (flat.Count > MostBuilt) return new CelError("flatten result too large");
        }
        return new CelList(flat);
    }
}
