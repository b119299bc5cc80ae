using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nemotron.Cli.Tests;

public sealed class SimulateCommandTests : IDisposable
{
    private const string Fleet = """
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: { name: nano }
        spec:
          model: Nano
          tensorParallel: 1
          maxContextTokens: 32768
          autoscaling:
            minReplicas: 1
            maxReplicas: 8
            targets:
              latency:
                modeOff: { ttft: 1s, itl: 50ms, percentile: 99 }
            behavior:
              scaleDown: { stabilization: 2m, maxStep: 1 }
        ---
        apiVersion: serving.nemotron.dev/v1alpha1
        kind: NemotronDeployment
        metadata: { name: super }
        spec: { model: Super, precision: FP8, tensorParallel: 2, maxContextTokens: 32768, replicas: 1 }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("simulate").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Trace(int requests = 600)
    {
        var path = Path.Combine(_folder, "trace.csv");
        var text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
        var start = new DateTime(2026, 3, 4, 12, 0, 0);
        for (var i = 0; i < requests; i++)
            text.Append(CultureInfo.InvariantCulture, $"{start.AddSeconds(0.5 * i):yyyy-MM-dd HH:mm:ss.fff},{200 + i % 700},{20 + i % 150}\n");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private Cli Simulate(params string[] more) => Cli.RunWith(Fleet, ["simulate", "-f", "-", "--trace", Trace(), .. more]);

    [Fact]
    public void Json_has_every_promised_field()
    {
        var run = Simulate("--deployment", "nano", "-o", "json");
        run.ExitCode.ShouldBe(0, run.Error);
        var result = JsonDocument.Parse(run.Out).RootElement[0];
        (result.GetProperty("deployment").GetString(), result.GetProperty("policy").GetString(), result.GetProperty("model").GetString()).ShouldBe(("nano", "nemotron", "Nano"));
        result.GetProperty("requests").GetInt32().ShouldBe(600);
        result.GetProperty("failed").GetInt32().ShouldBe(0);
        // One GPU for five minutes, and whatever the decision adds.
        result.GetProperty("gpuHours").GetDouble().ShouldBeInRange(0.083, 0.7);
        result.GetProperty("goodput").GetDouble().ShouldBeGreaterThan(0.9);
        (result.GetProperty("sloTtftSeconds").GetDouble(), result.GetProperty("sloItlSeconds").GetDouble()).ShouldBe((1, 0.05));
        foreach (var name in new[] { "wastedGpuHours", "ttftP50Seconds", "ttftP99Seconds", "itlP50Seconds", "itlP99Seconds", "scaleEvents", "directionChanges", "worstQueue", "mostReplicas" })
            result.GetProperty(name).ValueKind.ShouldBe(JsonValueKind.Number, name);
        run.Error.ShouldBeEmpty();
    }

    [Fact]
    public void Every_policy_and_the_oracle_run_on_every_deployment()
    {
        var rows = Simulate("--policy", "all", "--rate-scale", "3", "--reasoning-share", "0.3", "--goodput", "90").Out.Split('\n');
        rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..4].ShouldBe(["DEPLOYMENT", "POLICY", "GPU-HOURS", "GOODPUT"]);
        foreach (var deployment in new[] { "nano", "super" })
        {
            foreach (var policy in new[] { "nemotron", "hpa-kv", "keda-waiting", "kubeai", "aibrix-apa", "wva", "dynamo", "oracle" })
                rows.ShouldContain(row => Regex.IsMatch(row, $@"^{deployment} +{policy} +\d"), $"{deployment} {policy}");
        }
    }

    [Fact]
    public void Csv_has_a_row_for_each_run()
    {
        var lines = Simulate("--policy", "nemotron,hpa-kv", "--deployment", "nano", "-o", "csv").Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(3);
        lines[0].ShouldStartWith("deployment,policy,parameters,requests,failed,gpu_hours");
        lines[2].ShouldStartWith("nano,hpa-kv,\"KV 80 %, down window 300 s\",600,0,");
    }

    [Fact]
    public void Same_seed_same_result()
    {
        string[] options = ["simulate", "-f", "-", "--deployment", "nano", "--reasoning-share", "0.2", "--seed", "7", "-o", "csv"];
        var first = Cli.RunWith(Fleet, options).Out;
        first.ShouldNotBeEmpty();
        Cli.RunWith(Fleet, options).Out.ShouldBe(first);
        options[^3] = "8";
        Cli.RunWith(Fleet, options).Out.ShouldNotBe(first);
    }

    [Fact]
    public void The_report_is_one_page_that_needs_nothing_else()
    {
        var page = Path.Combine(_folder, "out.html");
        Simulate("--policy", "nemotron", "kubeai", "--deployment", "nano", "--report", page).ExitCode.ShouldBe(0);
        var html = File.ReadAllText(page);
        html.ShouldContain("Everything on this page is simulated");
        html.ShouldNotMatch(@"<script|<link|https?://|@import|src=");
        // Each plot is well formed and draws both policies.
        var plots = Regex.Matches(html, "<svg.*?</svg>", RegexOptions.Singleline).Select(match => XElement.Parse(match.Value)).ToArray();
        plots.Length.ShouldBe(7);
        foreach (var plot in plots) plot.Elements("path").Count().ShouldBe(2);
        plots[1].Elements("path").ShouldAllBe(path => path.Attribute("d")!.Value.StartsWith('M'));
    }

    [Fact]
    public void A_crash_is_simulated_on_request()
    {
        var lost = JsonDocument.Parse(Simulate("--deployment", "nano", "--fail-at", "2m", "-o", "json").Out).RootElement[0];
        lost.GetProperty("failed").GetInt32().ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Tuning_never_takes_more_GPU_hours_than_the_defaults_that_reach_the_goodput()
    {
        var asIs = JsonDocument.Parse(Simulate("--deployment", "nano", "--policy", "kubeai", "-o", "json").Out).RootElement[0];
        var tuned = JsonDocument.Parse(Simulate("--deployment", "nano", "--policy", "kubeai", "--tune", "--goodput", "90", "-o", "json").Out).RootElement[0];
        tuned.GetProperty("goodput").GetDouble().ShouldBeGreaterThanOrEqualTo(0.9);
        if (asIs.GetProperty("goodput").GetDouble() >= 0.9) tuned.GetProperty("gpuHours").GetDouble().ShouldBeLessThanOrEqualTo(asIs.GetProperty("gpuHours").GetDouble());
    }

    [Theory]
    [InlineData("unknown policy 'hpa'; nearest: hpa-kv", "--policy", "hpa")]
    [InlineData("--slo-ttft must be a duration above zero such as 90s, 300ms or 10m, not 'soon'", "--slo-ttft", "soon")]
    [InlineData("--fail-at must be a duration above zero", "--fail-at", "0s")]
    [InlineData("--rate-scale must be between 0.01 and 1000, not 0", "--rate-scale", "0")]
    [InlineData("--reasoning-share must be between 0 and 1, not 1.5", "--reasoning-share", "1.5")]
    [InlineData("holds no NemotronDeployment ultra, but nano, super", "--deployment", "ultra")]
    [InlineData("unknown GPU 'H100'; nearest: H100-NVL, H100-PCIe, H100-SXM", "--gpu", "H100")]
    [InlineData("unknown output 'xml'", "-o", "xml")]
    public void Bad_options_exit_with_two_and_say_why(string message, params string[] options)
    {
        var run = Simulate(options);
        (run.ExitCode, run.Out).ShouldBe((2, ""));
        run.Error.ShouldContain(message);
    }

    [Theory]
    [InlineData("maxReplicas: 8", "maxReplicas: 0", "standard input: nano: spec.autoscaling.maxReplicas: must be at least 1, not 0")]
    [InlineData("minReplicas: 1", "minReplicas: 9", "standard input: nano: spec.autoscaling.minReplicas: 9 must not be above maxReplicas, which is 8")]
    [InlineData("ttft: 1s", "ttft: soon", "standard input: nano: spec.autoscaling.targets.latency.modeOff.ttft: expected a duration such as 90s, 5m or 1h30m")]
    [InlineData("maxReplicas: 8", "maxReplica: 8", "spec.autoscaling")]
    [InlineData("tensorParallel: 1", "tensorParallel: 3", "standard input: nano: 3 GPUs do not divide 32 query heads (would do: tensorParallel 2 or 4)")]
    public void Bad_files_are_answered_with_the_path(string good, string bad, string message)
    {
        var run = Cli.RunWith(Fleet.Replace(good, bad, StringComparison.Ordinal), "simulate", "-f", "-", "--trace", Trace());
        (run.ExitCode, run.Out).ShouldBe((2, ""));
        run.Error.ShouldContain(message);
    }

    [Fact]
    public void A_bad_row_of_the_trace_is_named()
    {
        var path = Path.Combine(_folder, "bad.csv");
        File.WriteAllText(path, "TIMESTAMP,ContextTokens,GeneratedTokens\n2026-03-04 12:00:00,5,many\n");
        Cli.RunWith(Fleet, "simulate", "-f", "-", "--trace", path).Error.ShouldContain("line 2: GeneratedTokens: 'many' is no number of tokens");
    }
}
