using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Nemotron.Conformance.Envtest;

/// <summary>Ports asked for; 0 has a free one chosen.</summary>
internal sealed record EnvtestPorts(int Etcd = 0, int ApiServer = 0);

/// <summary>
/// A real kube-apiserver over a real etcd, as controller-runtime's envtest starts them: on the loopback interface, with certificates of
/// its own, in a temporary folder that goes with it. No controllers, no kubelets.
/// </summary>
/// <remarks>
/// What has been run: the whole way with stand-ins (see StandIns), and etcd for real. A kube-apiserver could not be had where this was
/// written; its flags are those of envtest and of the reference documentation, and await their first run.
/// </remarks>
internal sealed class EnvtestControlPlane : IAsyncDisposable
{
    private readonly ControlPlaneFiles files;
    private readonly List<ChildProcess> processes = [];

    private EnvtestControlPlane(ControlPlaneFiles files) => this.files = files;

    /// <summary>Where the API server is.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The version it gives itself, such as <c>v1.36.2</c>.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Starts both, and returns when the API server is ready.</summary>
    /// <param name="binaries">The programs.</param>
    /// <param name="ports">Their ports.</param>
    /// <param name="patience">How long each may take to be ready.</param>
    /// <param name="time">The clock of certificates and patience.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EnvtestFault">One of them does not start; nothing is left behind.</exception>
    public static async Task<EnvtestControlPlane> StartAsync(EnvtestBinaries binaries, EnvtestPorts ports, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        var plane = new EnvtestControlPlane(ControlPlaneFiles.Create(time));
        try
        {
            var etcd = await plane.StartEtcdAsync(binaries.Etcd, ports.Etcd, patience, time, cancel);
            await plane.StartApiServerAsync(binaries.ApiServer, ports.ApiServer, etcd, patience, time, cancel);
            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that is the administrator and trusts this server only.</summary>
    public HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [files.Admin],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 server && files.Trusts(server),
            },
        };
        return new HttpClient(handler) { BaseAddress = Url };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(processes)) await process.DisposeAsync();
        files.Dispose();
    }

    private async Task<string> StartEtcdAsync(string path, int wanted, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        int port = LoopbackPort.Claim(wanted, "etcd");
        var process = ChildProcess.Start(path, EtcdFlags.For(port, files.EtcdData, await ChildProcess.OutputAsync(path, "--help", patience, time, cancel)));
        processes.Add(process);
        using var client = new HttpClient();
        await process.UntilReadyAsync(client, new Uri($"{EtcdFlags.Address(port)}/health"), patience, time, cancel);
        return EtcdFlags.Address(port);
    }

    private async Task StartApiServerAsync(string path, int wanted, string etcd, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        int port = LoopbackPort.Claim(wanted, "kube-apiserver");
        Url = ApiServerFlags.Url(port);
        var process = ChildProcess.Start(path, ApiServerFlags.For(port, etcd, files));
        processes.Add(process);
        using var client = CreateClient();
        await process.UntilReadyAsync(client, new Uri(Url, "readyz"), patience, time, cancel);
        // Made by the server itself, a moment after it says that it is ready.
        await process.UntilReadyAsync(client, new Uri(Url, "api/v1/namespaces/default"), patience, time, cancel);
        Version = (string?)JsonNode.Parse(await client.GetStringAsync(new Uri(Url, "version"), cancel))!["gitVersion"] ?? "of unknown version";
    }
}
