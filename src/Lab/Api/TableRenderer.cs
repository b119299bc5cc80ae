using System.Text.Json.Nodes;
using Nemotron.Lab.Kinds.Tables;

namespace Nemotron.Lab.Api;

/// <summary><c>meta.k8s.io/v1 Table</c>: what <c>kubectl get</c> asks for.</summary>
internal static class TableRenderer
{
    /// <param name="resource">The kind, with its columns.</param>
    /// <param name="objects">The rows' objects.</param>
    /// <param name="metadata">The list's metadata.</param>
    /// <param name="includeObject"><c>None</c>, <c>Metadata</c> (the default) or <c>Object</c>.</param>
    /// <param name="now">The time that ages are reckoned from.</param>
    /// <param name="withColumns">False on later events of a watch, whose client knows the columns.</param>
    public static JsonObject Render(
        ServedResource resource, IEnumerable<JsonObject> objects, JsonObject metadata, string includeObject, DateTimeOffset now, bool withColumns = true)
    {
        var rows = new JsonArray();
        foreach (var obj in objects)
        {
            rows.Add((JsonNode)new JsonObject
            {
                ["cells"] = new JsonArray([.. resource.Columns.Select(c => Cell(c, obj, now))]),
                ["object"] = includeObject switch
                {
                    "None" => null,
                    "Object" => obj.DeepClone(),
                    _ => PartialMetadata.Of(obj),
                },
            });
        }
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = withColumns ? new JsonArray([.. resource.Columns.Select(Definition)]) : null,
            ["rows"] = rows,
        };
    }

    private static JsonNode? Cell(TableColumn column, JsonObject obj, DateTimeOffset now)
    {
        var cell = column.Cell(obj, now);
        return cell?.Parent is null ? cell : cell.DeepClone();
    }

    private static JsonObject Definition(TableColumn column) => new()
    {
        ["name"] = column.Name,
        ["type"] = column.Type,
        ["format"] = column.Format,
        ["description"] = column.Description,
        ["priority"] = column.Priority,
    };
}

/// <summary><c>PartialObjectMetadata</c>: an object's metadata alone.</summary>
internal static class PartialMetadata
{
    public static JsonObject Of(JsonObject obj) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = obj["metadata"]?.DeepClone() ?? new JsonObject(),
    };
}
