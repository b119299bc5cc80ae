using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Optionals. <c>or</c> and <c>orValue</c> have signatures only: the evaluator runs them, lazily.</summary>
internal static class OptionalLibrary
{
    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        var a = CelType.Variable("A");
        var optional = CelType.Optional(a);
        table.Add("optional.of", args => new CelOptional(args[0]), Global(optional, a));
        table.Add("optional.none", _ => CelOptional.None, Global(optional));
        table.Add("optional.ofNonZeroValue", args => IsZero(args[0]) ? CelOptional.None : new CelOptional(args[0]), Global(optional, a));
        table.Add("hasValue", args => args is [CelOptional o] ? o.Value is not null : CelError.NoSuchOverload, Member(CelType.Bool, optional));
        table.Add("value", args => args is [CelOptional o] ? o.Value ?? new CelError("optional.none() dereference") : CelError.NoSuchOverload, Member(a, optional));
        table.Add("or", _ => CelError.NoSuchOverload, Member(optional, optional, optional));
        table.Add("orValue", _ => CelError.NoSuchOverload, Member(a, optional, a));
    }

    private static bool IsZero(object value) => value switch
    {
        long l => l == 0,
        ulong u => u == 0,
        double d => d == 0,
        bool b => !b,
        string text => text.Length == 0,
        byte[] bytes => bytes.Length == 0,
        CelNull => true,
        CelList list => list.Items.Count == 0,
        CelMap map => map.Count == 0,
        CelObject o => o.Json.Count == 0,
        CelDuration d => d.Nanoseconds == 0,
        CelOptional o => o.Value is null,
        _ => false,
    };
}
