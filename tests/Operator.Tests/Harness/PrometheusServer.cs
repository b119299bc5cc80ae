using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Nemotron.Operator.Tests.Harness;

/// <summary>A real Prometheus that finds the Lab's pods through the Lab's API server and scrapes them each second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly string Package = Path.Combine(Repository.Root, ".tools", "prometheus");
    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });

    private PrometheusServer(Process process, DirectoryInfo folder, Uri url)
    {
        _process = process;
        _folder = folder;
        Url = url;
    }

    public Uri Url { get; }

    /// <summary>Starts it, or skips the test with the reason why it is not there.</summary>
    public static async Task<PrometheusServer> StartAsync(string kubeconfig)
    {
        if (await FindAsync() is not { } program)
        {
            Assert.Skip("prometheus is not installed, and Debian's package prometheus could not be taken from its archive");
            throw new UnreachableException();
        }

        var port = Ports.Free();
        var folder = Directory.CreateTempSubdirectory("nemotron-prometheus-");
        var file = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(file, Configuration(kubeconfig));
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
        var server = new PrometheusServer(process, folder, new Uri($"http://127.0.0.1:{port}"));
        await Until.TrueAsync(server.IsReady, "Prometheus to be ready");
        return server;
    }

    /// <summary>The sum of an expression's series now; null where it has none.</summary>
    public async Task<double?> SumAsync(string query)
    {
        var answer = await _client.GetFromJsonAsync<JsonNode>($"{Url}api/v1/query?query={Uri.EscapeDataString($"sum({query})")}");
        return answer!["data"]!["result"]!.AsArray() is [var first, ..] ? double.Parse(first!["value"]![1]!.ToString(), System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Ends it, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
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

    // As a PodMonitor for the operator's pods would have it: namespace and pod as labels, the port by its name.
    private static string Configuration(string kubeconfig) => $$"""
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        scrape_configs:
        - job_name: engines
          metrics_path: /prometheus/metrics
          kubernetes_sd_configs: [{role: pod, kubeconfig_file: "{{kubeconfig}}"}]
          relabel_configs:
          - {source_labels: [__meta_kubernetes_pod_label_serving_nemotron_dev_deployment, __meta_kubernetes_pod_container_name, __meta_kubernetes_pod_container_port_name], regex: ".+;engine;http", action: keep}
          - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
          - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}

        """;

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
