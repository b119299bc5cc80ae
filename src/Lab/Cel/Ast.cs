namespace Nemotron.Lab.Cel;

/// <summary>A node of a CEL expression.</summary>
/// <param name="offset">Its place in the text: an operator's sign, a call's bracket, a selection's dot, else its start.</param>
/// <param name="children">Its direct parts.</param>
internal abstract class Expr(int offset, params IEnumerable<Expr?> children)
{
    /// <summary>The place in the text.</summary>
    public int Offset { get; } = offset;

    /// <summary>The longest chain of nodes below and including this one; bounded by the parser, since all walks are recursive.</summary>
    public int Depth { get; } = 1 + children.Where(c => c is not null).Select(c => c!.Depth).DefaultIfEmpty(0).Max();
}

/// <summary>A constant.</summary>
internal sealed class Literal(int offset, object value) : Expr(offset)
{
    /// <summary>A CEL value.</summary>
    public object Value { get; } = value;
}

/// <summary>A variable or type name.</summary>
internal sealed class Ident(int offset, string name) : Expr(offset)
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;
}

/// <summary>A field of a message or map.</summary>
internal sealed class Select(int offset, Expr operand, string field, bool testOnly = false, bool optional = false) : Expr(offset, operand)
{
    /// <summary>What it is taken from.</summary>
    public Expr Operand { get; } = operand;

    /// <summary>The field's name, as escaped in the expression.</summary>
    public string Field { get; } = field;

    /// <summary>Whether this is <c>has(a.b)</c>.</summary>
    public bool TestOnly { get; } = testOnly;

    /// <summary>Whether this is <c>a.?b</c>.</summary>
    public bool Optional { get; } = optional;
}

/// <summary>An operator or function call.</summary>
internal sealed class Call(int offset, string function, Expr? target, IReadOnlyList<Expr> args) : Expr(offset, [target, .. args])
{
    /// <summary>The name; operators are named as in <see cref="Operators"/>.</summary>
    public string Function { get; } = function;

    /// <summary>The receiver of a member call, or null.</summary>
    public Expr? Target { get; } = target;

    /// <summary>The arguments.</summary>
    public IReadOnlyList<Expr> Args { get; } = args;
}

/// <summary><c>[a, ?b]</c></summary>
internal sealed class ListLiteral(int offset, IReadOnlyList<(Expr Item, bool Optional)> items) : Expr(offset, items.Select(i => i.Item))
{
    /// <summary>The items; an optional one is left out when it is none.</summary>
    public IReadOnlyList<(Expr Item, bool Optional)> Items { get; } = items;
}

/// <summary><c>{k: v, ?k: v}</c></summary>
internal sealed class MapLiteral(int offset, IReadOnlyList<(Expr Key, Expr Value, bool Optional)> entries)
    : Expr(offset, entries.SelectMany(e => new[] { e.Key, e.Value }))
{
    /// <summary>The entries; an optional one is left out when its value is none.</summary>
    public IReadOnlyList<(Expr Key, Expr Value, bool Optional)> Entries { get; } = entries;
}

/// <summary>Which macro a <see cref="Comprehension"/> is.</summary>
internal enum ComprehensionKind
{
    /// <summary><c>all(x, p)</c></summary>
    All,

    /// <summary><c>exists(x, p)</c></summary>
    Exists,

    /// <summary><c>exists_one(x, p)</c></summary>
    ExistsOne,

    /// <summary><c>filter(x, p)</c></summary>
    Filter,

    /// <summary><c>map(x, [p,] t)</c>, <c>transformList(i, x, [p,] t)</c></summary>
    Map,

    /// <summary><c>transformMap(k, v, [p,] t)</c></summary>
    TransformMap,

    /// <summary><c>transformMapEntry(k, v, [p,] {k: v})</c></summary>
    TransformMapEntry,

    /// <summary><c>optional.optMap(x, t)</c></summary>
    OptionalMap,

    /// <summary><c>optional.optFlatMap(x, t)</c></summary>
    OptionalFlatMap,
}

/// <summary>A macro that walks a list, map or optional.</summary>
internal sealed class Comprehension(int offset, ComprehensionKind kind, Expr range, string variable, string? variable2, Expr? predicate, Expr? transform)
    : Expr(offset, range, predicate, transform)
{
    /// <summary>Which macro.</summary>
    public ComprehensionKind Kind { get; } = kind;

    /// <summary>What is walked.</summary>
    public Expr Range { get; } = range;

    /// <summary>The item (a map's key); in the two-variable forms the index or key.</summary>
    public string Variable { get; } = variable;

    /// <summary>The value in the two-variable forms, else null.</summary>
    public string? Variable2 { get; } = variable2;

    /// <summary>The condition, or null.</summary>
    public Expr? Predicate { get; } = predicate;

    /// <summary>The result per item, or null for the macros that only test.</summary>
    public Expr? Transform { get; } = transform;
}

/// <summary>CEL's names for its operators; they appear in error messages.</summary>
internal static class Operators
{
    public const string Conditional = "_?_:_";
    public const string Or = "_||_";
    public const string And = "_&&_";
    public const string Not = "!_";
    public const string Negate = "-_";
    public const string Equal = "_==_";
    public const string NotEqual = "_!=_";
    public const string Less = "_<_";
    public const string LessEqual = "_<=_";
    public const string Greater = "_>_";
    public const string GreaterEqual = "_>=_";
    public const string In = "@in";
    public const string Add = "_+_";
    public const string Subtract = "_-_";
    public const string Multiply = "_*_";
    public const string Divide = "_/_";
    public const string Modulo = "_%_";
    public const string Index = "_[_]";
    public const string OptionalIndex = "_[?_]";
}
