namespace Nemotron.Lab.Cel;

/// <summary>Evaluates an expression. One evaluator serves one evaluation.</summary>
/// <param name="variables">The variables by name.</param>
/// <param name="budget">The most it may cost, in the server's units (one for a step, a tenth for a character walked).</param>
internal sealed class Evaluator(IEnumerable<KeyValuePair<string, object>> variables, long budget)
{
    private readonly List<(string Name, object Value)> _scope = [.. variables.Select(v => (v.Key, v.Value))];

    /// <summary>What the evaluation cost so far.</summary>
    public long Cost { get; private set; }

    /// <summary>The value, or a <see cref="CelError"/>.</summary>
    /// <exception cref="CelBudgetException">The budget is spent.</exception>
    public object Evaluate(Expr expr)
    {
        switch (expr)
        {
            case Literal literal:
                return literal.Value;
            case Ident ident:
                Spend(1);
                return Variable(ident.Name);
            case Select select:
                return Selection(select);
            case Call call:
                return CallOf(call);
            case ListLiteral list:
                Spend(10);
                return List(list);
            case MapLiteral map:
                Spend(30);
                return Map(map);
            case Comprehension walk:
                return new ComprehensionWalk(this, walk).Run();
            default:
                return new CelError($"unknown node {expr.GetType().Name}");
        }
    }

    /// <summary>Evaluates with one or two more variables.</summary>
    public object With(string name, object value, string? name2, object? value2, Expr expr)
    {
        var depth = _scope.Count;
        _scope.Add((name, value));
        if (name2 is not null) _scope.Add((name2, value2!));
        var result = Evaluate(expr);
        _scope.RemoveRange(depth, _scope.Count - depth);
        return result;
    }

    /// <summary>Counts a cost.</summary>
    public void Spend(long cost)
    {
        Cost += cost;
        if (Cost > budget) throw new CelBudgetException();
    }

    private object Variable(string name)
    {
        for (var i = _scope.Count - 1; i >= 0; i--)
            if (_scope[i].Name == name)
                return _scope[i].Value;
        return StandardLibrary.TypeNames.ContainsKey(name) ? new CelTypeValue(name) : new CelError($"no such attribute(s): {name}");
    }

    private object Selection(Select select)
    {
        if (QualifiedName(select) is { } name && StandardLibrary.TypeNames.ContainsKey(name)) return new CelTypeValue(name);
        var operand = Evaluate(select.Operand);
        if (operand is CelError) return operand;
        Spend(select.TestOnly ? 0 : 1);
        var chained = operand is CelOptional;
        if (operand is CelOptional optional)
        {
            if (optional.Value is null) return select.TestOnly ? false : CelOptional.None;
            operand = optional.Value;
        }
        object? found;
        switch (operand)
        {
            case CelObject o:
                found = o.Get(select.Field);
                break;
            case CelMap map:
                found = map.TryGet(select.Field, out var value) ? value : null;
                break;
            default:
                return CelError.NoSuchOverload;
        }
        if (select.TestOnly) return found is not null;
        if (chained || select.Optional) return found is null ? CelOptional.None : found is CelError ? found : new CelOptional(found);
        return found ?? CelError.NoSuchKey(select.Field);
    }

    private string? QualifiedName(Expr expr) => expr switch
    {
        Ident ident when _scope.TrueForAll(v => v.Name != ident.Name) => ident.Name,
        Select { TestOnly: false, Optional: false } select when QualifiedName(select.Operand) is { } prefix => $"{prefix}.{select.Field}",
        _ => null,
    };

    private object CallOf(Call call)
    {
        switch (call.Function)
        {
            case Operators.And: return Logical(call, decides: false);
            case Operators.Or: return Logical(call, decides: true);
            case Operators.Conditional:
                return Evaluate(call.Args[0]) switch
                {
                    bool condition => Evaluate(call.Args[condition ? 1 : 2]),
                    CelError error => error,
                    _ => CelError.NoSuchOverload,
                };
        }
        if (call.Target is not null && call.Function is "or" or "orValue") return OrElse(call);
        var args = new object[call.Args.Count + (call.Target is null ? 0 : 1)];
        var at = 0;
        if (call.Target is not null && (args[at++] = Evaluate(call.Target)) is CelError targetError) return targetError;
        foreach (var arg in call.Args)
            if ((args[at++] = Evaluate(arg)) is CelError error)
                return error;
        Spend(1 + RuntimeCost.Of(call.Function, args));
        if (!StandardLibrary.Functions.TryGetValue(call.Function, out var function)) return CelError.NoSuchOverload;
        return function.Body(args);
    }

    // One side that decides wins over an error on the other, in either order.
    private object Logical(Call call, bool decides)
    {
        var left = Evaluate(call.Args[0]);
        if (left is bool l && l == decides) return decides;
        var right = Evaluate(call.Args[1]);
        if (right is bool r && r == decides) return decides;
        if (left is CelError) return left;
        if (right is CelError) return right;
        return left is bool && right is bool ? !decides : CelError.NoSuchOverload;
    }

    // The alternative is evaluated only when it is needed.
    private object OrElse(Call call)
    {
        var target = Evaluate(call.Target!);
        if (target is not CelOptional optional || call.Args.Count != 1) return target is CelError ? target : CelError.NoSuchOverload;
        Spend(1);
        if (optional.Value is null) return Evaluate(call.Args[0]);
        return call.Function == "or" ? optional : optional.Value;
    }

    private object List(ListLiteral list)
    {
        var items = new List<object>(list.Items.Count);
        foreach (var (expr, optional) in list.Items)
        {
            var value = Evaluate(expr);
            if (optional && value is CelOptional o)
            {
                if (o.Value is null) continue;
                value = o.Value;
            }
            if (value is CelError) return value;
            items.Add(value);
        }
        return new CelList(items);
    }

    private object Map(MapLiteral map)
    {
        var entries = new List<KeyValuePair<object, object>>(map.Entries.Count);
        var seen = new HashSet<object>();
        foreach (var (keyExpr, valueExpr, optional) in map.Entries)
        {
            var key = Evaluate(keyExpr);
            if (key is CelError) return key;
            if (CelMap.Normal(key) is not { } normal) return new CelError($"unsupported key type: {CelValues.TypeValue(key).Name}");
            var value = Evaluate(valueExpr);
            if (optional && value is CelOptional o)
            {
                if (o.Value is null) continue;
                value = o.Value;
            }
            if (value is CelError) return value;
            if (!seen.Add(normal)) return new CelError($"Failed with repeated key: {CelValues.Print(key)}");
            entries.Add(KeyValuePair.Create(normal, value));
        }
        return new CelMap(entries);
    }
}
