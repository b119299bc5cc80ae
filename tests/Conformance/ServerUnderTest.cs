using System.Diagnostics;
using Nemotron.Lab.Api;

namespace Nemotron.Conformance;

/// <summary>Where requests go: the Lab in this process, or any cluster through <c>kubectl proxy</c>, which brings the credentials.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly LabServer? lab;
    private readonly Process? proxy;

    private ServerUnderTest(string name, Uri url, LabServer? lab, Process? proxy)
    {
        Name = name;
        Url = url;
        this.lab = lab;
        this.proxy = proxy;
    }

    public string Name { get; }

    public Uri Url { get; }

    public bool IsLab => lab is not null;

    public static ServerUnderTest Of(LabServer lab) => new("the Lab", lab.Url, lab, null);

    /// <summary>Starts a proxy to the current context of a kubeconfig (null takes kubectl's default).</summary>
    public static async Task<ServerUnderTest> ProxyAsync(string? kubeconfig, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("kubectl", "proxy --port=0") { RedirectStandardOutput = true };
        if (kubeconfig is not null) start.Environment["KUBECONFIG"] = kubeconfig;
        var process = Process.Start(start)!;
        // "Starting to serve on 127.0.0.1:41234"
        string line = await process.StandardOutput.ReadLineAsync(cancel) ?? throw new InvalidOperationException("kubectl proxy ended without serving");
        return new ServerUnderTest($"the cluster of {kubeconfig ?? "kubectl's default context"}", new Uri($"http://{line.Split(' ')[^1]}/"), null, process);
    }

    public async ValueTask DisposeAsync()
    {
        if (lab is not null) await lab.DisposeAsync();
        if (proxy is null) return;
        proxy.Kill();
        await proxy.WaitForExitAsync();
        proxy.Dispose();
    }
}
