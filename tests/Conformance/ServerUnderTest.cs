using System.Diagnostics;
using Nemotron.Conformance.Envtest;
using Nemotron.Lab.Api;

namespace Nemotron.Conformance;

/// <summary>
/// Where requests go: the Lab in this process, a real control plane started for the occasion, or any cluster through <c>kubectl proxy</c>,
/// which brings the credentials.
/// </summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Func<HttpClient> client;
    private readonly Func<ValueTask> stop;

    private ServerUnderTest(ServerKind kind, string name, Uri url, Func<HttpClient>? client, Func<ValueTask> stop)
    {
        Name = name;
        Url = url;
        IsLab = kind == ServerKind.Lab;
        this.client = client ?? (() => new HttpClient { BaseAddress = url });
        this.stop = stop;
    }

    public string Name { get; }

    public Uri Url { get; }

    public bool IsLab { get; }

    /// <summary>Starts, or reaches, what was chosen.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="lab">How the Lab is set up, should it be the one.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EnvtestFault">A real control plane was asked for and does not start.</exception>
    public static Task<ServerUnderTest> StartAsync(ServerChoice choice, LabServerOptions lab, CancellationToken cancel) => choice.Kind switch
    {
        ServerKind.Envtest => EnvtestAsync(choice.Place!, cancel),
        ServerKind.Cluster => ProxyAsync(choice.Place, cancel),
        _ => LabAsync(lab, cancel),
    };

    /// <summary>Starts a proxy to the current context of a kubeconfig (null takes kubectl's default).</summary>
    public static async Task<ServerUnderTest> ProxyAsync(string? kubeconfig, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("kubectl", "proxy --port=0") { RedirectStandardOutput = true };
        if (kubeconfig is not null) start.Environment["KUBECONFIG"] = kubeconfig;
        var process = Process.Start(start)!;
        // "Starting to serve on 127.0.0.1:41234"
        string line = await process.StandardOutput.ReadLineAsync(cancel) ?? throw new InvalidOperationException("kubectl proxy ended without serving");
        return new(ServerKind.Cluster, $"the cluster of {kubeconfig ?? "kubectl's default context"}", new Uri($"http://{line.Split(' ')[^1]}/"), null, async () =>
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        });
    }

    /// <summary>A client with the credentials it takes.</summary>
    public HttpClient CreateClient() => client();

    public ValueTask DisposeAsync() => stop();

    private static async Task<ServerUnderTest> LabAsync(LabServerOptions options, CancellationToken cancel)
    {
        var server = await LabServer.StartAsync(options, cancel);
        return new(ServerKind.Lab, "the Lab", server.Url, null, server.DisposeAsync);
    }

    private static async Task<ServerUnderTest> EnvtestAsync(string folder, CancellationToken cancel)
    {
        var plane = await EnvtestControlPlane.StartAsync(EnvtestBinaries.In(folder), new EnvtestPorts(), Patience, TimeProvider.System, cancel);
        return new(ServerKind.Envtest, $"the kube-apiserver {plane.Version} of {folder}", plane.Url, plane.CreateClient, plane.DisposeAsync);
    }
}
