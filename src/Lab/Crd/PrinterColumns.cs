using System.Text.Json.Nodes;
using Nemotron.Lab.Api;
using Nemotron.Lab.Kinds.Tables;

namespace Nemotron.Lab.Crd;

/// <summary>The table columns of a custom resource: its name, then <c>additionalPrinterColumns</c>, or the age when there are none.</summary>
internal static class PrinterColumns
{
    private static readonly TableColumn Age = new("Age", "date", "", "Custom resource definition column (in JSONPath format): .metadata.creationTimestamp", 0,
        (obj, now) => Since(obj["metadata"]?["creationTimestamp"], now));

    public static IReadOnlyList<TableColumn> Of(JsonObject version)
    {
        if (version["additionalPrinterColumns"] is not JsonArray { Count: > 0 } columns) return [Columns.Name, Age];
        return [Columns.Name, .. columns.OfType<JsonObject>().Select(Column)];
    }

    private static TableColumn Column(JsonObject column)
    {
        string path = column["jsonPath"].Text() ?? "";
        string type = column["type"].Text() ?? "string";
        var expression = JsonPathExpression.Parse(path);
        return new TableColumn(
            column["name"].Text() ?? "",
            type,
            column["format"].Text() ?? "",
            column["description"].Text() is { Length: > 0 } text ? text : $"Custom resource definition column (in JSONPath format): {path}",
            (int)(column["priority"].Integer() ?? 0),
            (obj, now) => Cell(expression, obj, type, now));
    }

    private static JsonNode? Cell(JsonPathExpression expression, JsonObject obj, string type, DateTimeOffset now)
    {
        var found = expression.Evaluate(obj);
        if (found.Count == 0) return null;
        if (type == "string" && found.Count > 1) return string.Join(",", found.Select(Plain));
        var node = found[0];
        return type switch
        {
            "date" => Since(node, now),
            "integer" => node.Integer() is { } whole ? whole : null,
            "number" or "boolean" => node?.DeepClone(),
            _ => node is null ? null : (JsonNode?)Plain(node),
        };
    }

    private static string Plain(JsonNode? node) => node.Text() ?? node?.ToJsonString(Rendering.Compact) ?? "<none>";

    private static JsonNode? Since(JsonNode? time, DateTimeOffset now)
    {
        if (time.Text() is not { Length: > 0 } text) return null;
        return DateTimeOffset.TryParse(text, out var at) ? HumanDuration.Of(now - at) : "<invalid>";
    }
}
