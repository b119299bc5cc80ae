using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Nemotron.Dashboards.Descriptions;
using Nemotron.Dashboards.Grafana;

namespace Nemotron.Dashboards.Tests;

public partial class DashboardTests
{
    private static readonly IReadOnlyList<DashboardDescription> All = DescriptionReader.ReadAll(Repository.PathOf(GeneratedFiles.Descriptions));

    [Fact]
    public void There_are_four() =>
        All.Select(dashboard => dashboard.Title).Order().ShouldBe(["Nemotron / Deployment", "Nemotron / Fleet", "Nemotron / Node pool", "Nemotron / Operator"]);

    [Fact]
    public void Panels_lie_within_the_grid_and_do_not_overlap()
    {
        foreach (var dashboard in All)
        {
            var taken = new Dictionary<(int X, int Y), string>();
            foreach (var (_, heading, panels) in Layout.Of(dashboard))
                foreach (var (title, place) in panels.Select(placed => (placed.Panel.Title, placed.Place)).Prepend(("heading", heading)))
                {
                    (place.X + place.Width).ShouldBeLessThanOrEqualTo(Layout.Columns, title);
                    for (var x = place.X; x < place.X + place.Width; x++)
                        for (var y = place.Y; y < place.Y + place.Height; y++)
                            taken.TryAdd((x, y), title).ShouldBeTrue($"{dashboard.Title}: \"{title}\" lies over \"{taken[(x, y)]}\"");
                }
        }
    }

    // A laptop's 1366 pixels leave 56 a column: what is narrower cannot show its title, or lines that tell anything.
    [Fact]
    public void Panels_are_wide_enough_for_a_laptop()
    {
        foreach (var panel in All.SelectMany(Panels))
        {
            panel.Width.ShouldBeGreaterThanOrEqualTo(panel.Type == PanelType.Stat ? 3 : 6, panel.Title);
            panel.Title.Length.ShouldBeLessThanOrEqualTo(panel.Width * 8, $"\"{panel.Title}\" is cut off at its width");
        }
    }

    [Fact]
    public void Every_panel_says_what_it_shows_in_sentences()
    {
        foreach (var panel in All.SelectMany(Panels)) panel.Description.ShouldEndWith(".", Case.Sensitive, panel.Title);
        foreach (var panel in All.SelectMany(Panels).Where(panel => panel.Unfilled is not null)) panel.Unfilled!.ShouldEndWith(".", Case.Sensitive, panel.Title);
    }

    [Fact]
    public void Several_series_have_names()
    {
        foreach (var panel in All.SelectMany(Panels).Where(panel => panel.Type is PanelType.Lines or PanelType.Stacked or PanelType.Heatmap or PanelType.Bars))
            panel.Queries.ShouldAllBe(query => query.Legend.Length > 0, panel.Title);
    }

    [Fact]
    public void Expressions_use_the_dashboards_variables_only()
    {
        foreach (var dashboard in All)
        {
            var known = dashboard.Variables.Select(variable => variable.Name).Append("__rate_interval").ToHashSet();
            var texts = Panels(dashboard).SelectMany(panel => panel.Queries).Select(query => query.Expr).Concat(dashboard.Annotations.Select(annotation => annotation.Expr)).Concat(dashboard.Variables.Select(variable => variable.Query ?? ""));
            foreach (var text in texts)
                foreach (var name in Variable().Matches(text).Select(match => match.Groups[1].Value))
                    known.ShouldContain(name, $"{dashboard.Title}: {text}");
        }
    }

    [Fact]
    public void Links_lead_to_dashboards_that_have_the_variables()
    {
        foreach (var link in All.SelectMany(Panels).Select(panel => panel.Link).OfType<LinkDescription>())
        {
            var target = All.SingleOrDefault(dashboard => dashboard.Uid == link.Dashboard).ShouldNotBeNull(link.Dashboard);
            link.Variables.Keys.ShouldBeSubsetOf(target.Variables.Select(variable => variable.Name));
        }
    }

    [Fact]
    public void A_table_shows_its_labels_and_numbers_under_headings()
    {
        var fleet = JsonNode.Parse(DashboardJson.Render(All.Single(dashboard => dashboard.Uid == "nemotron-fleet")))!;
        var table = fleet["panels"]!.AsArray().Single(panel => panel!["type"]!.GetValue<string>() == "table")!;
        var organize = table["transformations"]![1]!["options"]!;
        organize["renameByName"]!["Value #E"]!.GetValue<string>().ShouldBe("KV cache");
        organize["excludeByName"]!["Value #A"]!.GetValue<bool>().ShouldBeTrue("the 1 of an info series is no news");
        table["fieldConfig"]!["defaults"]!["links"]![0]!["url"]!.GetValue<string>().ShouldContain("/d/nemotron-deployment?");
    }

    [Theory]
    [InlineData("title: x", "x.yaml: uid is missing.")]
    [InlineData("uid: a\ntitle: b\ndescription: c\nrows: [{title: d, panels: [{title: e, description: f, width: 30, queries: [{expr: up}]}]}]", "width is 30; it must be 1 to 24.")]
    [InlineData("uid: a\ntitle: b\ndescription: c\nrows: [{title: d, panels: [{title: e, description: f}]}]", "it asks nothing")]
    [InlineData("uid: a\nheading: b", "x.yaml, line 2: Property 'heading' not found")]
    public void A_description_that_cannot_be_used_says_where(string text, string says) =>
        Should.Throw<DescriptionException>(() => DescriptionReader.Read("x.yaml", text)).Message.ShouldContain(says);

    private static IEnumerable<PanelDescription> Panels(DashboardDescription dashboard) => dashboard.Rows.SelectMany(row => row.Panels);

    [GeneratedRegex(@"\$(\w+)")]
    private static partial Regex Variable();
}
