using System.Diagnostics;
using Nemotron.Lab.Api;
using Nemotron.Lab.Api.Access;
using Nemotron.Lab.Nodes;

namespace Nemotron.Conformance;

/// <summary>The real kubectl against a server of its own, with a home of its own so that caches do not cross.</summary>
internal sealed class Kubectl : IAsyncDisposable
{
    private readonly string home;
    private readonly IAsyncDisposable running;

    private Kubectl(LabServer server, IAsyncDisposable running, string home)
    {
        Server = server;
        this.running = running;
        this.home = home;
    }

    public LabServer Server { get; }

    public string Kubeconfig => Path.Combine(home, "kubeconfig");

    /// <summary>Starts a server for one test; skips the test, saying so, when there is no kubectl.</summary>
    public static async Task<Kubectl> StartAsync(LabServerOptions? options = null)
    {
        SkipWithoutKubectl();
        var server = await LabServer.StartAsync(options ?? new LabServerOptions(), TestContext.Current.CancellationToken);
        return Of(server, server);
    }

    /// <summary>Starts a cluster, with controllers and nodes, for one test; skips the test, saying so, when there is no kubectl.</summary>
    public static async Task<Kubectl> StartAsync(LabClusterOptions options)
    {
        SkipWithoutKubectl();
        var cluster = await LabCluster.StartAsync(options, TestContext.Current.CancellationToken);
        return Of(cluster.Server, cluster);
    }

    /// <summary>Writes a further kubeconfig; its path.</summary>
    public string KubeconfigOf(LabIdentity identity)
    {
        string path = Path.Combine(home, Path.GetRandomFileName());
        Server.WriteKubeconfig(path, identity);
        return path;
    }

    /// <summary>Runs kubectl and demands success; the output.</summary>
    public async Task<string> RunAsync(string arguments, string? input = null, string program = "kubectl")
    {
        var (code, output, error) = await TryAsync(arguments, input, program);
        code.ShouldBe(0, $"{program} {arguments}\n{output}{error}");
        return output;
    }

    /// <summary>Runs kubectl, or another program that reads the same kubeconfig.</summary>
    public async Task<(int Code, string Output, string Error)> TryAsync(string arguments, string? input = null, string program = "kubectl")
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in Split(arguments)) start.ArgumentList.Add(argument);
        start.Environment["KUBECONFIG"] = Path.Combine(home, "kubeconfig");
        start.Environment["HOME"] = home;
        using var process = Process.Start(start)!;
        var cancel = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output, await error);
    }

    public async ValueTask DisposeAsync()
    {
        await running.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    /// <summary>Skips the test, saying why, when a program is not there.</summary>
    public static void SkipWithout(string program, string howToGetIt)
    {
        bool installed = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
        if (!installed) Assert.Skip($"{program} is not on the PATH ({howToGetIt})");
    }

    private static Kubectl Of(LabServer server, IAsyncDisposable running)
    {
        string home = Directory.CreateTempSubdirectory("lab-kubectl-").FullName;
        server.WriteKubeconfig(Path.Combine(home, "kubeconfig"));
        return new Kubectl(server, running, home);
    }

    private static void SkipWithoutKubectl() => SkipWithout("kubectl", "Debian: apt-get install kubernetes-client, or the release's binary");

    /// <summary>Splits at blanks outside single quotes, as a shell would.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var word = new System.Text.StringBuilder();
        bool quoted = false;
        foreach (char c in text)
        {
            if (c == '\'') quoted = !quoted;
            else if (c != ' ' || quoted) word.Append(c);
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
