using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using k8s;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>
/// A real Prometheus that scrapes the Lab's engines each second. Debian builds it without discovery through a Kubernetes API server, so a loop here writes the pods into a file that it watches.
/// </summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private const string Targets = "targets.json";
    private static readonly Dictionary<string, string> Paths = new() { ["engine"] = "/prometheus/metrics", ["gateway-admin"] = "/metrics" };
    private static readonly string Package = Path.Combine(Repository.Root, ".tools", "prometheus");
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _discovery;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly int? _operatorPort;

    private PrometheusServer(Process process, DirectoryInfo folder, Uri url, IKubernetes pods, int? operatorPort)
    {
        _operatorPort = operatorPort;
        _process = process;
        _folder = folder;
        Url = url;
        _discovery = DiscoverAsync(pods);
    }

    public Uri Url { get; }

    /// <summary>Starts it, or skips the test with the reason why it is not there.</summary>
    /// <param name="pods">The Lab, whose pods are scraped.</param>
    /// <param name="rules">Rule files to evaluate each second.</param>
    /// <param name="operatorPort">Where an operator shows its metrics, to be scraped with the nodes' DCGM exporters; null for neither.</param>
    public static async Task<PrometheusServer> StartAsync(IKubernetes pods, IEnumerable<string>? rules = null, int? operatorPort = null)
    {
        if (await FindAsync() is not { } program)
        {
            Assert.Skip("prometheus is not installed, and Debian's package prometheus could not be taken from its archive");
            throw new UnreachableException();
        }

        var port = Ports.Free();
        var folder = Directory.CreateTempSubdirectory("nemotron-prometheus-");
        var file = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(file, Configuration(Path.Combine(folder.FullName, Targets), rules ?? []));
        var start = new ProcessStartInfo(program, [
            $"--config.file={file}", $"--storage.tsdb.path={folder.FullName}/data", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) Console.WriteLine($"prometheus: {text}"); };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var server = new PrometheusServer(process, folder, new Uri($"http://127.0.0.1:{port}"), pods, operatorPort);
        await Until.TrueAsync(server.IsReady, "Prometheus to be ready");
        return server;
    }

    /// <summary>The sum of an expression's series now; null where it has none.</summary>
    public async Task<double?> SumAsync(string query)
    {
        var answer = await _client.GetFromJsonAsync<JsonNode>($"{Url}api/v1/query?query={Uri.EscapeDataString($"sum({query})")}");
        return answer!["data"]!["result"]!.AsArray() is [var first, ..] ? double.Parse(first!["value"]![1]!.ToString(), System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    /// <summary>What its HTTP API answers to a query: the series, or an exception with Prometheus' own words.</summary>
    /// <param name="path">Such as query, query_range or rules.</param>
    /// <param name="parameters">By name.</param>
    public async Task<JsonNode> AskAsync(string path, params (string Name, string Value)[] parameters)
    {
        using var form = new FormUrlEncodedContent(parameters.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value)));
        using var answer = parameters.Length == 0 ? await _client.GetAsync(new Uri(Url, $"api/v1/{path}")) : await _client.PostAsync(new Uri(Url, $"api/v1/{path}"), form);
        var body = await answer.Content.ReadFromJsonAsync<JsonNode>();
        return body!["status"]!.GetValue<string>() == "success" ? body["data"]! : throw new InvalidOperationException(body["error"]!.GetValue<string>());
    }

    /// <summary>Ends it, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _discovery;
        await KillAsync();
        _stop.Dispose();
        _process.Dispose();
        _client.Dispose();
        _folder.Delete(recursive: true);
    }

    private bool IsReady()
    {
        if (_process.HasExited) throw new InvalidOperationException($"Prometheus ended with {_process.ExitCode}");
        try
        {
            return _client.GetAsync(new Uri(Url, "-/ready")).GetAwaiter().GetResult().IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Configuration(string targets, IEnumerable<string> rules) => $$"""
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: [{{string.Join(", ", rules.Select(rule => $"\"{rule}\""))}}]
        scrape_configs:
        - job_name: models
          file_sd_configs: [{files: ["{{targets}}"], refresh_interval: 1s}]
          honor_labels: true

        """;

    // As a PodMonitor for the operator's pods would have it: running pods, namespace and pod as labels, the ports by their names.
    private async Task DiscoverAsync(IKubernetes client)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), TimeProvider.System);
        var file = Path.Combine(_folder.FullName, Targets);
        try
        {
            do
            {
                var pods = await client.CoreV1.ListPodForAllNamespacesAsync(labelSelector: "serving.nemotron.dev/deployment", cancellationToken: _stop.Token);
                var targets =
                    from pod in pods.Items
                    where pod.Status.Phase == "Running" && pod.Status.PodIP is not null
                    from port in pod.Spec.Containers.SelectMany(container => container.Ports ?? [])
                    where Paths.ContainsKey(port.Name)
                    select new JsonObject
                    {
                        ["targets"] = new JsonArray($"{pod.Status.PodIP}:{port.ContainerPort}"),
                        ["labels"] = new JsonObject
                        {
                            ["namespace"] = pod.Metadata.NamespaceProperty, ["pod"] = pod.Metadata.Name, ["__metrics_path__"] = Paths[port.Name],
                            ["nemotrondeployment"] = pod.Metadata.Labels["serving.nemotron.dev/deployment"],
                        },
                    };
                var all = new JsonArray([.. targets]);
                if (_operatorPort is { } metrics) await AddOthersAsync(all, client, metrics);
                await File.WriteAllTextAsync($"{file}.new", all.ToJsonString(), _stop.Token);
                File.Move($"{file}.new", file, overwrite: true);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task AddOthersAsync(JsonArray targets, IKubernetes client, int operatorPort)
    {
        targets.Add(new JsonObject
        {
            ["targets"] = new JsonArray($"127.0.0.1:{operatorPort}"),
            ["labels"] = new JsonObject { ["job"] = "nemotron-operator", ["namespace"] = "nemotron-system", ["pod"] = "nemotron-operator-0" },
        });
        var nodes = await client.CoreV1.ListNodeAsync(cancellationToken: _stop.Token);
        foreach (var address in nodes.Items.Select(node => node.Status.Addresses.First(entry => entry.Type == "InternalIP").Address))
            targets.Add(new JsonObject { ["targets"] = new JsonArray($"{address}:9400"), ["labels"] = new JsonObject { ["job"] = "dcgm-exporter" } });
    }

    private static async Task<string?> FindAsync()
    {
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
            if (File.Exists(Path.Combine(folder, "prometheus"))) return Path.Combine(folder, "prometheus");
        var program = Path.Combine(Package, "usr", "bin", "prometheus");
        if (File.Exists(program)) return program;
        Directory.CreateDirectory(Package);
        if (await RunAsync("apt-get", "download", "prometheus") != 0)
        {
            // Fresh machines have no package lists.
            if (await RunAsync("apt-get", "update", "-qq") != 0 || await RunAsync("apt-get", "download", "prometheus") != 0) return null;
        }

        if (Directory.GetFiles(Package, "prometheus_*.deb") is not [var package, ..]) return null;
        var extracted = await RunAsync("dpkg-deb", "--extract", package, Package);
        File.Delete(package);
        return extracted == 0 && File.Exists(program) ? program : null;
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Package, RedirectStandardOutput = true, RedirectStandardError = true })!;
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 127;
        }
    }
}
