using static Nemotron.Lab.Cel.FunctionTable;

namespace Nemotron.Lab.Cel;

/// <summary>Operators. And, or and the conditional have signatures only: the evaluator runs them itself.</summary>
internal static class OperatorLibrary
{
    private static readonly CelType A = CelType.Variable("A");
    private static readonly CelType B = CelType.Variable("B");
    private static readonly CelType[] Numbers = [CelType.Int, CelType.Uint, CelType.Double];

    /// <summary>Adds them.</summary>
    public static void AddTo(FunctionTable table)
    {
        Func<object[], object> none = _ => CelError.NoSuchOverload;
        table.Add(Operators.And, none, Global(CelType.Bool, CelType.Bool, CelType.Bool));
        table.Add(Operators.Or, none, Global(CelType.Bool, CelType.Bool, CelType.Bool));
        table.Add(Operators.Conditional, none, Global(A, CelType.Bool, A, A));
        table.Add(Operators.Not, args => args is [bool b] ? !b : CelError.NoSuchOverload, Global(CelType.Bool, CelType.Bool));
        table.Add(Operators.Equal, args => Equality.AreEqual(args[0], args[1]), Global(CelType.Bool, A, A));
        table.Add(Operators.NotEqual, args => !Equality.AreEqual(args[0], args[1]), Global(CelType.Bool, A, A));
        Order(table, Operators.Less, order => order < 0);
        Order(table, Operators.LessEqual, order => order <= 0);
        Order(table, Operators.Greater, order => order > 0);
        Order(table, Operators.GreaterEqual, order => order >= 0);
        table.Add(Operators.Negate, Arithmetic.Negate, Global(CelType.Int, CelType.Int), Global(CelType.Double, CelType.Double));
        table.Add(Operators.Add, Arithmetic.Add,
        [
            .. Same(CelType.Int, CelType.Uint, CelType.Double, CelType.String, CelType.Bytes, CelType.Duration, CelType.List(A)),
            Global(CelType.Timestamp, CelType.Timestamp, CelType.Duration), Global(CelType.Timestamp, CelType.Duration, CelType.Timestamp),
        ]);
        table.Add(Operators.Subtract, Arithmetic.Subtract,
        [
            .. Same(CelType.Int, CelType.Uint, CelType.Double, CelType.Duration),
            Global(CelType.Duration, CelType.Timestamp, CelType.Timestamp), Global(CelType.Timestamp, CelType.Timestamp, CelType.Duration),
        ]);
        table.Add(Operators.Multiply, Arithmetic.Multiply, Same(Numbers));
        table.Add(Operators.Divide, Arithmetic.Divide, Same(Numbers));
        table.Add(Operators.Modulo, Arithmetic.Modulo, Same(CelType.Int, CelType.Uint));
        table.Add(Operators.In, Contains, Global(CelType.Bool, A, CelType.List(A)), Global(CelType.Bool, A, CelType.Map(A, B)));
        table.Add(Operators.Index, args => Index(args[0], args[1]),
            Global(A, CelType.List(A), CelType.Int), Global(B, CelType.Map(A, B), A),
            Global(CelType.Optional(A), CelType.Optional(CelType.List(A)), CelType.Int), Global(CelType.Optional(B), CelType.Optional(CelType.Map(A, B)), A));
        table.Add(Operators.OptionalIndex, args => OptionalIndex(args[0], args[1]),
            Global(CelType.Optional(A), CelType.List(A), CelType.Int), Global(CelType.Optional(B), CelType.Map(A, B), A),
            Global(CelType.Optional(A), CelType.Optional(CelType.List(A)), CelType.Int), Global(CelType.Optional(B), CelType.Optional(CelType.Map(A, B)), A));
    }

    private static void Order(FunctionTable table, string name, Func<int, bool> holds)
    {
        // Numbers of different types compare with one another.
        var mixed = Numbers.SelectMany(x => Numbers.Select(y => Global(CelType.Bool, x, y)));
        CelType[] others = [CelType.Bool, CelType.String, CelType.Bytes, CelType.Timestamp, CelType.Duration];
        table.Add(name, args => args switch
        {
            [double x, _] when double.IsNaN(x) => false,
            [_, double y] when double.IsNaN(y) => false,
            _ => Equality.Compare(args[0], args[1]) is { } order ? holds(order) : CelError.NoSuchOverload,
        }, [.. others.Select(t => Global(CelType.Bool, t, t)), .. mixed]);
    }

    private static Overload[] Same(params IEnumerable<CelType> types) => [.. types.Select(t => Global(t, t, t))];

    private static object Contains(object[] args) => args switch
    {
        [var item, CelList list] => list.Items.Any(x => Equality.AreEqual(x, item)),
        [var key, CelMap map] => map.TryGet(key, out _),
        _ => CelError.NoSuchOverload,
    };

    private static object Index(object target, object key)
    {
        switch (target)
        {
            case CelOptional optional:
                return optional.Value is null ? CelOptional.None : OptionalIndex(optional.Value, key);
            case CelList list:
                if (CelMap.Normal(key) is not long i) return key is string or bool ? CelError.NoSuchOverload : new CelError($"unsupported index value: {CelValues.Print(key)}");
                return i >= 0 && i < list.Items.Count ? list.Items[(int)i] : CelError.OutOfBounds(i);
            case CelMap map:
                return map.TryGet(key, out var value) ? value : CelError.NoSuchKey(key);
            case CelObject o when key is string name:
                return o.Get(name) ?? CelError.NoSuchKey(name);
            default:
                return CelError.NoSuchOverload;
        }
    }

    private static object OptionalIndex(object target, object key)
    {
        if (target is CelOptional optional) return optional.Value is null ? CelOptional.None : OptionalIndex(optional.Value, key);
        switch (target)
        {
            case CelList list when CelMap.Normal(key) is long i:
                return i >= 0 && i < list.Items.Count ? Present(list.Items[(int)i]) : CelOptional.None;
            case CelMap map:
                return map.TryGet(key, out var value) ? Present(value) : CelOptional.None;
            case CelObject o when key is string name:
                return o.Get(name) is { } field ? Present(field) : CelOptional.None;
            default:
                return CelError.NoSuchOverload;
        }
    }

    private static object Present(object value) => value is CelError ? value : new CelOptional(value);
}
