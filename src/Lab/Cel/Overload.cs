namespace Nemotron.Lab.Cel;

/// <summary>One signature of a function.</summary>
/// <param name="Member">Whether the first argument is the receiver.</param>
/// <param name="Result">The type of the result.</param>
/// <param name="Args">The types of the arguments, the receiver first.</param>
internal sealed record Overload(bool Member, CelType Result, params IReadOnlyList<CelType> Args);

/// <summary>A function: its signatures, and the code behind all of them.</summary>
/// <param name="Overloads">The signatures the checker knows.</param>
/// <param name="Body">Takes the arguments (receiver first, none of them an error) and returns the result or a <see cref="CelError"/>.</param>
internal sealed record FunctionDefinition(IReadOnlyList<Overload> Overloads, Func<object[], object> Body);

/// <summary>Functions by name, gathered theme by theme.</summary>
internal sealed class FunctionTable
{
    private readonly Dictionary<string, FunctionDefinition> _functions = new(StringComparer.Ordinal);

    /// <summary>All functions.</summary>
    public IReadOnlyDictionary<string, FunctionDefinition> Functions => _functions;

    /// <summary>Adds signatures and code. A name given twice gets both: the later code is asked when the earlier has no such overload.</summary>
    public FunctionTable Add(string name, Func<object[], object> body, params IReadOnlyList<Overload> overloads)
    {
        if (_functions.TryGetValue(name, out var earlier))
        {
            var first = earlier.Body;
            _functions[name] = new FunctionDefinition(
                [.. earlier.Overloads, .. overloads],
                args => first(args) is var result && ReferenceEquals(result, CelError.NoSuchOverload) ? body(args) : result);
        }
        else _functions[name] = new FunctionDefinition(overloads, body);
        return this;
    }

    /// <summary>A signature called as <c>receiver.name(args)</c>.</summary>
    public static Overload Member(CelType result, params IReadOnlyList<CelType> args) => new(true, result, args);

    /// <summary>A signature called as <c>name(args)</c>.</summary>
    public static Overload Global(CelType result, params IReadOnlyList<CelType> args) => new(false, result, args);
}
