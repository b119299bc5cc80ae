using Nemotron.Dashboards.Descriptions;

namespace Nemotron.Dashboards.Grafana;

/// <summary>Where a panel lies on the grid.</summary>
/// <param name="X">Its first column, 0 to 23.</param>
/// <param name="Y">Its first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows of 30 pixels.</param>
public readonly record struct Place(int X, int Y, int Width, int Height);

/// <summary>Lets panels flow from left to right over Grafana's 24 columns, row by row.</summary>
public static class Layout
{
    /// <summary>Columns of the grid.</summary>
    public const int Columns = 24;

    /// <summary>The place of each heading and panel, in order.</summary>
    public static IReadOnlyList<(RowDescription Row, Place Heading, IReadOnlyList<(PanelDescription Panel, Place Place)> Panels)> Of(DashboardDescription dashboard)
    {
        var rows = new List<(RowDescription, Place, IReadOnlyList<(PanelDescription, Place)>)>();
        var y = 0;
        foreach (var row in dashboard.Rows)
        {
            var heading = new Place(0, y, Columns, 1);
            var placed = new List<(PanelDescription, Place)>();
            var (x, line, height) = (0, y + 1, 0);
            foreach (var panel in row.Panels)
            {
                if (x + panel.Width > Columns) (x, line, height) = (0, line + height, 0);
                placed.Add((panel, new Place(x, line, panel.Width, panel.Height)));
                x += panel.Width;
                height = Math.Max(height, panel.Height);
            }

            rows.Add((row, heading, placed));
            y = line + height;
        }

        return rows;
    }
}
