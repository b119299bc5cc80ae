using System.Text.Json.Nodes;
using Nemotron.Lab.Api;

namespace Nemotron.Lab.Schema;

/// <summary>Arrays and the merge markers: <c>x-kubernetes-list-type</c>, its keys, <c>x-kubernetes-map-type</c>.</summary>
internal static class ListForm
{
    private const string ListTypeKey = "x-kubernetes-list-type";
    private const string MapTypeKey = "x-kubernetes-map-type";
    private const string KeysKey = "x-kubernetes-list-map-keys";

    /// <summary>Adds what is wrong at this node.</summary>
    public static void Validate(JsonObject schema, string path, List<StatusCause> causes)
    {
        var type = CrdJson.Text(schema, "type");
        var items = CrdJson.Object(schema, "items");
        var listType = CrdJson.Text(schema, ListTypeKey);
        if (type == "array" && schema["items"] is null) causes.Add(FieldError.Required(path + ".items", "must be specified"));
        MapType(schema, type, path, causes);
        if (listType.Length > 0)
        {
            if (type != "array") causes.Add(WrongType(path, type, $"must be array if {ListTypeKey} is specified"));
            if (listType is not ("atomic" or "set" or "map")) causes.Add(FieldError.NotSupported($"{path}.{ListTypeKey}", listType, ["atomic", "set", "map"]));
        }
        var keys = CrdJson.Texts(schema, KeysKey);
        if (keys.Count > 0 && listType != "map")
        {
            const string words = "must be map if x-kubernetes-list-map-keys is non-empty";
            causes.Add(listType.Length == 0 ? FieldError.Required($"{path}.{ListTypeKey}", words) : FieldError.Invalid($"{path}.{ListTypeKey}", listType, words));
        }
        if (listType == "map") Keyed(schema, items, keys, path, causes);
        if (listType == "set" && items is not null) Set(items, path + ".items", causes);
    }

    private static void MapType(JsonObject schema, string type, string path, List<StatusCause> causes)
    {
        if (CrdJson.Text(schema, MapTypeKey) is not { Length: > 0 } mapType) return;
        if (type != "object") causes.Add(WrongType(path, type, $"must be object if {MapTypeKey} is specified"));
        if (mapType is not ("atomic" or "granular")) causes.Add(FieldError.NotSupported($"{path}.{MapTypeKey}", mapType, ["atomic", "granular"]));
    }

    private static StatusCause WrongType(string path, string type, string words) =>
        type.Length == 0 ? FieldError.Required(path + ".type", words) : FieldError.Invalid(path + ".type", type, words);

    private static void Keyed(JsonObject schema, JsonObject? items, IReadOnlyList<string> keys, string path, List<StatusCause> causes)
    {
        if (keys.Count == 0) causes.Add(FieldError.Required($"{path}.{KeysKey}", $"must not be empty if {ListTypeKey} is map"));
        if (items is null)
        {
            causes.Add(FieldError.Required(path + ".items", $"must have a schema if {ListTypeKey} is map"));
            return;
        }
        if (CrdJson.Text(items, "type") is var type && type != "object")
            causes.Add(FieldError.Invalid(path + ".items.type", type, $"must be object if parent array's {ListTypeKey} is map"));
        var properties = CrdJson.Object(items, "properties") ?? [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (CrdJson.Object(properties, key) is not { } property)
                causes.Add(FieldError.Invalid($"{path}.{KeysKey}", schema[KeysKey], "entries must all be names of item properties"));
            else if (CrdJson.Text(property, "type") is "array" or "object")
                causes.Add(FieldError.Invalid($"{path}.items.properties[{key}].type", CrdJson.Text(property, "type"), $"must be a scalar type if parent array's {ListTypeKey} is map"));
            if (!seen.Add(key)) causes.Add(FieldError.Invalid($"{path}.{KeysKey}", schema[KeysKey], "must not contain duplicate entries"));
        }
        if (CrdJson.Flag(items, "nullable")) causes.Add(FieldError.Forbidden(path + ".items.nullable", $"cannot be nullable when {ListTypeKey} is map"));
        var required = CrdJson.Texts(items, "required");
        foreach (var key in keys.Distinct(StringComparer.Ordinal))
        {
            if (CrdJson.Object(properties, key) is not { } property) continue;
            if (!required.Contains(key) && property["default"] is null)
                causes.Add(FieldError.Required($"{path}.items.properties[{key}].default", $"this property is in {KeysKey}, so it must have a default or be a required property"));
            if (CrdJson.Flag(property, "nullable"))
                causes.Add(FieldError.Forbidden($"{path}.items.properties[{key}].nullable", $"this property is in {KeysKey}, so it cannot be nullable"));
        }
    }

    private static void Set(JsonObject items, string path, List<StatusCause> causes)
    {
        if (CrdJson.Flag(items, "nullable")) causes.Add(FieldError.Forbidden(path + ".nullable", $"cannot be nullable when {ListTypeKey} is set"));
        var type = CrdJson.Text(items, "type");
        if (type == "array" && CrdJson.Text(items, ListTypeKey) is { Length: > 0 } listType && listType != "atomic")
            causes.Add(FieldError.Invalid($"{path}.{ListTypeKey}", listType, $"must be atomic as item of a list with {ListTypeKey}=set"));
        if (type == "object" && CrdJson.Text(items, MapTypeKey) != "atomic")
        {
            var words = $"must be atomic as item of a list with {ListTypeKey}=set";
            causes.Add(CrdJson.Text(items, MapTypeKey) is { Length: > 0 } mapType
                ? FieldError.Invalid($"{path}.{MapTypeKey}", mapType, words)
                : FieldError.Required($"{path}.{MapTypeKey}", words));
        }
    }
}
