using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Lists taken as sets.</summary>
internal static class SetLibrary
{
    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        var list = CelType.List(CelType.Variable("A"));
        table.Add("sets.contains", args => args is [CelList all, CelList part] ? Contains(all, part) : CelError.NoSuchOverload, Global(CelType.Bool, list, list));
        table.Add("sets.equivalent", args => args is [CelList x, CelList y] ? Contains(x, y) && Contains(y, x) : CelError.NoSuchOverload, Global(CelType.Bool, list, list));
        table.Add("sets.intersects", args => args is [CelList x, CelList y] ? x.Items.Any(item => Has(y, item)) : CelError.NoSuchOverload, Global(CelType.Bool, list, list));
    }

    private static bool Contains(CelList all, CelList part) => part.Items.All(item => Has(all, item));

    private static bool Has(CelList list, object item) => list.Items.Any(x => Equality.AreEqual(x, item));
}
