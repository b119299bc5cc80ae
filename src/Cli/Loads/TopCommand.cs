using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Nemotron.Cli.Clusters;
using Nemotron.Crds;
using Nemotron.Kube;
using Spectre.Console;

namespace Nemotron.Cli.Loads;

/// <summary><c>kubectl nemotron top</c>: what the deployments are doing now, drawn anew while a person watches.</summary>
internal static class TopCommand
{
    // Home, and clear what is below.
    private const string FromTheTop = "\e[H\e[J";

    public static Command Create(Terminal terminal)
    {
        var output = OutputOption.Create();
        var once = new Option<bool>("--once") { Description = "Print once and end; always so where no person watches." };
        var interval = new Option<string?>("--interval") { Description = "Time between two readings, at least 1s; 2s if absent." };
        var prometheus = new PrometheusOption();
        var cluster = new ClusterOptions();
        var command = new Command("top", "Shows the load of NemotronDeployments: tokens/s, KV cache, in flight, queued, TTFT. Reads gateways and engines through the API server, or Prometheus with --prometheus-url.") { output, once, interval };
        prometheus.AddTo(command);
        cluster.AddTo(command, allNamespaces: true);
        command.SetAction(async (given, cancellationToken) =>
        {
            var format = OutputOption.Parse(given.GetValue(output));
            var pace = Interval(given.GetValue(interval));
            using var api = cluster.Open(given, terminal.Time);
            using var remote = prometheus.Open(given, terminal.Time);
            ILoadSource source = remote is null ? new ProxyLoads(api, terminal.Time) : new PrometheusLoads(remote);
            var ns = cluster.Namespace(given, api);
            var live = terminal.Interactive && !given.GetValue(once) && format == OutputFormat.Table;
            using var timer = new PeriodicTimer(pace, terminal.Time);
            if (source.NeedsTwo)
            {
                await RowsAsync(api, ns, source, cancellationToken);
                await timer.WaitForNextTickAsync(cancellationToken);
            }

            if (!live)
            {
                var rows = await RowsAsync(api, ns, source, cancellationToken);
                if (format == OutputFormat.Table) Write(terminal, rows);
                else Structured.Write(terminal.Out, format, rows);
                return ExitCodes.Ok;
            }

            try
            {
                do
                {
                    var rows = await RowsAsync(api, ns, source, cancellationToken);
                    terminal.Out.Write(FromTheTop);
                    Write(terminal, rows);
                }
                while (await timer.WaitForNextTickAsync(cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Ctrl-C is how a watcher leaves.
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<LoadRow[]> RowsAsync(ApiConnection api, string? ns, ILoadSource source, CancellationToken cancellationToken)
    {
        var entities = await DeploymentLookup.AllAsync(api, ns, cancellationToken);
        var path = ns is null ? "api/v1/pods" : $"api/v1/namespaces/{ns}/pods";
        var found = await api.ListAsync(path, $"{NemotronLabels.Deployment},{NemotronLabels.Role}={NemotronLabels.ServerRole}", cancellationToken) ?? [];
        ServingPod[] pods = [.. found.Select(Read)];
        var loads = await source.ReadAsync(pods, cancellationToken);
        return [.. entities.Select(entity => LoadRow.Of(entity, [.. pods.Where(pod => pod.Namespace == entity.Metadata.NamespaceProperty && pod.Deployment == entity.Metadata.Name)], loads))];
    }

    private static ServingPod Read(JsonObject pod)
    {
        var metadata = pod["metadata"]!;
        var ports = (pod["spec"]?["containers"] as JsonArray ?? []).SelectMany(container => container?["ports"] as JsonArray ?? [])
            .Where(port => port?["name"] is not null).GroupBy(port => port!["name"]!.GetValue<string>()).ToDictionary(group => group.Key, group => group.First()!["containerPort"]!.GetValue<int>());
        var ready = metadata["deletionTimestamp"] is null
            && (pod["status"]?["conditions"] as JsonArray ?? []).Any(condition => condition?["type"]?.GetValue<string>() == "Ready" && condition["status"]?.GetValue<string>() == "True");
        return new ServingPod(metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>(), metadata["labels"]![NemotronLabels.Deployment]!.GetValue<string>(), ready, ports);
    }

    private static void Write(Terminal terminal, LoadRow[] rows)
    {
        var table = Terminal.Columns("NAMESPACE", "NAME", "READY", "TOK/S", "KV%", "IN-FLIGHT", "QUEUED", "TTFT-P95");
        foreach (var row in rows)
        {
            var kv = Number(row.KvPercent);
            table.AddRow(
                Markup.Escape(row.Namespace), Markup.Escape(row.Name), $"{Number(row.Ready)}/{Number(row.Desired)}", Number(row.TokensPerSecond),
                row.KvPercent is >= 90 ? $"[red]{kv}[/]" : row.KvPercent is >= 80 ? $"[yellow]{kv}[/]" : kv,
                Number(row.InFlight), row.Queued is > 0 ? $"[yellow]{Number(row.Queued)}[/]" : Number(row.Queued), row.TtftP95Seconds is { } ttft ? $"{Number(1000 * ttft)}ms" : "-");
        }

        terminal.Rows().Write(table);
        foreach (var row in rows.Where(row => row.Trouble is not null)) terminal.Sentences().MarkupLine($"[yellow]{Markup.Escape($"{row.Namespace}/{row.Name}: {row.Trouble}")}[/]");
    }

    private static string Number(double? value) => value?.ToString("0", CultureInfo.InvariantCulture) ?? "?";

    private static TimeSpan Interval(string? text) => text is null ? TimeSpan.FromSeconds(2)
        : Duration.TryParse(text, out var interval) && interval.Value >= TimeSpan.FromSeconds(1) ? interval.Value
        : throw new BadInputException($"--interval must be a duration of at least 1s, not '{text}'");
}
