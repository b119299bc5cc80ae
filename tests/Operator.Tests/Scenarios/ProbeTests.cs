using Nemotron.Operator.Tests.Harness;

namespace Nemotron.Operator.Tests.Scenarios;

/// <summary>What the Pod of <c>helm test</c> runs.</summary>
public class ProbeTests
{
    [Fact]
    public async Task It_says_when_an_operator_is_ready()
    {
        await using var cluster = await TestCluster.StartAsync("1xCPU");
        var health = Ports.Free();
        using var process = OperatorProcess.Start("--kubeconfig", cluster.Kubeconfig, "--leader-elect=false", "--metrics-port=0", $"--health-port={health}", "--webhook-port=0");
        using var probe = OperatorProcess.Run("probe", $"http://127.0.0.1:{health}/readyz");
        (await probe.ExitCodeAsync(TimeSpan.FromSeconds(90))).ShouldBe(0, $"{probe.Output}\n{process.Output}");
        probe.Output.ShouldContain($"http://127.0.0.1:{health}/readyz: 200");
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/readyz", 1, "did not answer well within 1 s")]
    [InlineData("127.0.0.1:{0}", 1, "it must begin with http:// or https://")]
    public async Task It_says_when_none_is(string url, int code, string says)
    {
        using var probe = OperatorProcess.Run("probe", string.Format(System.Globalization.CultureInfo.InvariantCulture, url, Ports.Free()), "--timeout-seconds=1");
        (await probe.ExitCodeAsync(TimeSpan.FromSeconds(60))).ShouldBe(code, probe.Output);
        probe.Output.ShouldContain(says);
    }
}
