using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nemotron.Dashboards.Descriptions;

namespace Nemotron.Dashboards.Grafana;

/// <summary>A dashboard as Grafana 9.4 and later import it.</summary>
public static class DashboardJson
{
    /// <summary>What all of ours carry; the links between them go by it.</summary>
    public const string Tag = "nemotron";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON, indented.</summary>
    public static string Render(DashboardDescription dashboard) => Build(dashboard).ToJsonString(Readable) + "\n";

    private static JsonObject Build(DashboardDescription dashboard)
    {
        var panels = new JsonArray();
        var id = 1;
        foreach (var (row, heading, placed) in Layout.Of(dashboard))
        {
            panels.Add(new JsonObject { ["id"] = id++, ["type"] = "row", ["title"] = row.Title, ["collapsed"] = false, ["gridPos"] = PanelJson.Grid(heading), ["panels"] = new JsonArray() });
            foreach (var (panel, place) in placed) panels.Add(PanelJson.Build(panel, place, id++));
        }

        return new JsonObject
        {
            ["uid"] = dashboard.Uid,
            ["title"] = dashboard.Title,
            ["description"] = dashboard.Description,
            ["tags"] = new JsonArray(Tag),
            ["schemaVersion"] = 38,
            ["version"] = 1,
            ["editable"] = true,
            ["graphTooltip"] = 1,
            ["refresh"] = "30s",
            ["timezone"] = "browser",
            ["time"] = new JsonObject { ["from"] = "now-3h", ["to"] = "now" },
            ["links"] = new JsonArray(new JsonObject
            {
                ["type"] = "dashboards", ["title"] = "Nemotron", ["tags"] = new JsonArray(Tag), ["asDropdown"] = true, ["includeVars"] = true, ["keepTime"] = true, ["icon"] = "external link",
            }),
            ["annotations"] = new JsonObject { ["list"] = new JsonArray([.. dashboard.Annotations.Select(Annotation)]) },
            ["templating"] = new JsonObject { ["list"] = new JsonArray([VariableJson.DataSource(), .. dashboard.Variables.Select(VariableJson.Build)]) },
            ["panels"] = panels,
        };
    }

    private static JsonObject Annotation(AnnotationDescription annotation) => new()
    {
        ["name"] = annotation.Name,
        ["datasource"] = PanelJson.DataSource(),
        ["enable"] = true,
        ["iconColor"] = "purple",
        ["expr"] = annotation.Expr,
        ["titleFormat"] = annotation.Title,
        ["textFormat"] = annotation.Text,
        ["useValueForTime"] = true,
        ["step"] = "60s",
    };
}
