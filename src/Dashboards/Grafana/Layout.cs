using Nemotron.Dashboards.Descriptions;

namespace Nemotron.Dashboards.Grafana;

/// <summary>Where a panel lies on the grid.</summary>
/// <param name="X">Its first column, 0 to 23.</param>
/// <param name="Y">Its first row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows of 30 pixels.</param>
public readonly record struct Place(int X, int Y, int Width, int Height);

/// <summary>Lets panels flow from left to right over Grafana's 24 columns, each as high up as it can be.</summary>
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
            // How far down each column is taken.
            var taken = Enumerable.Repeat(y + 1, Columns).ToArray();
            var placed = new List<(PanelDescription, Place)>();
            foreach (var panel in row.Panels)
            {
                var x = Highest(taken, panel.Width);
                var place = new Place(x, taken.AsSpan(x, panel.Width).ToArray().Max(), panel.Width, panel.Height);
                placed.Add((panel, place));
                taken.AsSpan(x, panel.Width).Fill(place.Y + place.Height);
            }

            rows.Add((row, heading, placed));
            y = taken.Max();
        }

        return rows;
    }

    // The leftmost of the highest places that are wide enough: small panels fill what is left beside a tall one.
    private static int Highest(int[] taken, int width) =>
        Enumerable.Range(0, Columns - width + 1).MinBy(x => (taken.AsSpan(x, width).ToArray().Max(), x));
}
