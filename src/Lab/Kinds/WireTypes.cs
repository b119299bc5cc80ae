using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;
using Nemotron.Lab.Api;
using Nemotron.Lab.Patching;

namespace Nemotron.Lab.Kinds;

/// <summary>Whether an object's values have the JSON types of its kind, as the server finds when it reads a request into Go types.</summary>
internal static partial class WireTypes
{
    private static readonly ConcurrentDictionary<Type, Dictionary<string, Type>> Fields = new();

    [GeneratedRegex("^([A-Za-z]*?)V[0-9]+((alpha|beta)[0-9]+)?(?=[A-Z])|^(Core|Events|Discovery|Rbac|Admissionregistration|Apiextensions)v1")]
    private static partial Regex VersionPrefix();

    /// <summary>Checks an object against a model type.</summary>
    /// <exception cref="ApiException">400 for the first value of a wrong type.</exception>
    public static void Check(JsonObject obj, BuiltinKind kind)
    {
        if (Fault(obj, kind.Model, "", "") is { } fault)
            throw new ApiException(400, "BadRequest", $"{kind.Kind} in version \"{kind.Gvr.Version}\" cannot be handled as a {kind.Kind}: {fault}");
    }

    private static string? Fault(JsonNode? value, Type type, string path, string owner)
    {
        if (value is null) return null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(object) || type == typeof(V1JSONSchemaProps)) return null;
        if (type.IsGenericType) return FaultIn(value, type, path, owner);
        if (type == typeof(IntOrString)) return value is JsonValue scalar && scalar.GetValueKind() is JsonValueKind.String or JsonValueKind.Number ? null : Mismatch(value, path, owner, "intstr.IntOrString");
        if (type == typeof(ResourceQuantity)) return Quantity.TryParse(value, out _) ? null : QuantityFault;
        if (type == typeof(DateTime)) return FaultOfTime(value, path, owner);
        if (type == typeof(byte[])) return FaultOfBytes(value, path, owner);
        if (GoType(type) is { } go) return Fits(value, type) ? null : Mismatch(value, path, owner, go);
        if (value is not JsonObject obj) return Mismatch(value, path, owner, "v1." + GoName(type));
        var fields = Fields.GetOrAdd(type, FieldsOf);
        foreach (var (name, field) in obj)
        {
            if (fields.TryGetValue(name, out var below) && Fault(field, below, path.Length == 0 ? name : $"{path}.{name}", GoName(type)) is { } fault) return fault;
        }
        return null;
    }

    private static string? FaultIn(JsonNode value, Type type, string path, string owner)
    {
        var arguments = type.GetGenericArguments();
        var item = GoType(arguments[^1]) ?? "v1." + GoName(arguments[^1]);
        if (arguments.Length == 2)
        {
            if (value is not JsonObject map) return Mismatch(value, path, owner, $"map[string]{item}");
            return map.Select(entry => Fault(entry.Value, arguments[1], $"{path}.{entry.Key}", owner)).FirstOrDefault(fault => fault is not null);
        }
        if (value is not JsonArray list) return Mismatch(value, path, owner, $"[]{item}");
        return list.Select(entry => Fault(entry, arguments[0], path, owner)).FirstOrDefault(fault => fault is not null);
    }

    private const string QuantityFault = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    private static string? FaultOfTime(JsonNode value, string path, string owner)
    {
        if (value.TextAt() is not { } text) return Mismatch(value, path, owner, "string");
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.Contains('T', StringComparison.Ordinal)
            ? null
            : $"parsing time {FieldPath.Json(text)} as \"2006-01-02T15:04:05Z07:00\": cannot parse {FieldPath.Json(text)} as \"2006\"";
    }

    private static string? FaultOfBytes(JsonNode value, string path, string owner)
    {
        if (value.TextAt() is not { } text) return Mismatch(value, path, owner, "[]uint8");
        return Convert.TryFromBase64String(text, new byte[text.Length], out _) ? null : "illegal base64 data at input byte 0";
    }

    private static bool Fits(JsonNode value, Type type) => value.GetValueKind() switch
    {
        JsonValueKind.String => type == typeof(string),
        JsonValueKind.True or JsonValueKind.False => type == typeof(bool),
        JsonValueKind.Number when type == typeof(int) => int.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out _),
        JsonValueKind.Number when type == typeof(long) => long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out _),
        JsonValueKind.Number => type == typeof(double),
        _ => false,
    };

    private static string? GoType(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? "string"
            : type == typeof(int) ? "int32"
            : type == typeof(long) ? "int64"
            : type == typeof(double) ? "float64"
            : type == typeof(bool) ? "bool"
            : null;
    }

    private static string Mismatch(JsonNode value, string path, string owner, string type)
    {
        var got = value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => GoType(typeof(int)) == type || GoType(typeof(long)) == type ? "number " + value.ToJsonString() : "number",
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            _ => "bool",
        };
        return $"json: cannot unmarshal {got} into Go struct field {owner}.{path} of type {type}";
    }

    private static string GoName(Type type) => VersionPrefix().Replace(type.Name, "$1");

    private static Dictionary<string, Type> FieldsOf(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (Name: property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name, property.PropertyType))
            .Where(field => field.Name is not null)
            .ToDictionary(field => field.Name!, field => field.PropertyType, StringComparer.Ordinal);
}
