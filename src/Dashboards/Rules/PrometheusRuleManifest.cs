using System.Text;

namespace Nemotron.Dashboards.Rules;

/// <summary>The same rules as the Prometheus operator's custom resource, for those who install without Helm.</summary>
internal static class PrometheusRuleManifest
{
    private const string Groups = "groups:\n";

    public static string Render(IReadOnlyDictionary<string, string> files)
    {
        var text = new StringBuilder("""
            # Generated from the rule files beside this folder. Do not edit: change those, then
            #   dotnet run --project src/Dashboards -- .
            apiVersion: monitoring.coreos.com/v1
            kind: PrometheusRule
            metadata:
              name: nemotron
              labels:
                app.kubernetes.io/name: nemotron-operator
            spec:
              groups:

            """);
        foreach (var (_, rules) in files.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            var body = rules[(rules.IndexOf(Groups, StringComparison.Ordinal) + Groups.Length)..];
            foreach (var line in body.TrimEnd('\n').Split('\n')) text.Append(line.Length == 0 ? "\n" : $"  {line}\n");
        }

        return text.ToString();
    }
}
