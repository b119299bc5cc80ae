using System.Text.RegularExpressions;
using Nemotron.Engines.Tests.Metrics;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Nemotron.Dashboards.Tests;

/// <summary>Every alert fires when it should, with the sentence that it should say, and is silent when it should be: by Prometheus' own promtool.</summary>
public sealed partial class AlertTests : IDisposable
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build();
    private static readonly IReadOnlyList<AlertCase> Cases =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Alerts"), "*.yaml").Order(StringComparer.Ordinal).SelectMany(file => Yaml.Deserialize<List<AlertCase>>(File.ReadAllText(file)))];

    private readonly string _folder = Directory.CreateTempSubdirectory("nemotron-alerts-").FullName;

    public static TheoryData<string> Alerts => [.. Cases.Select(test => test.Alert)];

    [Fact]
    public void Every_alert_is_tried_firing_and_silent()
    {
        Cases.Select(test => test.Alert).Order().ShouldBe(RuleFiles.Alerts.Select(alert => alert.Alert!).Order());
        Cases.ShouldAllBe(test => test.Fires.Count > 0 && test.Silent.Count > 0);
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public async Task It_fires_with_its_sentence_and_is_silent_otherwise(string alert)
    {
        var test = Cases.Single(candidate => candidate.Alert == alert);
        foreach (var name in RuleFiles.Names)
        {
            // promtool compares all annotations; the sentence is what is worth writing down twice.
            var rules = OtherAnnotations().Replace(File.ReadAllText(Path.Combine(RuleFiles.Folder, name)), "");
            await File.WriteAllTextAsync(Path.Combine(_folder, name), rules, TestContext.Current.CancellationToken);
        }

        var severity = RuleFiles.Alerts.Single(rule => rule.Alert == alert).Labels["severity"];
        var tests = test.Fires.Select(firing => Test(alert, firing, firing.Labels.Append(KeyValuePair.Create("severity", severity)).ToDictionary()))
            .Concat(test.Silent.Select(silent => Test(alert, silent, null)));
        var file = new { rule_files = RuleFiles.Names, evaluation_interval = "1m", tests };
        await File.WriteAllTextAsync(Path.Combine(_folder, "test.yaml"), new SerializerBuilder().Build().Serialize(file), TestContext.Current.CancellationToken);
        var (code, output) = await Promtool.RunAsync(_folder, "test", "rules", "test.yaml");
        code.ShouldBe(0, output);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static object Test(string alert, AlertScene scene, Dictionary<string, string>? labels) => new
    {
        interval = "1m",
        input_series = scene.Series.Select(series => new { series = series.Key, values = series.Value }),
        alert_rule_test = new[]
        {
            new
            {
                eval_time = scene.At,
                alertname = alert,
                exp_alerts = labels is null ? [] : new object[] { new { exp_labels = labels, exp_annotations = new Dictionary<string, string> { ["description"] = scene.Says } } },
            },
        },
    };

    [GeneratedRegex(@"^ {10}(summary|runbook): .*\n", RegexOptions.Multiline)]
    private static partial Regex OtherAnnotations();
}

/// <summary>What is tried of an alert.</summary>
internal sealed record AlertCase
{
    public string Alert { get; init; } = "";

    public IList<AlertScene> Fires { get; init; } = [];

    public IList<AlertScene> Silent { get; init; } = [];
}

/// <summary>Series and a time.</summary>
internal sealed record AlertScene
{
    /// <summary>For the reader.</summary>
    public string Because { get; init; } = "";

    /// <summary>In promtool's notation, a value a minute.</summary>
    public IDictionary<string, string> Series { get; init; } = new Dictionary<string, string>();

    public string At { get; init; } = "";

    /// <summary>The labels of the alert, but for its severity.</summary>
    public IDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The description, word for word.</summary>
    public string Says { get; init; } = "";
}
