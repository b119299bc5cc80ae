using Nemotron.Dashboards.Descriptions;
using Nemotron.Dashboards.Grafana;
using Nemotron.Dashboards.Rules;

namespace Nemotron.Dashboards;

/// <summary>What is made of the descriptions, and where it lies. A test fails when the files are stale.</summary>
public static class GeneratedFiles
{
    /// <summary>Where the dashboards are described.</summary>
    public const string Descriptions = "config/grafana/descriptions";

    private const string Chart = "charts/nemotron-operator/files";

    /// <summary>The files, by their paths from the repository's root.</summary>
    /// <param name="root">The repository's root.</param>
    /// <exception cref="DescriptionException">A description cannot be used; the message says where.</exception>
    public static IReadOnlyDictionary<string, string> All(string root)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var dashboard in DescriptionReader.ReadAll(Path.Combine(root, Descriptions)))
        {
            var text = DashboardJson.Render(dashboard);
            files[$"config/grafana/{dashboard.Uid}.json"] = text;
            files[$"{Chart}/dashboards/{dashboard.Uid}.json"] = text;
        }

        files["config/prometheus/engines.yaml"] = EngineRules.Render();
        var rules = new[] { "alerts.yaml", "recording.yaml" }.ToDictionary(name => name, name => File.ReadAllText(Path.Combine(root, "config", "prometheus", name)));
        rules["engines.yaml"] = files["config/prometheus/engines.yaml"];
        foreach (var (name, text) in rules) files[$"{Chart}/rules/{name}"] = text;
        files["config/prometheus/operator/prometheusrule.yaml"] = PrometheusRuleManifest.Render(rules);
        return files;
    }
}
