namespace Nemotron.Lab.Cel;

/// <summary>
/// Bounds the cost of an expression before it runs, by the rules of the server's CEL library: a step costs 1, a list 10, a map 30, a character walked 0.1,
/// and a loop its body times the most items its range can have.
/// </summary>
internal sealed class CostEstimator
{
    private static readonly CostRange One = CostRange.Exactly(1);
    private static readonly CostRange ListCreation = CostRange.Exactly(10);
    private static readonly CostRange MapCreation = CostRange.Exactly(30);

    private readonly CheckedExpression _expression;

    // Nodes that stand for a place in the schema, with that place's type.
    private readonly Dictionary<Expr, CelType> _places = [];
    private readonly Dictionary<Expr, CostRange> _sizes = [];
    private readonly List<(string Name, CelType? Place)> _scope;

    private CostEstimator(CheckedExpression expression, CelType self)
    {
        _expression = expression;
        _scope = [("self", self), ("oldSelf", self)];
    }

    /// <summary>The most <paramref name="expression"/> can cost.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="self">The type of <c>self</c> and <c>oldSelf</c>, with bounds.</param>
    public static ulong MaxCost(CheckedExpression expression, CelType self) => new CostEstimator(expression, self).Cost(expression.Root).Max;

    /// <summary>The type of a node.</summary>
    public CelType TypeOf(Expr expr) => _expression.Types[expr];

    /// <summary>The schema's type for a node that stands for a place in it, or null.</summary>
    public CelType? PlaceOf(Expr expr) => _places.GetValueOrDefault(expr);

    /// <summary>How many elements (characters, items, entries) a node's value can have. Its cost must have been asked before.</summary>
    public CostRange Size(Expr expr)
    {
        if (_sizes.TryGetValue(expr, out var computed)) return computed;
        if (expr is Literal literal) return LiteralSize(literal.Value);
        if (_places.TryGetValue(expr, out var place)) return new CostRange(0, (ulong)place.MaxElements);
        return TypeOf(expr).Kind is CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.Duration or CelKind.Timestamp or CelKind.Type
            ? One
            : CostRange.Unbounded;
    }

    private CostRange Cost(Expr expr)
    {
        switch (expr)
        {
            case Literal:
                return default;
            case Ident ident:
                var known = _scope.FindLastIndex(v => v.Name == ident.Name);
                if (known >= 0 && _scope[known].Place is { } place) _places[expr] = place;
                return One;
            case Select select:
                return Selection(select);
            case Call call:
                return CallOf(call);
            case ListLiteral list:
                _sizes[list] = CostRange.Exactly((ulong)list.Items.Count);
                return list.Items.Aggregate(ListCreation, (sum, item) => sum + Cost(item.Item));
            case MapLiteral map:
                _sizes[map] = CostRange.Exactly((ulong)map.Entries.Count);
                return map.Entries.Aggregate(MapCreation, (sum, entry) => sum + Cost(entry.Key) + Cost(entry.Value));
            default:
                return Loop((Comprehension)expr);
        }
    }

    private CostRange Selection(Select select)
    {
        var cost = Cost(select.Operand);
        if (select.TestOnly) return cost;
        if (Inner(_places.GetValueOrDefault(select.Operand)) is { } from)
            if (from.Kind == CelKind.Object && from.Fields.TryGetValue(select.Field, out var field)) _places[select] = field;
            else if (from.Kind == CelKind.Map) _places[select] = from.Parameters[1];
        if (select.Optional) return cost + One;
        return TypeOf(select.Operand).Kind is CelKind.Object or CelKind.Map or CelKind.Variable or CelKind.Optional ? cost + One : cost;
    }

    private CostRange CallOf(Call call)
    {
        var args = call.Target is null ? call.Args : [call.Target, .. call.Args];
        var costs = args.Select(Cost).ToList();
        switch (call.Function)
        {
            case Operators.And or Operators.Or:
                return new CostRange(costs[0].Min, (costs[0] + costs[1]).Max);
            case Operators.Conditional:
                _sizes[call] = Size(args[1]).Or(Size(args[2]));
                return costs[0] + costs[1].Or(costs[2]);
            case Operators.Index or Operators.OptionalIndex:
                if (Inner(_places.GetValueOrDefault(args[0])) is { } place && place.Kind is CelKind.List or CelKind.Map) _places[call] = place.Parameters[^1];
                break;
        }
        var (own, size) = CallCosts.Of(this, call, args);
        if (size is { } known) _sizes[call] = known;
        return costs.Aggregate(own, (sum, cost) => sum + cost);
    }

    private CostRange Loop(Comprehension loop)
    {
        var range = Cost(loop.Range);
        var place = Inner(_places.GetValueOrDefault(loop.Range));
        var two = loop.Variable2 is not null;
        var depth = _scope.Count;
        _scope.Add((loop.Variable, place?.Kind switch
        {
            CelKind.List => two ? null : place.Parameters[0],
            CelKind.Map => place.Parameters[0],
            _ => loop.Kind is ComprehensionKind.OptionalMap or ComprehensionKind.OptionalFlatMap ? place : null,
        }));
        if (two) _scope.Add((loop.Variable2!, place?.Kind is CelKind.List or CelKind.Map ? place.Parameters[^1] : null));
        var predicate = loop.Predicate is null ? default : Cost(loop.Predicate);
        var transform = loop.Transform is null ? One : Cost(loop.Transform);
        _scope.RemoveRange(depth, _scope.Count - depth);

        // Each macro costs what the loop costs that the library turns it into: its start, its condition and step per item, its result.
        var count = Size(loop.Range);
        var gather = One + ListCreation + transform + One;
        switch (loop.Kind)
        {
            case ComprehensionKind.All:
                return range + One + (count * (CostRange.Exactly(2) + new CostRange(1, (One + predicate).Max)));
            case ComprehensionKind.Exists:
                return range + One + (count * (CostRange.Exactly(3) + new CostRange(1, (One + predicate).Max)));
            case ComprehensionKind.ExistsOne:
                return range + CostRange.Exactly(2) + (count * (predicate + new CostRange(1, 2)));
            case ComprehensionKind.Filter or ComprehensionKind.Map:
                _sizes[loop] = new CostRange(0, count.Max);
                return range + ListCreation + One + (count * (loop.Predicate is null ? gather : predicate + gather.Or(One)));
            case ComprehensionKind.OptionalMap or ComprehensionKind.OptionalFlatMap:
                return range + range + ListCreation + CostRange.Exactly(4) + transform;
            default:
                _sizes[loop] = new CostRange(0, count.Max);
                var insert = CostRange.Exactly(3) + transform;
                return range + MapCreation + One + (count * (loop.Predicate is null ? insert : predicate + insert.Or(One)));
        }
    }

    private static CelType? Inner(CelType? type) => type is { Kind: CelKind.Optional } ? type.Parameters[0] : type;

    private static CostRange LiteralSize(object value) => value switch
    {
        string text => CostRange.Exactly((ulong)CodePoints.Count(text)),
        byte[] bytes => CostRange.Exactly((ulong)bytes.Length),
        _ => One,
    };
}
