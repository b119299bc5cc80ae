namespace Nemotron.Lab.Cel;

/// <summary>Questions about an expression's text.</summary>
internal static class ExpressionWalk
{
    /// <summary>Whether <paramref name="expr"/> uses a variable that is not bound within it.</summary>
    public static bool Uses(Expr? expr, string variable) => expr switch
    {
        Ident ident => ident.Name == variable,
        Select select => Uses(select.Operand, variable),
        Call call => Uses(call.Target, variable) || call.Args.Any(a => Uses(a, variable)),
        ListLiteral list => list.Items.Any(i => Uses(i.Item, variable)),
        MapLiteral map => map.Entries.Any(e => Uses(e.Key, variable) || Uses(e.Value, variable)),
        Comprehension walk => Uses(walk.Range, variable)
            || (walk.Variable != variable && walk.Variable2 != variable && (Uses(walk.Predicate, variable) || Uses(walk.Transform, variable))),
        _ => false,
    };
}
