namespace Nemotron.Lab.Cel;

/// <summary>What family a CEL type is of.</summary>
internal enum CelKind
{
    /// <summary>Checked at run time only.</summary>
    Dyn,

    /// <summary><c>null</c></summary>
    Null,

    /// <summary>Boolean.</summary>
    Bool,

    /// <summary>64-bit integer.</summary>
    Int,

    /// <summary>Unsigned 64-bit integer.</summary>
    Uint,

    /// <summary>64-bit float.</summary>
    Double,

    /// <summary>Text.</summary>
    String,

    /// <summary>Octets.</summary>
    Bytes,

    /// <summary>A length of time.</summary>
    Duration,

    /// <summary>An instant.</summary>
    Timestamp,

    /// <summary>A list; one parameter.</summary>
    List,

    /// <summary>A map; two parameters.</summary>
    Map,

    /// <summary>An object with declared fields.</summary>
    Object,

    /// <summary>A type as a value; one parameter.</summary>
    Type,

    /// <summary>An optional; one parameter.</summary>
    Optional,

    /// <summary>A library's own type, such as a quantity.</summary>
    Opaque,

    /// <summary>A type parameter of a function, or a type not yet known.</summary>
    Variable,
}

/// <summary>
/// A CEL type. Types made from a schema also carry what the cost estimate needs: how many elements a value can have and how small its JSON can be.
/// </summary>
internal sealed class CelType
{
    private CelType(CelKind kind, string name, params IReadOnlyList<CelType> parameters)
    {
        (Kind, Name, Parameters) = (kind, name, parameters);
        MinSerializedBytes = kind switch
        {
            CelKind.Bool => 4,
            CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.Dyn => 1,
            _ => 2,
        };
    }

    public static readonly CelType Dyn = new(CelKind.Dyn, "dyn");
    public static readonly CelType Null = new(CelKind.Null, "null");
    public static readonly CelType Bool = new(CelKind.Bool, "bool");
    public static readonly CelType Int = new(CelKind.Int, "int");
    public static readonly CelType Uint = new(CelKind.Uint, "uint");
    public static readonly CelType Double = new(CelKind.Double, "double");
    public static readonly CelType String = new(CelKind.String, "string");
    public static readonly CelType Bytes = new(CelKind.Bytes, "bytes");
    public static readonly CelType Duration = new(CelKind.Duration, "duration");
    public static readonly CelType Timestamp = new(CelKind.Timestamp, "timestamp");

    /// <summary>The family.</summary>
    public CelKind Kind { get; }

    /// <summary>The name as in messages, without parameters.</summary>
    public string Name { get; }

    /// <summary>Element, key and value types.</summary>
    public IReadOnlyList<CelType> Parameters { get; }

    /// <summary>The fields of an object, by escaped name; empty for others.</summary>
    public IReadOnlyDictionary<string, CelType> Fields { get; private init; } = new Dictionary<string, CelType>();

    /// <summary>The most elements (items, entries, bytes) a value of this schema type can have; 0 where size means nothing.</summary>
    public long MaxElements { get; private init; }

    /// <summary>The fewest bytes a value of this schema type takes as JSON.</summary>
    public long MinSerializedBytes { get; private init; }

    /// <summary>A list.</summary>
    public static CelType List(CelType item) => new(CelKind.List, "list", item);

    /// <summary>A map.</summary>
    public static CelType Map(CelType key, CelType value) => new(CelKind.Map, "map", key, value);

    /// <summary>An optional.</summary>
    public static CelType Optional(CelType value) => new(CelKind.Optional, "optional_type", value);

    /// <summary>A type as a value.</summary>
    public static CelType TypeOf(CelType type) => new(CelKind.Type, "type", type);

    /// <summary>A library's own type.</summary>
    public static CelType Opaque(string name) => new(CelKind.Opaque, name);

    /// <summary>A type parameter.</summary>
    public static CelType Variable(string name) => new(CelKind.Variable, name);

    /// <summary>An object type with these fields.</summary>
    public static CelType Object(string name, IReadOnlyDictionary<string, CelType> fields, long minSerializedBytes) =>
        new(CelKind.Object, name) { Fields = fields, MinSerializedBytes = minSerializedBytes };

    /// <summary>The same type with bounds from a schema.</summary>
    public CelType Bounded(long maxElements, long? minSerializedBytes = null) =>
        new(Kind, Name, Parameters) { Fields = Fields, MaxElements = maxElements, MinSerializedBytes = minSerializedBytes ?? MinSerializedBytes };

    /// <summary>The same family with other parameters.</summary>
    public CelType With(IReadOnlyList<CelType> parameters) =>
        new(Kind, Name, parameters) { Fields = Fields, MaxElements = MaxElements, MinSerializedBytes = MinSerializedBytes };

    /// <summary>Whether both are the same type, bounds aside. Objects are of one type only when they come from one place in a schema.</summary>
    public bool Is(CelType other) =>
        ReferenceEquals(this, other)
        || (Kind == other.Kind && Name == other.Name && Parameters.Count == other.Parameters.Count
            && (Kind != CelKind.Object || ReferenceEquals(Fields, other.Fields))
            && Parameters.Zip(other.Parameters).All(p => p.First.Is(p.Second)));

    /// <inheritdoc/>
    public override string ToString() => Parameters.Count == 0 ? Name : $"{Name}({string.Join(", ", Parameters)})";
}
