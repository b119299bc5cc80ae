using System.Diagnostics.CodeAnalysis;

namespace Nemotron.Lab.Cel;

// A CEL value is one of: long, ulong, double, bool, string, byte[], CelNull, CelDuration, CelTimestamp, CelList, CelMap, CelObject,
// CelOptional, CelTypeValue, a library's own type (ICelOpaque), or CelError while it travels up an expression.

/// <summary>CEL's <c>null</c>.</summary>
internal sealed class CelNull
{
    /// <summary>The one value.</summary>
    public static readonly CelNull Instance = new();

    private CelNull()
    {
    }
}

/// <summary>A failed evaluation on its way up: logical operators may yet absorb it.</summary>
/// <param name="message">What went wrong, in the words of the server's CEL library.</param>
internal sealed class CelError(string message)
{
    /// <summary>No signature fits the arguments.</summary>
    public static readonly CelError NoSuchOverload = new("no such overload");

    /// <summary>A whole number left its 64 bits.</summary>
    public static readonly CelError IntOverflow = new("integer overflow");

    /// <summary>A whole number without sign left its 64 bits.</summary>
    public static readonly CelError UintOverflow = new("unsigned integer overflow");

    /// <summary>What went wrong.</summary>
    public string Message { get; } = message;

    /// <summary>A key that is not there.</summary>
    public static CelError NoSuchKey(object key) => new($"no such key: {CelValues.Print(key)}");

    /// <summary>An index outside a list or string.</summary>
    public static CelError OutOfBounds(long index) => new($"index out of bounds: {index}");
}

/// <summary>An optional value.</summary>
/// <param name="Value">The value, or null for none.</param>
internal sealed record CelOptional(object? Value)
{
    /// <summary>The optional without a value.</summary>
    public static readonly CelOptional None = new((object?)null);
}

/// <summary>A type as a value, compared by name.</summary>
/// <param name="Name">Such as <c>int</c> or <c>google.protobuf.Duration</c>.</param>
internal sealed record CelTypeValue(string Name);

/// <summary>A value of a library's own type. Equality is that of the record that implements it.</summary>
internal interface ICelOpaque
{
    /// <summary>The type's name, such as <c>kubernetes.Quantity</c>.</summary>
    string TypeName { get; }
}

/// <summary>How a list compares and concatenates.</summary>
internal enum CelListKind
{
    /// <summary>In order.</summary>
    Plain,

    /// <summary>Without order; concatenation adds only what is new.</summary>
    Set,

    /// <summary>By keys, without order; concatenation replaces items of equal keys.</summary>
    Keyed,
}

/// <summary>A list.</summary>
/// <param name="items">The items.</param>
/// <param name="kind">How it compares and concatenates.</param>
/// <param name="keys">The key fields of a <see cref="CelListKind.Keyed"/> list.</param>
internal sealed class CelList(IReadOnlyList<object> items, CelListKind kind = CelListKind.Plain, IReadOnlyList<string>? keys = null)
{
    /// <summary>The items.</summary>
    public IReadOnlyList<object> Items { get; } = items;

    /// <summary>How it compares and concatenates.</summary>
    public CelListKind Kind { get; } = kind;

    /// <summary>The key fields.</summary>
    public IReadOnlyList<string> Keys { get; } = keys ?? [];
}

/// <summary>A map. Keys are bool, int, uint or string; whole numbers of all types are one key space.</summary>
internal sealed class CelMap
{
    private readonly Dictionary<object, object> _values;

    /// <summary>A map of these entries; a later one wins.</summary>
    public CelMap(IEnumerable<KeyValuePair<object, object>> entries)
    {
        _values = [];
        foreach (var (key, value) in entries) _values[Normal(key) ?? key] = value;
    }

    /// <summary>The keys.</summary>
    public IEnumerable<object> Keys => _values.Keys;

    /// <summary>The entries.</summary>
    public IEnumerable<KeyValuePair<object, object>> Entries => _values;

    /// <summary>How many entries there are.</summary>
    public int Count => _values.Count;

    /// <summary>The value of a key.</summary>
    public bool TryGet(object key, [NotNullWhen(true)] out object? value)
    {
        value = null;
        return Normal(key) is { } normal && _values.TryGetValue(normal, out value);
    }

    /// <summary>The key as maps hold it, or null when such a value cannot be a key.</summary>
    public static object? Normal(object key) => key switch
    {
        string or bool or long => key,
        ulong u => u <= long.MaxValue ? (long)u : u,
        double d when Math.Floor(d) == d && d is >= -9.2233720368547758E+18 and < 9.2233720368547758E+18 => (long)d,
        _ => null,
    };
}

/// <summary>Facts about values of any type.</summary>
internal static class CelValues
{
    /// <summary>The type of a value, parameters unknown.</summary>
    public static CelType TypeOf(object value) => value switch
    {
        long => CelType.Int,
        ulong => CelType.Uint,
        double => CelType.Double,
        bool => CelType.Bool,
        string => CelType.String,
        byte[] => CelType.Bytes,
        CelNull => CelType.Null,
        CelDuration => CelType.Duration,
        CelTimestamp => CelType.Timestamp,
        CelList => CelType.List(CelType.Dyn),
        CelMap => CelType.Map(CelType.Dyn, CelType.Dyn),
        CelOptional => CelType.Optional(CelType.Dyn),
        CelTypeValue => CelType.TypeOf(CelType.Dyn),
        ICelOpaque opaque => CelType.Opaque(opaque.TypeName),
        _ => CelType.Dyn,
    };

    /// <summary>The value of <c>type(x)</c>.</summary>
    public static CelTypeValue TypeValue(object value) => new(value switch
    {
        CelDuration => "google.protobuf.Duration",
        CelTimestamp => "google.protobuf.Timestamp",
        CelNull => "null_type",
        CelObject => "object",
        _ => TypeOf(value).Name,
    });

    /// <summary>A value as error messages show it.</summary>
    public static string Print(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        CelTypeValue type => type.Name,
        double number => Schema.GoText.Float(number),
        _ => value.ToString() ?? "",
    };
}
