using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>Merges an applied configuration into an object: leaves are replaced, maps and granular lists united.</summary>
internal static class TypedMerge
{
    /// <summary>The merged object; shares nothing with either argument.</summary>
    public static JsonObject Merge(JsonObject live, JsonObject applied, StructuralSchema? schema)
    {
        var merged = new JsonObject();
        foreach (var (name, ours) in live)
        {
            merged[name] = applied.TryGetPropertyValue(name, out var theirs)
                ? MergeValue(ours, theirs, TypedShape.Field(schema, name))
                : ours?.DeepClone();
        }
        foreach (var (name, theirs) in applied)
        {
            if (!live.ContainsKey(name)) merged[name] = theirs?.DeepClone();
        }
        return merged;
    }

    private static JsonNode? MergeValue(JsonNode? live, JsonNode? applied, StructuralSchema? schema)
    {
        if (JsonEquality.IsNullOrEmpty(live) && JsonEquality.IsNullOrEmpty(applied)) return applied?.DeepClone();
        switch (TypedShape.Of(schema, applied ?? live))
        {
            case Shape.Map when live is null or JsonObject:
                return Merge(live as JsonObject ?? [], applied as JsonObject ?? [], schema);
            case Shape.List when live is null or JsonArray:
                return MergeList(live as JsonArray ?? [], applied as JsonArray ?? [], schema!);
            default:
                return applied?.DeepClone();
        }
    }

    /// <summary>
    /// Unites two lists. Items of the applied list keep its order; items only in the live list keep their place relative to the shared ones.
    /// </summary>
    private static JsonArray MergeList(JsonArray live, JsonArray applied, StructuralSchema schema)
    {
        var left = TypedShape.Items(schema, live).ToArray();
        var right = TypedShape.Items(schema, applied).DistinctBy(item => item.Element, StringComparer.Ordinal).ToArray();
        var inLive = left.DistinctBy(item => item.Element, StringComparer.Ordinal).ToDictionary(item => item.Element, item => item.Item, StringComparer.Ordinal);
        var inApplied = right.ToDictionary(item => item.Element, item => item.Item, StringComparer.Ordinal);
        var shared = new Queue<string>(right.Select(item => item.Element).Where(inLive.ContainsKey));
        shared.TryDequeue(out var nextShared);
        var merged = new JsonArray();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        void Take(string element)
        {
            taken.Add(element);
            merged.Add(inLive.TryGetValue(element, out var ours)
                ? MergeValue(ours, inApplied[element], schema.Items)
                : inApplied[element]?.DeepClone());
        }

        for (int l = 0, r = 0; l < left.Length || r < right.Length;)
        {
            if (l < left.Length && r < right.Length)
            {
                var element = left[l].Element;
                if (element == right[r].Element)
                {
                    Take(element);
                    (l, r) = (l + 1, r + 1);
                    shared.TryDequeue(out nextShared);
                    continue;
                }
                if (inApplied.ContainsKey(element) && nextShared is not null && nextShared != element)
                {
                    // Shared, but not the one whose turn it is: it comes where the applied list has it.
                    l++;
                    continue;
                }
            }
            if (l < left.Length)
            {
                var element = left[l].Element;
                if (!inApplied.ContainsKey(element))
                {
                    merged.Add(left[l].Item?.DeepClone());
                    l++;
                    continue;
                }
                if (taken.Contains(element)) l++;
            }
            if (r < right.Length)
            {
                var element = right[r].Element;
                Take(element);
                r++;
                if (element == nextShared) shared.TryDequeue(out nextShared);
            }
        }
        return merged;
    }
}
