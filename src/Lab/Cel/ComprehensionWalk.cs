namespace Nemotron.Lab.Cel;

/// <summary>Runs one macro over a list, map or optional.</summary>
internal readonly struct ComprehensionWalk(Evaluator evaluator, Comprehension walk)
{
    /// <summary>The macro's value, or a <see cref="CelError"/>.</summary>
    public object Run()
    {
        var range = evaluator.Evaluate(walk.Range);
        if (range is CelError) return range;
        if (walk.Kind is ComprehensionKind.OptionalMap or ComprehensionKind.OptionalFlatMap) return OverOptional(range);
        if (Items(range) is not { } items) return CelError.NoSuchOverload;
        return walk.Kind switch
        {
            ComprehensionKind.All => Quantified(items, decides: false),
            ComprehensionKind.Exists => Quantified(items, decides: true),
            ComprehensionKind.ExistsOne => ExactlyOne(items),
            ComprehensionKind.Filter or ComprehensionKind.Map => Gathered(items),
            _ => MapOf(items),
        };
    }

    private object OverOptional(object range)
    {
        if (range is not CelOptional optional) return CelError.NoSuchOverload;
        if (optional.Value is null) return CelOptional.None;
        var result = evaluator.With(walk.Variable, optional.Value, null, null, walk.Transform!);
        return walk.Kind == ComprehensionKind.OptionalMap && result is not CelError ? new CelOptional(result) : result;
    }

    private IEnumerable<(object First, object? Second)>? Items(object range)
    {
        var two = walk.Variable2 is not null;
        return range switch
        {
            CelList list when two => list.Items.Select((item, i) => ((object)(long)i, (object?)item)),
            CelList list => list.Items.Select(item => (item, (object?)null)),
            CelMap map => map.Entries.Select(e => (e.Key, (object?)e.Value)),
            _ => null,
        };
    }

    private object Test((object First, object? Second) item)
    {
        evaluator.Spend(2);
        // An item that is itself an error fails what looks at it, not the walk.
        return evaluator.With(walk.Variable, item.First, walk.Variable2, item.Second, walk.Predicate!);
    }

    private object Quantified(IEnumerable<(object, object?)> items, bool decides)
    {
        object? failure = null;
        foreach (var item in items)
        {
            var verdict = Test(item);
            if (verdict is bool b)
            {
                if (b == decides) return decides;
            }
            else failure ??= verdict as CelError ?? CelError.NoSuchOverload;
        }
        return failure ?? !decides;
    }

    private object ExactlyOne(IEnumerable<(object, object?)> items)
    {
        var count = 0;
        object? failure = null;
        foreach (var item in items)
        {
            var verdict = Test(item);
            if (verdict is not bool holds) failure = verdict as CelError ?? CelError.NoSuchOverload;
            else if (holds) count++;
            if (failure is not null) break;
        }
        return failure ?? count == 1;
    }

    private object Gathered(IEnumerable<(object First, object? Second)> items)
    {
        var gathered = new List<object>();
        foreach (var item in items)
        {
            if (Skips(item, out var fault)) continue;
            if (fault is not null) return fault;
            evaluator.Spend(12); // the list of one item and its concatenation, in the server's terms
            var result = walk.Transform is null ? item.First : evaluator.With(walk.Variable, item.First, walk.Variable2, item.Second, walk.Transform);
            if (result is CelError) return result;
            gathered.Add(result);
        }
        return new CelList(gathered);
    }

    private object MapOf(IEnumerable<(object First, object? Second)> items)
    {
        var entries = new List<KeyValuePair<object, object>>();
        foreach (var item in items)
        {
            if (Skips(item, out var fault)) continue;
            if (fault is not null) return fault;
            evaluator.Spend(2);
            var result = evaluator.With(walk.Variable, item.First, walk.Variable2, item.Second, walk.Transform!);
            switch (result)
            {
                case CelError:
                    return result;
                case CelMap map when walk.Kind == ComprehensionKind.TransformMapEntry:
                    foreach (var entry in map.Entries)
                    {
                        if (entries.Exists(e => Equality.AreEqual(e.Key, entry.Key))) return new CelError($"insert failed: key {CelValues.Print(entry.Key)} already exists");
                        entries.Add(entry);
                    }
                    break;
                case not null when walk.Kind == ComprehensionKind.TransformMap:
                    entries.Add(KeyValuePair.Create(item.First, result));
                    break;
                default:
                    return CelError.NoSuchOverload;
            }
        }
        return new CelMap(entries);
    }

    private bool Skips((object, object?) item, out CelError? fault)
    {
        fault = null;
        if (walk.Predicate is null) return false;
        var verdict = Test(item);
        if (verdict is bool b) return !b;
        fault = verdict as CelError ?? CelError.NoSuchOverload;
        return false;
    }
}
