using System.Text.Json.Nodes;

namespace Nemotron.Lab.Nodes.Tests;

public class ProbeStateTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    // answers (+ success, - failure), successThreshold, failureThreshold → verdict after each (. none, y, n)
    [InlineData("+", 1, 3, "y")]
    [InlineData("---", 1, 3, "..n")]
    [InlineData("--+--+", 1, 3, "..yyyy")]
    [InlineData("+---+", 1, 3, "yyyny")]
    [InlineData("++-+++", 3, 1, "..nnny")]
    public void Thresholds_count_equal_answers_in_a_row(string answers, int success, int failure, string expected)
    {
        var spec = new ProbeSpec(new ProbeAction.Tcp(null, 1)) { SuccessThreshold = success, FailureThreshold = failure };
        var state = ProbeState.Unasked;
        var verdicts = answers.Select((answer, at) => (state = state.After(spec, answer == '+', Start.AddSeconds(at))).Verdict switch { null => '.', true => 'y', false => 'n' });
        string.Concat(verdicts).ShouldBe(expected);
    }

    [Fact]
    public void Readiness_and_liveness_wait_for_the_startup_probe_and_readiness_is_asked_at_once_then()
    {
        var probes = new ContainerProbes(Every(10) with { FailureThreshold = 100 }, Every(5), Every(7) with { InitialDelay = TimeSpan.FromSeconds(30) });
        var states = ProbeStates.Fresh;
        states.Due(ProbeKind.Startup, probes, Start).ShouldBe(Start);
        states.Due(ProbeKind.Readiness, probes, Start).ShouldBeNull();

        states = states.After(ProbeKind.Startup, probes.Startup!, false, Start.AddSeconds(1));
        states.Due(ProbeKind.Startup, probes, Start).ShouldBe(Start.AddSeconds(11));
        states.Due(ProbeKind.Liveness, probes, Start).ShouldBeNull();

        states = states.After(ProbeKind.Startup, probes.Startup!, true, Start.AddSeconds(11));
        states.Due(ProbeKind.Startup, probes, Start).ShouldBeNull();
        states.Due(ProbeKind.Readiness, probes, Start).ShouldBe(Start.AddSeconds(11));
        states.Due(ProbeKind.Liveness, probes, Start).ShouldBe(Start.AddSeconds(30));
        states.IsReady(probes).ShouldBeFalse();

        states = states.After(ProbeKind.Readiness, probes.Readiness!, true, Start.AddSeconds(12));
        states.IsReady(probes).ShouldBeTrue();
        states.Due(ProbeKind.Readiness, probes, Start).ShouldBe(Start.AddSeconds(17));
    }

    [Fact]
    public void A_condemned_container_is_asked_nothing_more()
    {
        var probes = new ContainerProbes(null, Every(5), Every(10) with { FailureThreshold = 1 });
        var states = ProbeStates.Fresh.After(ProbeKind.Liveness, probes.Liveness!, false, Start);
        states.Condemned(probes).ShouldBe(ProbeKind.Liveness);
        states.Due(ProbeKind.Readiness, probes, Start).ShouldBeNull();
        states.Due(ProbeKind.Liveness, probes, Start).ShouldBeNull();
    }

    [Theory]
    [InlineData("""{ "httpGet": { "port": "web", "path": "health" } }""", "Http { Host = , Port = 8000, Path = /health")]
    [InlineData("""{ "httpGet": { "port": 9, "scheme": "HTTPS" } }""", "Http { Host = , Port = 9, Path = /, Tls = True")]
    [InlineData("""{ "tcpSocket": { "port": "8000" } }""", "Tcp { Host = , Port = 8000 }")]
    [InlineData("""{ "grpc": { "port": 8001, "service": "s" } }""", "Grpc { Port = 8001, Service = s }")]
    [InlineData("""{ "exec": { "command": ["true"] } }""", "Exec {")]
    [InlineData("""{ "httpGet": { "port": "wbe" } }""", "Impossible { Why = couldn't find port: \"wbe\" }")]
    public void Actions_are_read_with_ports_by_name(string probe, string expected)
    {
        var container = (JsonObject)JsonNode.Parse($$"""{ "ports": [ { "name": "web", "containerPort": 8000 } ], "livenessProbe": {{probe}} }""")!;
        ProbeSpec.Read(container, "livenessProbe")!.Action.ToString().ShouldStartWith(expected);
    }

    private static ProbeSpec Every(int seconds) => new(new ProbeAction.Tcp(null, 1)) { Period = TimeSpan.FromSeconds(seconds) };
}
