namespace Nemotron.Lab.Cel;

/// <summary>Decides whether a value of one type may stand for another, and learns type variables on the way.</summary>
internal sealed class TypeUnifier
{
    private Dictionary<string, CelType> _bound = new(StringComparer.Ordinal);
    private int _fresh;

    /// <summary>A type not known yet.</summary>
    public CelType Fresh() => CelType.Variable($"_var{_fresh++}");

    /// <summary>Whether a value of the first type may stand where the second is wanted, in all pairs; what was learnt is kept only then.</summary>
    public bool Assign(IEnumerable<(CelType From, CelType To)> pairs)
    {
        var before = new Dictionary<string, CelType>(_bound, StringComparer.Ordinal);
        if (pairs.All(p => Fits(p.From, p.To))) return true;
        _bound = before;
        return false;
    }

    /// <inheritdoc cref="Assign(IEnumerable{ValueTuple{CelType, CelType}})"/>
    public bool Assign(CelType from, CelType to) => Assign([(from, to)]);

    /// <summary>The type with all learnt variables replaced; the unknown rest becomes dyn when <paramref name="final"/>.</summary>
    public CelType Resolve(CelType type, bool final = false)
    {
        if (type.Kind == CelKind.Variable)
            return _bound.TryGetValue(type.Name, out var bound) ? Resolve(bound, final) : final ? CelType.Dyn : type;
        return type.Parameters.Count == 0 ? type : type.With([.. type.Parameters.Select(p => Resolve(p, final))]);
    }

    private bool Fits(CelType from, CelType to)
    {
        from = Shallow(from);
        var parameter = to;
        to = Shallow(to);
        // One dynamic argument makes the parameter dynamic: "flag ? 1 : port" may be either.
        if (from.Kind == CelKind.Dyn && parameter.Kind == CelKind.Variable && to.Kind != CelKind.Variable) _bound[parameter.Name] = CelType.Dyn;
        if (from.Kind == CelKind.Variable && to.Kind == CelKind.Variable && from.Name == to.Name) return true;
        if (to.Kind == CelKind.Variable) return Bind(to, from);
        if (from.Kind == CelKind.Variable) return Bind(from, to);
        if (from.Kind == CelKind.Dyn || to.Kind == CelKind.Dyn) return true;
        if (from.Kind == CelKind.Null || to.Kind == CelKind.Null)
        {
            var other = from.Kind == CelKind.Null ? to : from;
            return other.Kind is CelKind.Null or CelKind.Duration or CelKind.Timestamp or CelKind.Object or CelKind.Opaque;
        }
        if (from.Kind != to.Kind || from.Name != to.Name || from.Parameters.Count != to.Parameters.Count) return false;
        if (from.Kind == CelKind.Type) return true; // types are compared as values
        return from.Kind == CelKind.Object ? from.Is(to) : from.Parameters.Zip(to.Parameters).All(p => Fits(p.First, p.Second));
    }

    private bool Bind(CelType variable, CelType type)
    {
        if (Occurs(variable.Name, type)) return false;
        _bound[variable.Name] = type;
        return true;
    }

    private CelType Shallow(CelType type)
    {
        while (type.Kind == CelKind.Variable && _bound.TryGetValue(type.Name, out var bound)) type = bound;
        return type;
    }

    private bool Occurs(string name, CelType type)
    {
        type = Shallow(type);
        return (type.Kind == CelKind.Variable && type.Name == name) || type.Parameters.Any(p => Occurs(name, p));
    }
}
