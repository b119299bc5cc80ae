using System.Text;
using Nemotron.Engines.Metrics;
using Nemotron.Engines.Metrics.PromQl;

namespace Nemotron.Dashboards.Rules;

/// <summary>Recording rules of what engines say, whatever dialect they speak: the autoscaler's own queries under names that dashboards can use.</summary>
internal static class EngineRules
{
    private static readonly (string Record, EngineSignal Signal, string Meaning)[] Gauges =
    [
        ("nemotron:kv_used:ratio", EngineSignal.KvUsedFraction, "Share of a replica's KV cache in use, 0 to 1."),
        ("nemotron:engine_running:requests", EngineSignal.Running, "Requests in an engine's batch."),
        ("nemotron:engine_waiting:requests", EngineSignal.Waiting, "Requests that wait for a place in it."),
    ];

    public static string Render()
    {
        var text = new StringBuilder("""
            # Generated from src/Engines/Metrics. Do not edit: change the dialects there, then
            #   dotnet run --project src/Dashboards -- .
            # Each has a series per pod with the labels namespace, pod, nemotrondeployment and dialect.
            groups:
              - name: nemotron.engines
                rules:

            """);
        foreach (var (record, signal, meaning) in Gauges)
        {
            var query = EngineQueries.Gauge(signal, new QueryScope("", TimeSpan.FromMinutes(5)));
            text.Append($"      # {meaning}\n      - record: {record}\n        expr: |\n          (\n");
            foreach (var line in query.Split('\n')) text.Append($"            {line}\n");
            text.Append("          )\n          * on (namespace, pod) group_left (nemotrondeployment)\n          group by (namespace, pod, nemotrondeployment) (up{nemotrondeployment!=\"\"})\n");
        }

        return text.ToString();
    }
}
