using System.Net;
using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>How the operator starts and stops when the world is not as it should be.</summary>
public class StartTests
{
    private static readonly HttpClient Http = new();

    [Fact]
    public async Task A_missing_kubeconfig_is_one_line_and_exit_code_1()
    {
        using var process = OperatorProcess.Start("--kubeconfig", "/no/such/kubeconfig");
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        process.Output.Trim().ShouldBe("error: --kubeconfig /no/such/kubeconfig: there is no such file.");
    }

    [Fact]
    public async Task A_kubeconfig_that_is_none_is_one_line_and_exit_code_1()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "this: [is not a kubeconfig");
        using var process = OperatorProcess.Start("--kubeconfig", file);
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        process.Output.Trim().Split('\n').Length.ShouldBe(1, process.Output);
        process.Output.ShouldStartWith("error: ");
        File.Delete(file);
    }

    [Fact]
    public async Task An_option_out_of_range_is_refused_by_name()
    {
        using var process = OperatorProcess.Start("--metrics-port", "70000");
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        process.Output.ShouldContain("--metrics-port must be between 0 and 65535.");
    }

    [Theory]
    [InlineData("{", "must be JSON such as")]
    [InlineData("{}", "has neither namespaceSelector nor podSelector")]
    [InlineData("""{"ipBlock":{"cidr":"10.0.0.0/8"}}""", "has neither namespaceSelector nor podSelector")]
    [InlineData("""{"podselector":{}}""", "podselector")]
    public async Task A_peer_that_is_none_is_refused_with_what_would_be_one(string peer, string why)
    {
        using var process = OperatorProcess.Start("--prometheus-peer", peer);
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(30))).ShouldBe(1);
        process.Output.ShouldContain("--prometheus-peer must be JSON such as");
        process.Output.ShouldContain(why);
    }

    [Fact]
    public async Task Without_the_CRDs_it_says_which_command_installs_them_and_goes_on_once_they_are_there()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8", crds: false);
        var port = Ports.Free();
        using var process = OperatorProcess.Start("--kubeconfig", cluster.Kubeconfig, "--leader-elect=false", "--metrics-port=0", "--webhook-port=0", $"--health-port={port}");

        await Until.TrueAsync(() => process.Output.Contains("kubectl apply -k config/crd", StringComparison.Ordinal), "the hint in the log", details: () => process.Output);
        await Until.TrueAsync(() => Status(port, "/healthz") == HttpStatusCode.OK, "healthz");
        Status(port, "/readyz").ShouldNotBe(HttpStatusCode.OK);

        (await cluster.Kubectl.RunAsync("apply -k config/crd")).Succeeded();
        await Until.TrueAsync(() => Status(port, "/readyz") == HttpStatusCode.OK, "readyz", details: () => process.Output);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(1)));
        await cluster.UntilReadyAsync(1);

        process.Terminate();
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(40))).ShouldBe(0, process.Output);
    }

    [Fact]
    public async Task An_API_server_that_is_not_there_is_waited_for()
    {
        var port = Ports.Free();
        var server = $"http://127.0.0.1:{Ports.Free()}";
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""
            apiVersion: v1
            kind: Config
            current-context: c
            clusters: [{name: c, cluster: {server: "{{server}}" } }]
            contexts: [{name: c, context: {cluster: c, user: u} }]
            users: [{name: u, user: {} }]
            """);
        using var process = OperatorProcess.Start("--kubeconfig", file, "--leader-elect=false", "--metrics-port=0", "--webhook-port=0", $"--health-port={port}");
        await Until.TrueAsync(() => Status(port, "/healthz") == HttpStatusCode.OK, "healthz", details: () => process.Output);
        Status(port, "/readyz").ShouldNotBe(HttpStatusCode.OK);
        process.Ended.ShouldBeFalse();
        process.Terminate();
        (await process.ExitCodeAsync(TimeSpan.FromSeconds(40))).ShouldBe(0, process.Output);
        File.Delete(file);
    }

    [Fact]
    public async Task Metrics_carry_the_names_of_controller_runtime()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        var port = Ports.Free();
        using var process = OperatorProcess.Start("--kubeconfig", cluster.Kubeconfig, $"--metrics-port={port}", "--health-port=0", "--webhook-port=0");
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(1)));
        await cluster.UntilReadyAsync(1);
        var metrics = await Http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), TestContext.Current.CancellationToken);
        foreach (var family in new[] { "controller_runtime_reconcile_total", "workqueue_depth", "rest_client_requests_total", "leader_election_master_status" })
            metrics.ShouldContain(family);
    }

    [Fact]
    public async Task Confined_to_a_namespace_it_leaves_others_alone()
    {
        await using var cluster = await TestCluster.StartAsync("1xH100:8");
        await cluster.StartOperatorAsync(namespaces: ["models"]);
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Pool, Fleets.Nanos(1)));
        await cluster.ApplyAsync(Fleets.All(Fleets.Namespace, Fleets.Nanos(1)).Replace("models", "others", StringComparison.Ordinal));
        await cluster.UntilReadyAsync(1);
        cluster.Deployment("n-0", "others")!.Status.ShouldBeNull();
    }

    private static HttpStatusCode Status(int port, string path)
    {
        try
        {
            using var response = Http.Send(new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}"));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
