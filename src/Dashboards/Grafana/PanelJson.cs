using System.Text.Json.Nodes;
using Nemotron.Dashboards.Descriptions;

namespace Nemotron.Dashboards.Grafana;

/// <summary>One panel as Grafana has it.</summary>
internal static class PanelJson
{
    public static JsonObject DataSource() => new() { ["type"] = "prometheus", ["uid"] = "${datasource}" };

    public static JsonObject Grid(Place place) => new() { ["x"] = place.X, ["y"] = place.Y, ["w"] = place.Width, ["h"] = place.Height };

    public static JsonObject Build(PanelDescription panel, Place place, int id)
    {
        var json = new JsonObject
        {
            ["id"] = id,
            ["type"] = KindOf(panel.Type),
            ["title"] = panel.Title,
            ["description"] = panel.Description,
            ["datasource"] = DataSource(),
            ["gridPos"] = Grid(place),
            ["targets"] = new JsonArray([.. panel.Queries.Select((query, i) => Target(panel, query, i))]),
            ["fieldConfig"] = new JsonObject { ["defaults"] = Defaults(panel), ["overrides"] = Overrides(panel) },
            ["options"] = Options(panel.Type),
        };
        // More cells than a laptop's screen can show are no help.
        if (panel.Type == PanelType.Heatmap) json["maxDataPoints"] = 80;
        if (panel.Type == PanelType.Table) json["transformations"] = Columns(panel);
        return json;
    }

    private static string KindOf(PanelType type) => type switch
    {
        PanelType.Stat => "stat",
        PanelType.Bars => "bargauge",
        PanelType.Heatmap => "status-history",
        PanelType.Table => "table",
        _ => "timeseries",
    };

    private static bool Latest(PanelType type) => type is PanelType.Stat or PanelType.Bars or PanelType.Table;

    private static string Letter(int i) => ((char)('A' + i)).ToString();

    private static JsonObject Target(PanelDescription panel, QueryDescription query, int i) => new()
    {
        ["refId"] = Letter(i),
        ["datasource"] = DataSource(),
        ["expr"] = query.Expr.Trim(),
        ["legendFormat"] = query.Legend.Length > 0 ? query.Legend : "__auto",
        ["instant"] = Latest(panel.Type),
        ["range"] = !Latest(panel.Type),
        ["format"] = panel.Type == PanelType.Table ? "table" : "time_series",
    };

    private static JsonObject Defaults(PanelDescription panel)
    {
        var steps = new JsonArray(new JsonObject { ["color"] = "green", ["value"] = null });
        foreach (var threshold in panel.Thresholds) steps.Add(new JsonObject { ["color"] = threshold.Color, ["value"] = threshold.From });
        var defaults = new JsonObject
        {
            ["unit"] = panel.Unit,
            ["thresholds"] = new JsonObject { ["mode"] = "absolute", ["steps"] = steps },
            ["color"] = new JsonObject
            {
                ["mode"] = panel.Type switch { PanelType.Lines or PanelType.Stacked => "palette-classic", PanelType.Heatmap when panel.Thresholds.Count == 0 => "continuous-GrYlRd", _ => "thresholds" },
            },
            ["custom"] = Custom(panel),
            ["noValue"] = "no data",
        };
        if (panel.Min is { } min) defaults["min"] = min;
        if (panel.Max is { } max) defaults["max"] = max;
        if (panel.Decimals is { } decimals) defaults["decimals"] = decimals;
        if (panel.Link is { } link) defaults["links"] = new JsonArray(Link(link));
        return defaults;
    }

    private static JsonObject Custom(PanelDescription panel) => panel.Type switch
    {
        PanelType.Lines or PanelType.Stacked => new JsonObject
        {
            ["drawStyle"] = "line",
            ["lineWidth"] = 1,
            ["fillOpacity"] = panel.Type == PanelType.Stacked ? 40 : 5,
            ["showPoints"] = "never",
            ["spanNulls"] = false,
            ["stacking"] = new JsonObject { ["mode"] = panel.Type == PanelType.Stacked ? "normal" : "none", ["group"] = "A" },
            ["thresholdsStyle"] = new JsonObject { ["mode"] = panel.Thresholds.Count > 0 ? "dashed" : "off" },
        },
        PanelType.Heatmap => new JsonObject { ["fillOpacity"] = 85, ["lineWidth"] = 0 },
        PanelType.Table => new JsonObject { ["align"] = "auto", ["cellOptions"] = new JsonObject { ["type"] = "auto" }, ["filterable"] = true },
        _ => [],
    };

