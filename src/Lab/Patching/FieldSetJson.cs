using System.Text.Json.Nodes;

namespace Nemotron.Lab.Patching;

/// <summary>The <c>fieldsV1</c> form of a <see cref="FieldSet"/>: nested objects, <c>"."</c> where the path itself is owned and longer ones too.</summary>
internal static class FieldSetJson
{
    /// <summary>Writes a set, such as <c>{"f:metadata":{"f:labels":{".":{},"f:team":{}}}}</c>.</summary>
    public static JsonObject Write(FieldSet set)
    {
        var json = new JsonObject();
        foreach (var (element, node) in set.Nodes)
        {
            if (node.Children is null)
            {
                json[element] = new JsonObject();
                continue;
            }
            var below = new JsonObject();
            if (node.IsMember) below["."] = new JsonObject();
            foreach (var (name, value) in Write(node.Children).ToArray()) below[name] = value?.DeepClone();
            json[element] = below;
        }
        return json;
    }

    /// <summary>Reads a set. Elements of an unknown kind are left out, as the server does.</summary>
    public static FieldSet Read(JsonObject json)
    {
        var set = new FieldSet();
        foreach (var (element, below) in json)
        {
            if (element.Length < 2 || element[1] != ':' || !"fkvi".Contains(element[0], StringComparison.Ordinal)) continue;
            var members = below as JsonObject;
            var isLeaf = members is null || members.Count == 0;
            set.Put(element, isLeaf || members!.ContainsKey("."), isLeaf ? null : Read(members!));
        }
        return set;
    }
}
