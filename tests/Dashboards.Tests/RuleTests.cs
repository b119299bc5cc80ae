using Nemotron.Engines.Tests.Metrics;

namespace Nemotron.Dashboards.Tests;

public class RuleTests
{
    private static readonly string[] Severities = ["critical", "warning", "info"];

    [Fact]
    public async Task Promtool_finds_no_fault()
    {
        var (code, output) = await Promtool.RunAsync(RuleFiles.Folder, ["check", "rules", "--lint-fatal", .. RuleFiles.Names]);
        code.ShouldBe(0, output);
        Console.WriteLine($"measured: promtool check rules: {RuleFiles.Rules.Count} rules, {RuleFiles.Alerts.Count()} of them alerts");
    }

    [Fact]
    public void Every_alert_says_how_bad_what_and_where_to_read_on()
    {
        foreach (var alert in RuleFiles.Alerts)
        {
            Severities.ShouldContain(alert.Labels["severity"], alert.Alert);
            alert.Annotations["summary"].Length.ShouldBeInRange(10, 160, alert.Alert);
            alert.Annotations["runbook"].ShouldBe($"docs/runbooks/{alert.Alert}.md");
            alert.Annotations["description"].ShouldEndWith(".", Case.Sensitive, alert.Alert);
        }
    }

    [Fact]
    public void Every_alert_has_a_runbook_and_every_runbook_an_alert()
    {
        var runbooks = Directory.GetFiles(Repository.PathOf("docs", "runbooks"), "*.md").Select(file => Path.GetFileNameWithoutExtension(file)).Order();
        runbooks.ShouldBe(RuleFiles.Alerts.Select(alert => alert.Alert!).Order());
    }

    [Fact]
    public void A_runbook_says_what_it_means_how_to_check_and_what_to_do()
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("docs", "runbooks"), "*.md"))
        {
            var lines = File.ReadAllLines(file);
            lines[0].ShouldBe($"# {Path.GetFileNameWithoutExtension(file)}");
            lines.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).ShouldBe(["## What it means", "## How to check", "## What to do"], file);
        }
    }

    [Fact]
    public void Docs_list_every_alert()
    {
        var page = File.ReadAllText(Repository.PathOf("docs", "alerts.md"));
        foreach (var alert in RuleFiles.Alerts) page.ShouldContain($"[{alert.Alert}](runbooks/{alert.Alert}.md) | {alert.Labels["severity"]} |");
    }

    [Fact]
    public void Records_are_made_once_and_used()
    {
        var records = RuleFiles.Rules.Where(rule => rule.Record is not null).ToList();
        foreach (var twice in records.GroupBy(rule => (rule.Record, rule.Labels.TryGetValue("signal", out var signal) ? signal : "")).Where(group => group.Count() > 1))
            twice.Key.Record.ShouldBeNull("recorded twice");
        var used = string.Join('\n', RuleFiles.Rules.Select(rule => rule.Expr).Concat(Directory.GetFiles(Repository.PathOf(GeneratedFiles.Descriptions)).Select(File.ReadAllText)));
        foreach (var record in records) used.ShouldContain(record.Record!, Case.Sensitive, "nobody uses it");
    }
}
