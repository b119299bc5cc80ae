using System.Text.Json.Nodes;
using Nemotron.Dashboards.Descriptions;

namespace Nemotron.Dashboards.Grafana;

/// <summary>The choices at the top of a dashboard.</summary>
internal static class VariableJson
{
    public static JsonObject DataSource() => new()
    {
        ["name"] = "datasource", ["label"] = "Data source", ["type"] = "datasource", ["query"] = "prometheus", ["hide"] = 0, ["refresh"] = 1,
    };

    public static JsonObject Build(VariableDescription variable) => variable.Query is { } query
        ? new JsonObject
        {
            ["name"] = variable.Name,
            ["label"] = variable.Label,
            ["description"] = variable.Description,
            ["type"] = "query",
            ["datasource"] = PanelJson.DataSource(),
            ["definition"] = query,
            ["query"] = new JsonObject { ["query"] = query, ["refId"] = variable.Name },
            ["refresh"] = 2,
            ["sort"] = 1,
            ["multi"] = variable.Multiple,
            ["includeAll"] = variable.Multiple,
            ["current"] = variable.Multiple ? new JsonObject { ["text"] = "All", ["value"] = "$__all" } : new JsonObject(),
        }
        : new JsonObject
        {
            ["name"] = variable.Name,
            ["label"] = variable.Label,
            ["description"] = variable.Description,
            ["type"] = "textbox",
            ["query"] = variable.Value,
            ["current"] = new JsonObject { ["text"] = variable.Value, ["value"] = variable.Value },
        };
}
