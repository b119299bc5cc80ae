using System.Net;
using System.Net.Sockets;
using System.Text;
using Nemotron.Conformance.Envtest;
using Nemotron.Conformance.StandIns;

namespace Nemotron.Conformance;

/// <summary>
/// How a real control plane is started and what is said when it is not. A kube-apiserver could not be had where this was written, so
/// stand-ins take its place and etcd's: what is proven is the way, not that the real one takes every flag.
/// </summary>
public sealed class EnvtestTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string folder = Directory.CreateTempSubdirectory("lab-assets-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_control_plane_is_started_used_and_torn_down()
    {
        StandIn.Install(folder);
        Uri url;
        await using (var server = await ServerUnderTest.StartAsync(new ServerChoice(ServerKind.Envtest, folder), new(), Cancel))
        {
            url = server.Url;
            server.IsLab.ShouldBeFalse();
            server.Name.ShouldStartWith("the kube-apiserver v1.");
            server.Name.ShouldEndWith($" of {folder}");
            using var admin = server.CreateClient();
            using var made = await admin.PostAsync("/api/v1/namespaces", new StringContent("""{"metadata":{"name":"team"}}""", Encoding.UTF8, "application/json"), Cancel);
            made.StatusCode.ShouldBe(HttpStatusCode.Created);

            using var nobody = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null } }) { BaseAddress = url };
            (await nobody.GetAsync("/api/v1/namespaces", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            using var wary = new HttpClient { BaseAddress = url };
            await Should.ThrowAsync<HttpRequestException>(() => wary.GetAsync("/version", Cancel));
        }

        using var late = new TcpClient();
        await Should.ThrowAsync<SocketException>(async () => await late.ConnectAsync(IPAddress.Loopback, url.Port, Cancel));
    }

    [Fact]
    public async Task The_recorded_exchanges_reach_it()
    {
        if (Recording.Load() is not { } recordings) Assert.Skip("the recordings are not there: ../shared/data/apiserver-recordings.jsonl beside the repository");
        else
        {
            StandIn.Install(folder);
            await using var server = await ServerUnderTest.StartAsync(new ServerChoice(ServerKind.Envtest, folder), new(), Cancel);
            using var client = server.CreateClient();
            var answers = await new Replay(client, Cancel).RunAsync(recordings);
            // The stand-in is the Lab by the system's clock, so a list that is ordered by time may differ.
            answers.Count(answer => Judge.Differences(answer.Recording, answer.Answer).Count == 0).ShouldBeGreaterThan(210);
        }
    }

    [Theory]
    [InlineData("etcd")]
    [InlineData("kube-apiserver")]
    public void A_missing_program_is_named(string program)
    {
        StandIn.Install(folder);
        File.Delete(Path.Combine(folder, program));
        Should.Throw<EnvtestFault>(() => EnvtestBinaries.In(folder)).Message
            .ShouldBe($"KUBEBUILDER_ASSETS={folder}: there is no {program} in it. `setup-envtest use -p path` fetches both programs and prints their folder");
    }

    [Fact]
    public void A_missing_folder_and_a_file_that_may_not_be_run_are_named()
    {
        Should.Throw<EnvtestFault>(() => EnvtestBinaries.In($"{folder}/none")).Message.ShouldStartWith($"KUBEBUILDER_ASSETS={folder}/none: there is no such folder");
        StandIn.Install(folder);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(folder, "etcd"), UnixFileMode.UserRead);
        Should.Throw<EnvtestFault>(() => EnvtestBinaries.In(folder)).Message.ShouldBe($"{folder}/etcd may not be executed: chmod +x {folder}/etcd");
    }

    [Fact]
    public async Task A_file_that_is_no_program_of_this_machine_is_named()
    {
        StandIn.Install(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "etcd"), [0x7f, (byte)'E', (byte)'L', (byte)'F', 0, 0, 0, 0], Cancel);
        (await StartAsync()).Message.ShouldStartWith($"{folder}/etcd cannot be started: ");
    }

    [Fact]
    public async Task A_taken_port_is_told()
    {
        StandIn.Install(folder);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        (await StartAsync(new EnvtestPorts(ApiServer: port))).Message
            .ShouldBe($"port {port} on 127.0.0.1, wanted for kube-apiserver, is taken: stop what listens there, or ask for port 0 to have a free one chosen");
        (await StartAsync(new EnvtestPorts(Etcd: port))).Message.ShouldStartWith($"port {port} on 127.0.0.1, wanted for etcd, is taken: ");
    }

    [Fact]
    public async Task A_program_that_ends_early_is_told_with_its_last_lines()
    {
        StandIn.Install(folder);
        StandIn.WriteScript(folder, "kube-apiserver", "for i in $(seq 1 20); do echo noise; echo line $i >&2; done; echo 'E0101 unknown flag: --endpoint-reconciler-type' >&2; exit 3");
        string message = (await StartAsync()).Message;
        message.ShouldStartWith("kube-apiserver ended with exit code 3 before it was ready. It said last:\n  ");
        message.ShouldContain("E0101 unknown flag: --endpoint-reconciler-type");
        message.ShouldContain("line 20");
        message.ShouldNotContain("line 9");
        message.ShouldNotContain("noise");
    }

    [Fact]
    public async Task The_stand_in_refuses_what_is_wrong_as_the_real_one_would()
    {
        StandIn.Install(folder);
        StandIn.WriteScript(folder, "kube-apiserver-in", "");
        File.Move(Path.Combine(folder, "kube-apiserver"), Path.Combine(folder, "kube-apiserver-in"), overwrite: true);
        StandIn.WriteScript(folder, "kube-apiserver", $"exec '{folder}/kube-apiserver-in' \"$@\" --tls-cert-fil=x");
        (await StartAsync()).Message.ShouldContain("Error: unknown flag: --tls-cert-fil");
        StandIn.WriteScript(folder, "kube-apiserver", $"for f in \"$@\"; do case $f in --tls-private-key-file=*) echo broken > \"${{f#*=}}\";; esac; done; exec '{folder}/kube-apiserver-in' \"$@\"");
        (await StartAsync()).Message.ShouldContain("Error: --tls-cert-file=");
    }

    [Fact]
    public async Task A_program_that_never_gets_ready_is_told_with_what_it_answered()
    {
        StandIn.Install(folder);
        StandIn.WriteScript(folder, "kube-apiserver", "echo 'waiting for something' >&2; exec sleep 600");
        string message = (await StartAsync(patience: TimeSpan.FromSeconds(3))).Message;
        message.ShouldStartWith("kube-apiserver was not ready within 3 s: https://127.0.0.1:");
        message.ShouldContain("/readyz cannot be reached: ");
        message.ShouldEndWith("It said last:\n  waiting for something");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Demands that nothing starts; why.</summary>
    private async Task<EnvtestFault> StartAsync(EnvtestPorts? ports = null, TimeSpan? patience = null) =>
        await Should.ThrowAsync<EnvtestFault>(() => EnvtestControlPlane.StartAsync(EnvtestBinaries.In(folder), ports ?? new(), patience ?? Patience, TimeProvider.System, Cancel));
}
