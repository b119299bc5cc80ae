using System.Text.Json.Nodes;
using Nemotron.Lab.Schema;

namespace Nemotron.Lab.Patching;

/// <summary>The fields that a configuration names, and sets of fields adjusted to a schema.</summary>
internal static class TypedFields
{
    /// <summary>The paths of all leaves of a value, of its list items, and of map entries that the schema does not declare as fields.</summary>
    public static FieldSet Of(JsonNode? value, StructuralSchema? schema)
    {
        var set = new FieldSet();
        switch (TypedShape.Of(schema, value))
        {
            case Shape.Map when value is JsonObject fields:
                foreach (var (name, field) in fields)
                {
                    var below = TypedShape.Field(schema, name);
                    var isMember = TypedShape.Of(below, field) == Shape.Leaf
                        || field is null or JsonObject { Count: 0 }
                        || !TypedShape.Declares(schema, name);
                    set.Put(FieldPath.Field(name), isMember, Of(field, below));
                }
                break;
            case Shape.List when value is JsonArray items:
                foreach (var (element, item) in TypedShape.Items(schema!, items)) set.Put(element, true, Of(item, schema!.Items));
                break;
            default:
                break;
        }
        return set;
    }

    /// <summary>The set with every declared field that leads to a member made a member itself.</summary>
    public static FieldSet WithDeclaredParents(FieldSet set, StructuralSchema? schema)
    {
        var result = new FieldSet();
        foreach (var (element, node) in set.Nodes)
        {
            var isParent = node.Children is not null && element[0] == 'f' && TypedShape.Declares(schema, element[2..]);
            var children = node.Children is null ? null : WithDeclaredParents(node.Children, TypedShape.Behind(schema, element));
            result.Put(element, node.IsMember || isParent, children);
        }
        return result;
    }

    /// <summary>
    /// The set as it must read under the present schema: where a map or list has become atomic since the entry was written, owning
    /// anything below it is owning the whole.
    /// </summary>
    public static FieldSet UnderSchema(FieldSet set, StructuralSchema? schema)
    {
        var result = new FieldSet();
        foreach (var (element, node) in set.Nodes)
        {
            var below = TypedShape.Behind(schema, element);
            var nowAtomic = below is { AtomicMap: true } or { Type: "array", ListType: ListType.Atomic };
            if (node.Children is not null && nowAtomic) result.Put(element, true, null);
            else result.Put(element, node.IsMember, node.Children is null ? null : UnderSchema(node.Children, below));
        }
        return result;
    }
}
