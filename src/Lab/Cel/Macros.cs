namespace Nemotron.Lab.Cel;

/// <summary>Calls that are syntax, not functions: they bind variables or look at a field without taking it.</summary>
internal static class Macros
{
    /// <summary><c>has(a.b)</c></summary>
    public static Expr Has(Parser parser, int offset, IReadOnlyList<Expr> args) => args switch
    {
        [Select { TestOnly: false } field] => new Select(field.Offset, field.Operand, field.Field, testOnly: true),
        [_] => throw parser.Fault(offset, "invalid argument to has() macro"),
        _ => new Call(offset, "has", null, args),
    };

    /// <summary>The comprehension that <paramref name="name"/> stands for, or null when it is an ordinary call.</summary>
    public static Expr? TryExpand(Parser parser, int offset, Expr range, string name, IReadOnlyList<Expr> args, out IReadOnlyList<Expr> callArgs)
    {
        callArgs = args;
        return (name, args.Count) switch
        {
            ("all", 2) => Test(ComprehensionKind.All),
            ("exists", 2) => Test(ComprehensionKind.Exists),
            ("exists_one" or "existsOne", 2) => Test(ComprehensionKind.ExistsOne),
            ("filter", 2) => Test(ComprehensionKind.Filter),
            ("map", 2) => Build(ComprehensionKind.Map, Variable(0), null, null, args[1]),
            ("map", 3) => Build(ComprehensionKind.Map, Variable(0), null, args[1], args[2]),
            ("all", 3) => Test2(ComprehensionKind.All),
            ("exists", 3) => Test2(ComprehensionKind.Exists),
            ("exists_one" or "existsOne", 3) => Test2(ComprehensionKind.ExistsOne),
            ("transformList", 3) => Build(ComprehensionKind.Map, Variable(0), Variable(1), null, args[2]),
            ("transformList", 4) => Build(ComprehensionKind.Map, Variable(0), Variable(1), args[2], args[3]),
            ("transformMap", 3) => Build(ComprehensionKind.TransformMap, Variable(0), Variable(1), null, args[2]),
            ("transformMap", 4) => Build(ComprehensionKind.TransformMap, Variable(0), Variable(1), args[2], args[3]),
            ("transformMapEntry", 3) => Build(ComprehensionKind.TransformMapEntry, Variable(0), Variable(1), null, args[2]),
            ("transformMapEntry", 4) => Build(ComprehensionKind.TransformMapEntry, Variable(0), Variable(1), args[2], args[3]),
            ("optMap", 2) => Build(ComprehensionKind.OptionalMap, Variable(0), null, null, args[1]),
            ("optFlatMap", 2) => Build(ComprehensionKind.OptionalFlatMap, Variable(0), null, null, args[1]),
            _ => null,
        };

        Comprehension Test(ComprehensionKind kind) => Build(kind, Variable(0), null, args[1], null);

        Comprehension Test2(ComprehensionKind kind) => Build(kind, Variable(0), Variable(1), args[2], null);

        Comprehension Build(ComprehensionKind kind, string variable, string? variable2, Expr? predicate, Expr? transform)
        {
            if (variable == variable2) throw parser.Fault(args[1].Offset, $"duplicate variable name: {variable}");
            return new Comprehension(offset, kind, range, variable, variable2, predicate, transform);
        }

        string Variable(int index) => args[index] is Ident ident ? ident.Name : throw parser.Fault(args[index].Offset, "argument must be a simple name");
    }
}
