using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>How strategic merge treats lists.</summary>
internal static class StrategicLists
{
    /// <summary>
    /// Merges two lists as the schema says: objects by key, scalars united, anything else replaced. The patch's items come in the patch's
    /// order; items only in the target keep their place relative to those they stood beside.
    /// </summary>
    public static JsonArray Merge(JsonArray target, JsonArray patch, StructuralSchema? schema)
    {
        var key = schema?.PatchMergeKey;
        if (key is null && schema?.PatchMergePrimitive != true) return (JsonArray)StrategicMergePatch.Fresh(patch, schema)!;
        if (target.Count == 0 && patch.Count == 0) return [];
        if (key is null)
        {
            var united = new JsonArray();
            foreach (var item in target.Concat(patch))
            {
                if (!united.Any(present => JsonEquality.Same(present, item))) united.Add(item?.DeepClone());
            }
            return Order(united, patch, target, key: null);
        }
        var (ours, changes) = TakeDirectives(target, patch, key);
        foreach (var change in changes)
        {
            var place = Find(ours, change, key);
            if (place < 0) ours.Add(StrategicMergePatch.Fresh(change, schema!.Items));
            else ours[place] = StrategicMergePatch.MergeMap((JsonObject)ours[place]!.DeepClone(), change, schema!.Items);
        }
        return Order(ours, [.. changes.Select(change => change.DeepClone())], target, key);
    }

    /// <summary>The list without the given scalars.</summary>
    public static JsonArray Without(JsonArray list, JsonArray removed) =>
        [.. list.Where(item => !removed.Any(gone => JsonEquality.Same(gone, item))).Select(item => item?.DeepClone())];

    /// <summary>
    /// Orders a merged list: the items named by <paramref name="order"/> in that order, the others woven in where
    /// <paramref name="live"/> had them.
    /// </summary>
    public static JsonArray Order(JsonArray merged, JsonArray order, JsonArray live, string? key)
    {
        var named = merged.Where(item => Find(order, item, key) >= 0).OrderBy(item => Find(order, item, key)).ToArray();
        var others = merged.Where(item => Find(order, item, key) < 0).OrderBy(item => Place(live, item, key)).ToArray();
        var result = new JsonArray();
        int i = 0, j = 0;
        while (i < others.Length || j < named.Length)
        {
            var takeOther = j >= named.Length || (i < others.Length && StandsBefore(others[i], named[j]));
            result.Add((takeOther ? others[i++] : named[j++])?.DeepClone());
        }
        return result;

        bool StandsBefore(JsonNode? other, JsonNode? mine)
        {
            var (a, b) = (Find(live, other, key), Find(live, mine, key));
            return a >= 0 && b >= 0 && a < b;
        }
    }

    /// <summary>Refuses a patch whose list has items that its order directive does not name, or has them in another order.</summary>
    public static void CheckOrder(JsonArray? patch, JsonArray order, StructuralSchema? schema)
    {
        var last = -1;
        foreach (var item in patch ?? [])
        {
            if (item is JsonObject entry && entry.ContainsKey(StrategicMergePatch.PatchDirective)) continue;
            var place = Find(order, item, schema?.PatchMergeKey);
            if (place <= last)
            {
                throw StrategicMergePatch.BadRequest(
                    $"The order in patch list:\n{FieldPath.Json(patch)}\n doesn't match $setElementOrder list:\n{FieldPath.Json(order)}\n");
            }
            last = place;
        }
    }

    private static (JsonArray Target, IReadOnlyList<JsonObject> Patch) TakeDirectives(JsonArray target, JsonArray patch, string key)
    {
        var ours = (JsonArray)target.DeepClone();
        var changes = new List<JsonObject>();
        var replace = false;
        foreach (var item in patch)
        {
            if (item is not JsonObject change) throw StrategicMergePatch.BadRequest($"expected a list of objects with key {key}, got {FieldPath.Json(patch)}");
            switch (change[StrategicMergePatch.PatchDirective]?.ToString())
            {
                case null:
                    if (change[key] is null) throw StrategicMergePatch.BadRequest($"map: {FieldPath.Json(change)} does not contain declared merge key: {key}");
                    changes.Add(change);
                    break;
                case "delete":
                    if (change[key] is null) throw StrategicMergePatch.BadRequest($"map: {FieldPath.Json(change)} does not contain declared merge key: {key}");
                    for (var place = Find(ours, change, key); place >= 0; place = Find(ours, change, key)) ours.RemoveAt(place);
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw StrategicMergePatch.BadRequest("merging lists cannot yet be specified in the patch");
                case var unknown:
                    throw StrategicMergePatch.Bad("list", unknown);
            }
        }
        return (replace ? [] : ours, changes);
    }

    private static int Place(JsonArray list, JsonNode? item, string? key)
    {
        var place = Find(list, item, key);
        return place < 0 ? int.MaxValue : place;
    }

    private static int Find(JsonArray list, JsonNode? item, string? key)
    {
        for (var i = 0; i < list.Count; i++)
        {
            var same = key is null
                ? JsonEquality.Same(list[i], item)
                : list[i] is JsonObject theirs && item is JsonObject ours && theirs[key] is { } value && JsonEquality.Same(value, ours[key]);
            if (same) return i;
        }
        return -1;
    }
}
