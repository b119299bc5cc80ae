using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>
/// Strategic merge patch: a merge patch that merges lists by key where the kind says so, with the directives <c>$patch</c>,
/// <c>$retainKeys</c>, <c>$deleteFromPrimitiveList/…</c> and <c>$setElementOrder/…</c>. Built-in kinds only.
/// </summary>
internal static class StrategicMergePatch
{
    internal const string PatchDirective = "$patch";
    private const string RetainKeysDirective = "$retainKeys";
    private const string DeleteFromListPrefix = "$deleteFromPrimitiveList/";
    private const string SetOrderPrefix = "$setElementOrder/";

    /// <summary>The patched object; shares nothing with either argument.</summary>
    /// <exception cref="ApiException">400 when the patch contradicts itself or a directive is unknown.</exception>
    public static JsonObject Apply(JsonObject target, JsonObject patch, StructuralSchema schema) =>
        MergeMap((JsonObject)target.DeepClone(), patch, schema);

    /// <summary>Merges into <paramref name="target"/>, which is taken over.</summary>
    internal static JsonObject MergeMap(JsonObject target, JsonObject patch, StructuralSchema? schema)
    {
        if (patch.TryGetPropertyValue(PatchDirective, out var directive)) return WholeObject(target, patch, directive, schema);
        RetainKeys(target, patch);
        var ordered = SetElementOrders(target, patch, schema);
        foreach (var (name, change) in patch)
        {
            if (name == RetainKeysDirective || name.StartsWith(SetOrderPrefix, StringComparison.Ordinal) || ordered.Contains(name)) continue;
            if (name.StartsWith(DeleteFromListPrefix, StringComparison.Ordinal))
            {
                var list = name[DeleteFromListPrefix.Length..];
                if (target[list] is JsonArray scalars) target[list] = StrategicLists.Without(scalars, change as JsonArray ?? throw Bad(name, change));
                continue;
            }
            if (change is null) target.Remove(name);
            else target[name] = MergeValue(target[name], change, TypedShape.Field(schema, name));
        }
        return target;
    }

    /// <summary>A value that nothing in the target stands against: the patch's own, without directives and nulls.</summary>
    internal static JsonNode? Fresh(JsonNode? patch, StructuralSchema? schema)
    {
        switch (patch)
        {
            case JsonObject fields:
                if (fields[PatchDirective] is JsonValue value && value.TryGetValue<string>(out var directive) && directive == "delete") return new JsonObject();
                var kept = new JsonObject();
                foreach (var (name, field) in fields)
                {
                    if (field is not null && !name.StartsWith('$')) kept[name] = Fresh(field, TypedShape.Field(schema, name));
                }
                return kept;
            case JsonArray items:
                return new JsonArray([.. items
                    .Where(item => !(item is JsonObject entry && entry.ContainsKey(PatchDirective)))
                    .Select(item => Fresh(item, schema?.Items))]);
            default:
                return patch?.DeepClone();
        }
    }

    private static JsonNode? MergeValue(JsonNode? target, JsonNode patch, StructuralSchema? schema) => (target, patch) switch
    {
        (JsonObject ours, JsonObject changes) => MergeMap((JsonObject)ours.DeepClone(), changes, schema),
        (JsonArray ours, JsonArray changes) => StrategicLists.Merge(ours, changes, schema),
        _ => Fresh(patch, schema),
    };

    private static JsonObject WholeObject(JsonObject target, JsonObject patch, JsonNode? directive, StructuralSchema? schema)
    {
        var rest = (JsonObject)patch.DeepClone();
        rest.Remove(PatchDirective);
        return (directive as JsonValue)?.ToString() switch
        {
            "replace" => (JsonObject)Fresh(rest, schema)!,
            "delete" => [],
            "merge" => MergeMap(target, rest, schema),
            _ => throw Bad("map", directive),
        };
    }

    private static void RetainKeys(JsonObject target, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeysDirective, out var directive)) return;
        if (directive is not JsonArray list) throw Bad(RetainKeysDirective, directive);
        var retained = list.Select(key => key?.ToString()).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, change) in patch)
        {
            if (change is not null && !name.StartsWith('$') && !retained.Contains(name))
                throw BadRequest($"invalid patch format of {RetainKeysDirective}: all fields in the patch must be in the directive, {name} is not");
        }
        foreach (var name in target.Select(field => field.Key).Where(name => !retained.Contains(name)).ToArray()) target.Remove(name);
    }

    /// <summary>Handles the lists that come with an order; returns their names.</summary>
    private static HashSet<string> SetElementOrders(JsonObject target, JsonObject patch, StructuralSchema? schema)
    {
        var handled = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (directive, value) in patch)
        {
            if (!directive.StartsWith(SetOrderPrefix, StringComparison.Ordinal)) continue;
            if (value is not JsonArray order) throw Bad(directive, value);
            var name = directive[SetOrderPrefix.Length..];
            var list = TypedShape.Field(schema, name);
            var changes = patch[name] as JsonArray;
            if (patch.ContainsKey(name) && changes is null) continue;
            var ours = target[name] as JsonArray;
            if (ours is null && changes is null) continue;
            StrategicLists.CheckOrder(changes, order, list);
            var merged = ours is null ? (JsonArray)Fresh(changes, list)!
                : changes is null ? (JsonArray)ours.DeepClone()
                : StrategicLists.Merge(ours, changes, list);
            target[name] = StrategicLists.Order(merged, order, ours ?? [], list?.PatchMergeKey);
            handled.Add(name);
        }
        return handled;
    }

    internal static ApiException Bad(string where, JsonNode? what) => BadRequest($"unknown patch type: {FieldPath.Json(what)} in {where}");

    internal static ApiException BadRequest(string message) => new(400, "BadRequest", message);
}
