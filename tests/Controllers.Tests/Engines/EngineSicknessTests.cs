using Nemotron.Controllers.Engines;
using Nemotron.Crds;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using static Nemotron.Controllers.Tests.Builders.Cluster;
using static Nemotron.Controllers.Tests.Builders.Engine;

namespace Nemotron.Controllers.Tests.Engines;

/// <summary>What is evidence, and what is not.</summary>
public class EngineSicknessTests
{
    private static readonly HealingLimits Limits = HealingLimits.Default;

    [Fact]
    public void An_engine_that_says_for_minutes_that_it_is_not_ready_is_sick() =>
        EngineSickness.Of(Unready(), Now, Limits)!.Reason.ShouldBe(ConditionReasons.UnreadyTooLong);

    [Fact]
    public void A_hung_engine_is_sick_and_the_numbers_are_its_evidence()
    {
        var sick = EngineSickness.Of(Hung(), Now, Limits)!;
        sick.Reason.ShouldBe(ConditionReasons.NoProgress);
        sick.Since.ShouldBe(Now.AddSeconds(-181));
        sick.Evidence.ShouldContain("12 requests by the engine's count, and no token for 181 s");
        sick.What.ShouldNotContain("181", Case.Sensitive, "what stands in status must not change with every look");
    }

    [Theory]
    [InlineData(299, false)]
    [InlineData(300, true)]
    public void An_engine_that_was_heard_may_refuse_connections_for_five_minutes(int seconds, bool sick) =>
        (EngineSickness.Of(Says(EngineState.Dead, HealthReasons.ConnectionRefused, stateSeconds: seconds), Now, Limits) is not null).ShouldBe(sick);

    [Fact]
    public void What_was_never_heard_is_never_sick()
    {
        // An address at which nobody listens refuses as a dead engine does.
        foreach (var state in Enum.GetValues<EngineState>())
            foreach (var reason in new[] { HealthReasons.ConnectionRefused, HealthReasons.UnreadyTooLong, HealthReasons.StartTimedOut, HealthReasons.NoConnection })
                EngineSickness.Of(Says(state, reason, heard: false, stateSeconds: 86_400), Now, Limits).ShouldBeNull($"{state} {reason}");
    }

    [Theory]
    [InlineData(EngineState.Unreachable, HealthReasons.NoReply)]
    [InlineData(EngineState.Unreachable, HealthReasons.NoConnection)]
    [InlineData(EngineState.Unknown, HealthReasons.WrongProtocol)]
    [InlineData(EngineState.Starting, HealthReasons.NotListeningYet)]
    [InlineData(EngineState.Draining, HealthReasons.PodTerminating)]
    [InlineData(EngineState.Dead, HealthReasons.StartTimedOut)]
    [InlineData(EngineState.Dead, HealthReasons.Exited)]
    [InlineData(EngineState.Degraded, HealthReasons.NotReady)]
    public void What_says_nothing_certain_is_no_evidence_however_long_it_lasts(EngineState state, string reason) =>
        EngineSickness.Of(Says(state, reason, stateSeconds: 86_400), Now, Limits).ShouldBeNull();

    [Fact]
    public void A_hung_engine_that_cannot_be_reached_is_unknown() =>
        EngineSickness.Of(Hung() with { Health = Says(EngineState.Unreachable, HealthReasons.NoReply).Health }, Now, Limits).ShouldBeNull();

    [Fact]
    public void Suspicion_is_no_evidence() =>
        EngineSickness.Of(Serving() with { Progress = new ProgressState(ProgressVerdict.Suspect, "") { MovedAt = Now } }, Now, Limits).ShouldBeNull();

    [Fact]
    public void What_was_said_too_long_ago_is_no_evidence()
    {
        var old = Now - Limits.Fresh - TimeSpan.FromSeconds(1);
        EngineSickness.Of(Hung() with { PolledAt = old }, Now, Limits).ShouldBeNull();
        EngineSickness.Of(Unready() with { PolledAt = old }, Now, Limits).ShouldBeNull();
        EngineSickness.Of(Unready() with { PolledAt = null }, Now, Limits).ShouldBeNull();
    }
}
