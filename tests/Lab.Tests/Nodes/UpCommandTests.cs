using System.Net;
using System.Net.Sockets;
using Nemotron.Lab.Cli;

namespace Nemotron.Lab.Nodes.Tests;

public class UpCommandTests
{
    [Theory]
    [InlineData("up --kubeconfig k --nodes 3xH99:8", 2, "unknown GPU \"H99\"")]
    [InlineData("up --kubeconfig k --clock-speed 0", 2, "a speed is above 0")]
    [InlineData("up --kubeconfig k --port 70000", 2, "a port is 0 to 65535")]
    [InlineData("up --kubeconfig k --engines real", 2, "--engines: unknown \"real\"; known are simulated, none")]
    [InlineData("fault pod explode", 2, "\"explode\" is no fault; known are rank-crash")]
    [InlineData("fault pod hang --kubeconfig /proc/nowhere/k", 1, "Is the Lab running, and is --kubeconfig its own?")]
    [InlineData("up", 2, "--kubeconfig")]
    [InlineData("up --kubeconfig k --with lws,istio", 2, "--with: unknown \"istio\"; known are lws")]
    [InlineData("up --kubeconfig k --authorization ABAC", 2, "--authorization: unknown \"ABAC\"; known are AlwaysAllow, RBAC")]
    [InlineData("up --kubeconfig k --audit-log /proc/nowhere/a", 1, "cannot write the audit log /proc/nowhere/a")]
    [InlineData("down", 2, "down")]
    [InlineData("up --kubeconfig /proc/nowhere/k", 1, "cannot write the kubeconfig /proc/nowhere/k")]
    public async Task Mistakes_end_with_a_sentence_and_a_code(string line, int code, string says)
    {
        var (exit, _, error) = await RunAsync(line.Split(' '));
        error.ShouldContain(says);
        exit.ShouldBe(code);
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var (exit, _, error) = await RunAsync("up", "--kubeconfig", Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), "--port", $"{port}");
        error.ShouldContain($"port {port} on 127.0.0.1 is in use");
        exit.ShouldBe(1);
    }

    [Fact]
    public async Task It_says_what_it_is_and_stops_when_told()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var stop = new CancellationTokenSource();
        var output = new Awaited("Ctrl-C", stop);
        var exit = await LabProgram.RunAsync(["up", "--kubeconfig", path, "--nodes", "1xH100:8", "--with", "lws", "--authorization", "RBAC"], output, TextWriter.Null, stop.Token);
        exit.ShouldBe(0);
        output.ToString().ShouldContain("a test bed, not a distribution");
        output.ToString().ShouldContain("simulated");
        output.ToString().ShouldContain(path);
        output.ToString().ShouldContain("installed:    lws");
        output.ToString().ShouldContain("access:       RBAC");
        File.ReadAllText(path).ShouldContain("current-context: lab");
        File.ReadAllText(path).ShouldContain("server: https://127.0.0.1:");
        File.Delete(path);
    }

    [Fact]
    public async Task With_engines_it_says_where_they_are_and_lets_them_fail()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var stop = new CancellationTokenSource();
        var output = new Awaited("Ctrl-C", null);
        var up = LabProgram.RunAsync(["up", "--kubeconfig", path, "--nodes", "1xH100:8", "--engines", "simulated"], output, TextWriter.Null, stop.Token);
        await output.Seen;
        output.ToString().ShouldContain("they listen at pods' and Services' addresses (127.");

        var (exit, _, error) = await RunAsync("fault", "nobody", "rank-crash", "--kubeconfig", path, "-n", "models");
        exit.ShouldBe(1);
        error.ShouldContain("there is no pod nobody in namespace models");
        await stop.CancelAsync();
        (await up).ShouldBe(0);
        File.Delete(path);
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exit = await LabProgram.RunAsync(args, output, error, TestContext.Current.CancellationToken);
        return (exit, output.ToString(), error.ToString());
    }

    /// <summary>Presses Ctrl-C, so to speak, when a text has been written.</summary>
    private sealed class Awaited(string text, CancellationTokenSource? stop) : StringWriter
    {
        private readonly TaskCompletionSource seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => seen.Task;

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await base.FlushAsync(cancellationToken);
            if (!ToString().Contains(text, StringComparison.Ordinal)) return;
            seen.TrySetResult();
            if (stop is not null) await stop.CancelAsync();
        }
    }
}
