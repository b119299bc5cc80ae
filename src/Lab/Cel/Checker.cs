namespace Nemotron.Lab.Cel;

/// <summary>A type-checked expression.</summary>
/// <param name="Root">The expression.</param>
/// <param name="Types">The type of every node.</param>
internal sealed record CheckedExpression(Expr Root, IReadOnlyDictionary<Expr, CelType> Types)
{
    /// <summary>The type of the whole.</summary>
    public CelType Type => Types[Root];
}

/// <summary>Checks names and types against declared variables and the standard library.</summary>
internal sealed class Checker
{
    private readonly Dictionary<Expr, CelType> _types = [];
    private readonly List<CelIssue> _issues = [];
    private readonly TypeUnifier _unifier = new();
    private readonly List<(string Name, CelType Type)> _scope;

    private Checker(IEnumerable<KeyValuePair<string, CelType>> variables) => _scope = [.. variables.Select(v => (v.Key, v.Value))];

    /// <summary>Checks <paramref name="root"/>.</summary>
    /// <exception cref="CelCompileException">It does not type-check.</exception>
    public static CheckedExpression Check(Expr root, string source, IReadOnlyDictionary<string, CelType> variables)
    {
        var checker = new Checker(variables);
        checker.Visit(root);
        if (checker._issues.Count > 0) throw new CelCompileException(source, checker._issues);
        return new CheckedExpression(root, checker._types.ToDictionary(t => t.Key, t => checker._unifier.Resolve(t.Value, final: true)));
    }

    private CelType Visit(Expr expr) => _types[expr] = expr switch
    {
        Literal literal => CelValues.TypeOf(literal.Value),
        Ident ident => Variable(ident),
        Select select => Selection(select),
        Call call => CallOf(call),
        ListLiteral list => List(list),
        MapLiteral map => Map(map),
        Comprehension comprehension => Walk(comprehension),
        _ => throw new InvalidOperationException($"unknown node {expr.GetType().Name}"),
    };

    private CelType Variable(Ident ident)
    {
        for (var i = _scope.Count - 1; i >= 0; i--)
            if (_scope[i].Name == ident.Name)
                return _scope[i].Type;
        if (StandardLibrary.TypeNames.TryGetValue(ident.Name, out var type)) return CelType.TypeOf(type);
        return Fail(ident.Offset, $"undeclared reference to '{ident.Name}' (in container '')");
    }

    private CelType Selection(Select select)
    {
        // google.protobuf.Timestamp is a name with dots, not a selection, unless a variable is called so.
        if (QualifiedName(select) is { } name && StandardLibrary.TypeNames.TryGetValue(name, out var named)) return CelType.TypeOf(named);
        var operand = _unifier.Resolve(Visit(select.Operand));
        var chained = operand.Kind == CelKind.Optional;
        var from = chained ? operand.Parameters[0] : operand;
        var field = Field(from, select);
        if (select.TestOnly) return CelType.Bool;
        return chained || select.Optional ? CelType.Optional(field) : field;
    }

    private CelType Field(CelType from, Select select)
    {
        switch (from.Kind)
        {
            case CelKind.Dyn or CelKind.Variable:
                return CelType.Dyn;
            case CelKind.Map:
                return from.Parameters[1];
            case CelKind.Object:
                return from.Fields.TryGetValue(select.Field, out var field) ? field : Fail(select.Offset, $"undefined field '{select.Field}'");
            default:
                return Fail(select.Offset, $"type '{from}' does not support field selection");
        }
    }

    private string? QualifiedName(Expr expr) => expr switch
    {
        Ident ident when _scope.TrueForAll(v => v.Name != ident.Name) => ident.Name,
        Select { TestOnly: false, Optional: false } select when QualifiedName(select.Operand) is { } prefix => $"{prefix}.{select.Field}",
        _ => null,
    };

    private CelType CallOf(Call call)
    {
        if (!StandardLibrary.Functions.TryGetValue(call.Function, out var function))
        {
            if (call.Target is not null) Visit(call.Target);
            foreach (var arg in call.Args) Visit(arg);
            return Fail(call.Offset, $"undeclared reference to '{call.Function}' (in container '')");
        }
        var issues = _issues.Count;
        List<CelType> args = call.Target is null ? [] : [Visit(call.Target)];
        args.AddRange(call.Args.Select(Visit));
        // What is already reported below need not be reported again above.
        if (_issues.Count > issues) return CelType.Dyn;
        CelType? result = null;
        foreach (var overload in function.Overloads)
        {
            if (overload.Member != call.Target is not null || overload.Args.Count != args.Count) continue;
            var own = new Dictionary<string, CelType>(StringComparer.Ordinal);
            if (!_unifier.Assign(args.Zip(overload.Args.Select(a => Instance(a, own))))) continue;
            var candidate = _unifier.Resolve(Instance(overload.Result, own));
            result = result is null || result.Is(candidate) ? candidate : CelType.Dyn;
        }
        return result ?? Fail(call.Offset, $"found no matching overload for '{call.Function}' applied to '{Signature(call, args)}'");
    }

    // Each call gets type parameters of its own.
    private CelType Instance(CelType type, Dictionary<string, CelType> own)
    {
        if (type.Kind == CelKind.Variable)
            return own.TryGetValue(type.Name, out var known) ? known : own[type.Name] = _unifier.Fresh();
        return type.Parameters.Count == 0 ? type : type.With([.. type.Parameters.Select(p => Instance(p, own))]);
    }

