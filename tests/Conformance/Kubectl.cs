using System.Diagnostics;
using Nemotron.Lab.Api;

namespace Nemotron.Conformance;

/// <summary>The real kubectl against a server of its own, with a home of its own so that caches do not cross.</summary>
internal sealed class Kubectl : IAsyncDisposable
{
    private readonly string home;

    private Kubectl(LabServer server, string home)
    {
        Server = server;
        this.home = home;
    }

    public LabServer Server { get; }

    public string Kubeconfig => Path.Combine(home, "kubeconfig");

    /// <summary>Starts a server for one test; skips the test, saying so, when there is no kubectl.</summary>
    public static async Task<Kubectl> StartAsync()
    {
        bool installed = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "kubectl")));
        if (!installed) Assert.Skip("kubectl is not on the PATH (Debian: apt-get install kubectl, or the release's binary)");
        var server = await LabServer.StartAsync(new LabServerOptions(), TestContext.Current.CancellationToken);
        string home = Directory.CreateTempSubdirectory("lab-kubectl-").FullName;
        server.WriteKubeconfig(Path.Combine(home, "kubeconfig"));
        return new Kubectl(server, home);
    }

    /// <summary>Runs kubectl and demands success; the output.</summary>
    public async Task<string> RunAsync(string arguments, string? input = null)
    {
        var (code, output, error) = await TryAsync(arguments, input);
        code.ShouldBe(0, $"kubectl {arguments}\n{output}{error}");
        return output;
    }

    /// <summary>Runs kubectl.</summary>
    public async Task<(int Code, string Output, string Error)> TryAsync(string arguments, string? input = null)
    {
        var start = new ProcessStartInfo("kubectl")
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
        await Server.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

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
