namespace Nemotron.Lab.Cel;

/// <summary>The functions and type names that a Kubernetes API server offers to rules.</summary>
internal static class StandardLibrary
{
    /// <summary>All functions and operators by name.</summary>
    public static IReadOnlyDictionary<string, FunctionDefinition> Functions { get; } = Build();

    /// <summary>Names that stand for types.</summary>
    public static IReadOnlyDictionary<string, CelType> TypeNames { get; } = new Dictionary<string, CelType>(StringComparer.Ordinal)
    {
        ["bool"] = CelType.Bool,
        ["int"] = CelType.Int,
        ["uint"] = CelType.Uint,
        ["double"] = CelType.Double,
        ["string"] = CelType.String,
        ["bytes"] = CelType.Bytes,
        ["list"] = CelType.List(CelType.Dyn),
        ["map"] = CelType.Map(CelType.Dyn, CelType.Dyn),
        ["null_type"] = CelType.Null,
        ["type"] = CelType.TypeOf(CelType.Dyn),
        ["optional_type"] = CelType.Optional(CelType.Dyn),
        ["google.protobuf.Duration"] = CelType.Duration,
        ["google.protobuf.Timestamp"] = CelType.Timestamp,
        [UrlLibrary.TypeName] = UrlLibrary.Url,
        [NetworkLibrary.IpTypeName] = NetworkLibrary.Ip,
        [NetworkLibrary.CidrTypeName] = NetworkLibrary.Cidr,
        [QuantityLibrary.TypeName] = QuantityLibrary.Quantity,
        [FormatLibrary.TypeName] = FormatLibrary.Format,
        [SemverLibrary.TypeName] = SemverLibrary.Semver,
    };

    private static IReadOnlyDictionary<string, FunctionDefinition> Build()
    {
        var table = new FunctionTable();
        OperatorLibrary.AddTo(table);
        ConversionLibrary.AddTo(table);
        StringLibrary.AddTo(table);
        TextFormatLibrary.AddTo(table);
        ListLibrary.AddTo(table);
        SetLibrary.AddTo(table);
        TimeLibrary.AddTo(table);
        OptionalLibrary.AddTo(table);
        UrlLibrary.AddTo(table);
        NetworkLibrary.AddTo(table);
        QuantityLibrary.AddTo(table);
        FormatLibrary.AddTo(table);
        SemverLibrary.AddTo(table);
        return table.Functions;
    }
}