    private string Signature(Call call, List<CelType> args)
    {
        var shown = args.Select(a => _unifier.Resolve(a, final: true).ToString()).ToList();
        return call.Target is null ? $"({string.Join(", ", shown)})" : $"{shown[0]}.({string.Join(", ", shown.Skip(1))})";
    }

    private CelType List(ListLiteral list)
    {
        CelType? item = null;
        foreach (var (expr, optional) in list.Items) item = Join(item, Unwrapped(expr, optional), expr.Offset);
        return CelType.List(item ?? _unifier.Fresh());
    }

    private CelType Map(MapLiteral map)
    {
        CelType? key = null;
        CelType? value = null;
        foreach (var entry in map.Entries)
        {
            key = Join(key, Visit(entry.Key), entry.Key.Offset);
            value = Join(value, Unwrapped(entry.Value, entry.Optional), entry.Value.Offset);
        }
        return CelType.Map(key ?? _unifier.Fresh(), value ?? _unifier.Fresh());
    }

    private CelType Unwrapped(Expr expr, bool optional)
    {
        var type = _unifier.Resolve(Visit(expr));
        if (!optional || type.Kind == CelKind.Dyn) return type;
        return type.Kind == CelKind.Optional ? type.Parameters[0] : Fail(expr.Offset, $"expected type 'optional_type({type})' but found '{type}'");
    }

    // The server insists on literals whose elements are all of one type.
    private CelType Join(CelType? known, CelType next, int offset)
    {
        if (known is null) return next;
        if (!_unifier.Assign(next, known)) return Fail(offset, $"expected type '{_unifier.Resolve(known, true)}' but found '{_unifier.Resolve(next, true)}'");
        return known.Kind == CelKind.Dyn ? known : _unifier.Resolve(next).Kind == CelKind.Dyn ? CelType.Dyn : known;
    }

    private CelType Walk(Comprehension walk)
    {
        var range = _unifier.Resolve(Visit(walk.Range));
        var (first, second) = Variables(walk, range);
        _scope.Add((walk.Variable, first));
        if (walk.Variable2 is not null) _scope.Add((walk.Variable2, second));
        if (walk.Predicate is not null) Condition(walk, Visit(walk.Predicate));
        var result = walk.Transform is null ? CelType.Dyn : Visit(walk.Transform);
        _scope.RemoveRange(_scope.Count - (walk.Variable2 is null ? 1 : 2), walk.Variable2 is null ? 1 : 2);
        switch (walk.Kind)
        {
            case ComprehensionKind.All or ComprehensionKind.Exists or ComprehensionKind.ExistsOne:
                return CelType.Bool;
            case ComprehensionKind.Filter:
                return CelType.List(first);
            case ComprehensionKind.Map:
                return CelType.List(result);
            case ComprehensionKind.TransformMap:
                return CelType.Map(first, result);
            case ComprehensionKind.OptionalMap:
                return CelType.Optional(result);
            default:
                var entry = _unifier.Resolve(result);
                var expected = walk.Kind == ComprehensionKind.OptionalFlatMap ? CelKind.Optional : CelKind.Map;
                if (entry.Kind == expected || entry.Kind == CelKind.Dyn) return entry;
                return Fail(walk.Transform!.Offset, $"expected type '{(expected == CelKind.Map ? "map" : "optional_type")}' but found '{entry}'");
        }
    }

    private (CelType First, CelType Second) Variables(Comprehension walk, CelType range)
    {
        var optional = walk.Kind is ComprehensionKind.OptionalMap or ComprehensionKind.OptionalFlatMap;
        switch (range.Kind)
        {
            case CelKind.Dyn or CelKind.Variable:
                return (CelType.Dyn, CelType.Dyn);
            case CelKind.Optional when optional:
                return (range.Parameters[0], CelType.Dyn);
            case CelKind.List when !optional:
                return walk.Variable2 is null ? (range.Parameters[0], CelType.Dyn) : (CelType.Int, range.Parameters[0]);
            case CelKind.Map when !optional:
                return (range.Parameters[0], range.Parameters[1]);
            default:
                Fail(walk.Range.Offset, $"expression of type '{range}' cannot be range of a comprehension (must be list, map, or dynamic)");
                return (CelType.Dyn, CelType.Dyn);
        }
    }

    private void Condition(Comprehension walk, CelType type)
    {
        if (_unifier.Assign(type, CelType.Bool)) return;
        var shown = _unifier.Resolve(type, final: true);
        var (function, args) = walk.Kind switch
        {
            ComprehensionKind.All => (Operators.And, $"(bool, {shown})"),
            ComprehensionKind.Exists => (Operators.Or, $"(bool, {shown})"),
            ComprehensionKind.ExistsOne => (Operators.Conditional, $"({shown}, int, int)"),
            _ => (Operators.Conditional, $"({shown}, list, list)"),
        };
        Fail(walk.Predicate!.Offset, $"found no matching overload for '{function}' applied to '{args}'");
    }

    private CelType Fail(int offset, string message)
    {
        _issues.Add(new CelIssue(offset, message));
        return CelType.Dyn;
    }
}
