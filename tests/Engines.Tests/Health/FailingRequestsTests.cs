using System.Globalization;
using System.Text;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Tests.Health;

/// <summary>An engine whose every request fails while it calls itself ready.</summary>
public class FailingRequestsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly EngineHealth Ready = HealthRules.Next(EngineHealth.NotAsked(Start), HealthAnswer.Triton.AllReady, null, PodFacts.None, Start);
    private static readonly TokenProbe Failed = new(ProbeOutcome.Failed, TimeSpan.FromSeconds(0.1));

    private ProgressState _state = ProgressState.Start(Start);

    [Fact]
    public void Failures_without_a_success_are_suspect_and_two_failed_probes_make_it_hung()
    {
        Look(0, 5, 0);
        Look(10, 5, 3).Verdict.ShouldBe(ProgressVerdict.Healthy);
        Look(69, 5, 9).Verdict.ShouldBe(ProgressVerdict.Healthy);
        (Look(70, 5, 9) is { Verdict: ProgressVerdict.Suspect, ProbeWanted: true }).ShouldBeTrue();
        (Look(75, 5, 9, Failed) is { Verdict: ProgressVerdict.Suspect, ProbeWanted: false }).ShouldBeTrue();
        var hung = Look(140, 5, 12, Failed);
        hung.Verdict.ShouldBe(ProgressVerdict.Hung);
        hung.Evidence.ShouldBe("12 requests failed in 130 s and none succeeded; 2 probes by one token failed.");
    }

    [Fact]
    public void One_success_or_a_probes_token_clears_it()
    {
        Look(0, 5, 0);
        Look(10, 5, 3);
        Look(80, 6, 9).Verdict.ShouldBe(ProgressVerdict.Healthy);
        Look(90, 6, 12);
        Look(160, 6, 20).Verdict.ShouldBe(ProgressVerdict.Suspect);
        Look(165, 6, 20, new TokenProbe(ProbeOutcome.Token, TimeSpan.FromSeconds(1))).Verdict.ShouldBe(ProgressVerdict.Healthy, "the clients send nonsense");
    }

    private ProgressState Look(int seconds, int succeeded, int failed, TokenProbe? probe = null)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"nv_inference_request_success{{model=\"m\",version=\"1\"}} {succeeded}\nnv_inference_request_failure{{model=\"m\",reason=\"BACKEND\",version=\"1\"}} {failed}\n");
        var load = EngineMetrics.Read(Encoding.UTF8.GetBytes(text), new DialectHint(MetricSource.Triton, "26.03"));
        return _state = ProgressDetector.Next(_state, new ProgressSample { At = Start.AddSeconds(seconds), Health = Ready, Load = load, Probe = probe }, ProgressLimits.Default);
    }
}