    private static JsonObject Options(PanelType type) => type switch
    {
        PanelType.Stat => new JsonObject
        {
            ["reduceOptions"] = Last(), ["colorMode"] = "value", ["graphMode"] = "none", ["justifyMode"] = "auto", ["textMode"] = "auto", ["orientation"] = "auto",
        },
        PanelType.Bars => new JsonObject { ["reduceOptions"] = Last(), ["displayMode"] = "basic", ["orientation"] = "horizontal", ["showUnfilled"] = true },
        PanelType.Heatmap => new JsonObject { ["showValue"] = "never", ["rowHeight"] = 0.9, ["colWidth"] = 1, ["legend"] = new JsonObject { ["showLegend"] = false }, ["tooltip"] = new JsonObject { ["mode"] = "single" } },
        PanelType.Table => new JsonObject { ["showHeader"] = true, ["cellHeight"] = "sm" },
        _ => new JsonObject
        {
            ["legend"] = new JsonObject { ["displayMode"] = "list", ["placement"] = "bottom", ["showLegend"] = true, ["calcs"] = new JsonArray() },
            ["tooltip"] = new JsonObject { ["mode"] = "multi", ["sort"] = "desc" },
        },
    };

    private static JsonObject Last() => new() { ["calcs"] = new JsonArray("lastNotNull"), ["fields"] = "", ["values"] = false };

    private static JsonObject Link(LinkDescription link)
    {
        var variables = string.Concat(link.Variables.Select(variable => $"&var-{variable.Key}=${{__field.labels.{variable.Value}}}"));
        return new JsonObject { ["title"] = $"Open {link.Dashboard}", ["url"] = $"/d/{link.Dashboard}?${{__url_time_range}}&var-datasource=${{datasource}}{variables}" };
    }

    // Several answers become one table: rows of the same labels are one row.
    private static JsonArray Columns(PanelDescription panel)
    {
        var names = panel.Columns.Select(column => (column.From, Field: FieldOf(panel, column), column.Title)).ToList();
        var hidden = new JsonObject { ["Time"] = true, ["__name__"] = true };
        foreach (var field in panel.Queries.Select((_, i) => FieldOf(panel, new ColumnDescription { From = Letter(i) })).Except(names.Select(name => name.Field))) hidden[field] = true;
        return new JsonArray(
            new JsonObject { ["id"] = "merge", ["options"] = new JsonObject() },
            new JsonObject
            {
                ["id"] = "organize",
                ["options"] = new JsonObject
                {
                    ["excludeByName"] = hidden,
                    ["indexByName"] = new JsonObject(names.Select((name, i) => KeyValuePair.Create<string, JsonNode?>(name.Field, i))),
                    ["renameByName"] = new JsonObject(names.Select(name => KeyValuePair.Create<string, JsonNode?>(name.Field, name.Title))),
                },
            });
    }

    // Grafana names the only answer's numbers Value, several answers' Value #A, Value #B …
    private static string FieldOf(PanelDescription panel, ColumnDescription column) => column.From is [>= 'A' and <= 'Z'] ? (panel.Queries.Count == 1 ? "Value" : $"Value #{column.From}") : column.From;

    private static JsonArray Overrides(PanelDescription panel)
    {
        var overrides = new JsonArray();
        foreach (var column in panel.Columns.Where(column => column.Unit is not null))
            overrides.Add(new JsonObject
            {
                ["matcher"] = new JsonObject { ["id"] = "byName", ["options"] = column.Title },
                ["properties"] = new JsonArray(new JsonObject { ["id"] = "unit", ["value"] = column.Unit }),
            });
        return overrides;
    }
}
