using System.Net;
using System.Text;

namespace Nemotron.Cli.Simulations;

/// <summary>A line of a plot.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="Points">Minutes and values; null leaves a gap.</param>
/// <param name="Steps">Whether a value holds until the next.</param>
internal sealed record PlotLine(string Name, IReadOnlyList<(double Minute, double? Value)> Points, bool Steps = false);

/// <summary>Draws lines over time as inline SVG.</summary>
internal static class SvgPlot
{
    private const int Width = 940, Height = 240, Left = 60, Right = 14, Top = 30, Bottom = 30;

    // Okabe and Ito's colours, which the colour-blind can tell apart.
    private static readonly string[] Colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999"];

    public static string Of(string title, string unit, IReadOnlyList<PlotLine> lines, double? objective = null)
    {
        var values = lines.SelectMany(line => line.Points).Select(point => point.Value).OfType<double>().ToArray();
        var top = Nice(Math.Max(values.DefaultIfEmpty(0).Max(), objective * 1.1 ?? 0));
        var end = Math.Max(1, lines.SelectMany(line => line.Points).Select(point => point.Minute).DefaultIfEmpty(1).Max());
        var svg = new StringBuilder();
        svg.Append(Text($"<figure><figcaption>{WebUtility.HtmlEncode(title)}</figcaption><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\">\n"));
        for (var i = 0; i <= 4; i++)
        {
            var value = top * i / 4;
            svg.Append(Text($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\"/><text x=\"{Left - 6}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.###}</text>\n"));
        }
        for (var i = 0; i <= 6; i++)
        {
            var minute = end * i / 6;
            svg.Append(Text($"<text x=\"{X(minute):0.#}\" y=\"{Height - 10}\" text-anchor=\"middle\">{minute:0} min</text>\n"));
        }
        svg.Append(Text($"<text x=\"{Left}\" y=\"14\" text-anchor=\"start\">{WebUtility.HtmlEncode(unit)}</text>\n"));
        if (objective is { } bound) svg.Append(Text($"<line class=\"objective\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(bound):0.#}\" y2=\"{Y(bound):0.#}\"/>\n"));
        for (var i = 0; i < lines.Count; i++)
        {
            svg.Append(Text($"<path d=\"{Path(lines[i])}\" stroke=\"{Colours[i % Colours.Length]}\"{(i >= Colours.Length ? " stroke-dasharray=\"5 3\"" : "")}/>\n"));
            svg.Append(Text($"<text x=\"{Left + 70 + 108 * i}\" y=\"14\" fill=\"{Colours[i % Colours.Length]}\">{WebUtility.HtmlEncode(lines[i].Name)}</text>\n"));
        }
        return svg.Append("</svg></figure>\n").ToString();

        double X(double minute) => Left + (Width - Left - Right) * minute / end;
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / top;

        string Path(PlotLine line)
        {
            var path = new StringBuilder();
            var down = false;
            foreach (var (minute, value) in line.Points)
            {
                if (value is not { } known)
                {
                    down = false;
                    continue;
                }
                if (!down) path.Append(Text($"M{X(minute):0.#} {Y(known):0.#}"));
                else if (line.Steps) path.Append(Text($"H{X(minute):0.#}V{Y(known):0.#}"));
                else path.Append(Text($"L{X(minute):0.#} {Y(known):0.#}"));
                down = true;
            }
            return path.ToString();
        }
    }

    // The next of 1, 2, 5 times a power of ten, in quarters that read well.
    private static double Nice(double value)
    {
        if (value <= 0) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        foreach (var step in (double[])[1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8])
        {
            if (value <= step * power) return step * power;
        }
        return 10 * power;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
