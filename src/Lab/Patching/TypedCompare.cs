using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>What differs between two objects, as sets of field paths. No path stands in two of them.</summary>
internal sealed class TypedCompare
{
    /// <summary>Paths only in the new object, containers included.</summary>
    public FieldSet Added { get; private set; } = new();

    /// <summary>Leaves in both whose values differ.</summary>
    public FieldSet Modified { get; private set; } = new();

    /// <summary>Paths only in the old object, containers included.</summary>
    public FieldSet Removed { get; private set; } = new();

    /// <summary>A value that may be absent, which differs from being null.</summary>
    private readonly record struct Slot(bool Present, JsonNode? Value)
    {
        public static Slot Absent => default;

        public static Slot Of(JsonObject? fields, string name) =>
            fields is not null && fields.TryGetPropertyValue(name, out var value) ? new Slot(true, value) : Absent;
    }

    private readonly List<string> path = [];

    /// <summary>Compares two objects of one schema, leaving out the paths in <paramref name="ignored"/> and everything below them.</summary>
    public static TypedCompare Of(JsonObject before, JsonObject after, StructuralSchema? schema, FieldSet? ignored = null)
    {
        var compare = new TypedCompare();
        compare.Visit(new Slot(true, before), new Slot(true, after), schema);
        if (ignored is not null)
        {
            compare.Added = compare.Added.ExceptBelow(ignored);
            compare.Modified = compare.Modified.ExceptBelow(ignored);
            compare.Removed = compare.Removed.ExceptBelow(ignored);
        }
        return compare;
    }

    private void Visit(Slot left, Slot right, StructuralSchema? schema)
    {
        if (!left.Present && !right.Present) return;
        var shape = TypedShape.Of(schema, right.Value ?? left.Value);
        var leftShape = TypedShape.Of(schema, left.Value ?? right.Value);
        if (shape != leftShape)
        {
            // The value changed its kind (map to scalar, say): what was inside is gone, what is inside is new.
            VisitBelow(leftShape, left.Value, null, schema);
            VisitBelow(shape, null, right.Value, schema);
            Insert(Modified);
            return;
        }
        if (shape == Shape.Leaf || (JsonEquality.IsNullOrEmpty(left.Value) && JsonEquality.IsNullOrEmpty(right.Value)))
        {
            if (left.Present && right.Present && !JsonEquality.Same(left.Value, right.Value)) Insert(Modified);
        }
        else
        {
            VisitBelow(shape, left.Value, right.Value, schema);
        }
        if (!left.Present) Insert(Added);
        else if (!right.Present) Insert(Removed);
    }

    private void VisitBelow(Shape shape, JsonNode? left, JsonNode? right, StructuralSchema? schema)
    {
        if (shape == Shape.Map) VisitMap(left as JsonObject, right as JsonObject, schema);
        else if (shape == Shape.List) VisitList(left as JsonArray, right as JsonArray, schema!);
    }

    private void VisitMap(JsonObject? left, JsonObject? right, StructuralSchema? schema)
    {
        foreach (var (name, _) in left ?? []) Visit(FieldPath.Field(name), Slot.Of(left, name), Slot.Of(right, name), TypedShape.Field(schema, name));
        foreach (var (name, _) in right ?? [])
        {
            if (left is null || !left.ContainsKey(name))
                Visit(FieldPath.Field(name), Slot.Absent, Slot.Of(right, name), TypedShape.Field(schema, name));
        }
    }

    private void VisitList(JsonArray? left, JsonArray? right, StructuralSchema schema)
    {
        var before = TypedShape.Items(schema, left).ToLookup(item => item.Element, item => item.Item, StringComparer.Ordinal);
        var after = TypedShape.Items(schema, right).ToLookup(item => item.Element, item => item.Item, StringComparer.Ordinal);
        foreach (var element in before.Select(group => group.Key).Union(after.Select(group => group.Key)))
        {
            JsonNode?[] old = [.. before[element]], now = [.. after[element]];
            var first = old.Length > 0 ? new Slot(true, old[0]) : Slot.Absent;
            var second = now.Length > 0 ? new Slot(true, now[0]) : Slot.Absent;
            if (old.Length <= 1 && now.Length <= 1)
            {
                Visit(element, first, second, schema.Items);
                continue;
            }
            // Duplicates, which only an update can bring in, are owned as one: the item's path without anything below it.
            path.Add(element);
            if (old.Length >= 2 && now.Length >= 2)
            {
                if (old.Length != now.Length || !old.Zip(now).All(pair => JsonEquality.Same(pair.First, pair.Second))) Insert(Modified);
            }
            else if (old.Length >= 2)
            {
                Insert(Removed);
                if (now.Length > 0) Visit(Slot.Absent, second, schema.Items);
            }
            else
            {
                if (old.Length > 0) Visit(first, Slot.Absent, schema.Items);
                Insert(Added);
            }
            path.RemoveAt(path.Count - 1);
        }
    }

    private void Visit(string element, Slot left, Slot right, StructuralSchema? schema)
    {
        path.Add(element);
        Visit(left, right, schema);
        path.RemoveAt(path.Count - 1);
    }

    private void Insert(FieldSet set)
    {
        if (path.Count > 0) set.Insert([.. path]);
    }
}
