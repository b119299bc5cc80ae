using Grpc.Core;
using Nemotron.Engines.Health;
using Nemotron.Engines.Protos.OpenEngine;

namespace Nemotron.Engines.Tests.Health;

/// <summary>Every quirk of the engines' readiness and drain that is known, one line each.</summary>
public class HealthRulesTests
{
    private const string Model = "super";
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly HealthAnswer Refused = new HealthAnswer.Refused();
    private static readonly HealthAnswer Ok = new HealthAnswer.Http(200, "");
    private static readonly HealthAnswer Down = new HealthAnswer.Http(503, "LLM is unavailable. Please check the server logs for more details.");
    private static readonly HealthAnswer Exiting = new HealthAnswer.GrpcFailure(StatusCode.Unavailable, "Server exiting");
    private static readonly HealthAnswer Partition = new HealthAnswer.NoConnection("No route to host");

    /// <summary>One answer, given to an engine that was never ready and to one that was.</summary>
    public static TheoryData<string, HealthAnswer, EngineState, EngineState, string> SingleAnswers => new()
    {
        // what                                                     answer    never ready        was ready              reason for one that was
        { "nothing listens while an engine loads, or when it died", Refused, EngineState.Starting, EngineState.Dead, HealthReasons.ConnectionRefused },
        { "trtllm-serve serves", Ok, EngineState.Ready, EngineState.Ready, HealthReasons.Serving },
        { "trtllm-serve's ranks are gone", Down, EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "vLLM's engine core is dead", new HealthAnswer.Http(500, ""), EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "trtllm-serve with the loading state", new HealthAnswer.Http(503, "", "starting"), EngineState.Starting, EngineState.Degraded, HealthReasons.Loading },
        { "Triton over HTTP, exiting", new HealthAnswer.Http(503, """{"error":"Server exiting"}"""), EngineState.Draining, EngineState.Draining, HealthReasons.ServerExiting },
        { "another server on the port", new HealthAnswer.Http(404, ""), EngineState.Unknown, EngineState.Unknown, HealthReasons.WrongProtocol },
        { "a health route behind an API key", new HealthAnswer.Http(401, ""), EngineState.Unknown, EngineState.Unknown, HealthReasons.AccessRefused },
        { "Triton's core exits", Exiting, EngineState.Draining, EngineState.Draining, HealthReasons.ServerExiting },
        { "Triton's gRPC server stops", new HealthAnswer.GrpcFailure(StatusCode.Unavailable, "GRPC server is shutting down and has stopped accepting new requests."), EngineState.Draining, EngineState.Draining, HealthReasons.ServerExiting },
        { "Triton restricts the protocol", new HealthAnswer.GrpcFailure(StatusCode.Unavailable, "This protocol is restricted, expecting header 'triton-grpc-protocol-admin'"), EngineState.Unknown, EngineState.Unknown, HealthReasons.AccessRefused },
        { "a gRPC server of another kind", new HealthAnswer.GrpcFailure(StatusCode.Unimplemented, ""), EngineState.Unknown, EngineState.Unknown, HealthReasons.WrongProtocol },
        { "a gRPC server that fails", new HealthAnswer.GrpcFailure(StatusCode.Internal, "boom"), EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "gRPC's own deadline", new HealthAnswer.GrpcFailure(StatusCode.DeadlineExceeded, ""), EngineState.Unreachable, EngineState.Unreachable, HealthReasons.NoReply },
        { "trtllm-serve --grpc serves", new HealthAnswer.TrtLlmStatus("OK"), EngineState.Ready, EngineState.Ready, HealthReasons.Serving },
        { "trtllm-serve --grpc: gRPC OK, and the string says otherwise", new HealthAnswer.TrtLlmStatus("Executor is unhealthy"), EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "trtllm-serve --grpc: an empty string is not OK", new HealthAnswer.TrtLlmStatus(""), EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "Triton serves", HealthAnswer.Triton.AllReady, EngineState.Ready, EngineState.Ready, HealthReasons.Serving },
        { "strict readiness is false while another model loads", Triton(false, true, ("super", "READY", ""), ("nano", "LOADING", "")), EngineState.Degraded, EngineState.Degraded, HealthReasons.OtherModelNotReady },
        { "strict readiness is false and nobody says why", Triton(false, true, ("super", "READY", "")), EngineState.Starting, EngineState.Degraded, HealthReasons.NotReady },
        { "lax readiness: server ready, model not", Triton(true, false, ("super", "UNAVAILABLE", "load failed: out of memory")), EngineState.Starting, EngineState.Degraded, HealthReasons.ModelNotLoaded },
        { "explicit mode: ready with no model at all", Triton(true, false), EngineState.Starting, EngineState.Degraded, HealthReasons.ModelNotLoaded },
        { "the served model reloads", Triton(false, false, ("super", "LOADING", "")), EngineState.Starting, EngineState.Degraded, HealthReasons.Loading },
        { "a model unloaded on purpose holds nothing up", Triton(true, true, ("super", "READY", ""), ("nano", "UNAVAILABLE", "unloaded")), EngineState.Ready, EngineState.Ready, HealthReasons.Serving },
        { "OpenEngine ready", new HealthAnswer.OpenEngine(HealthState.Ready, ""), EngineState.Ready, EngineState.Ready, HealthReasons.Serving },
        { "OpenEngine drains", new HealthAnswer.OpenEngine(HealthState.Draining, ""), EngineState.Draining, EngineState.Draining, HealthReasons.ServerExiting },
        { "OpenEngine degraded", new HealthAnswer.OpenEngine(HealthState.Degraded, "kv_connector: lost"), EngineState.Degraded, EngineState.Degraded, HealthReasons.NotReady },
        { "OpenEngine with a state from the future", new HealthAnswer.OpenEngine((HealthState)9, ""), EngineState.Unknown, EngineState.Unknown, HealthReasons.WrongProtocol },
        { "the network is down", Partition, EngineState.Unreachable, EngineState.Unreachable, HealthReasons.NoConnection },
        { "no answer within the deadline", new HealthAnswer.NoReply("nothing came within 3 s"), EngineState.Unreachable, EngineState.Unreachable, HealthReasons.NoReply },
        { "a foreign certificate", new HealthAnswer.TlsFailed("RemoteCertificateNameMismatch"), EngineState.Unreachable, EngineState.Unreachable, HealthReasons.TlsFailed },
    };

    [Theory]
    [MemberData(nameof(SingleAnswers))]
    public void One_answer(string what, HealthAnswer answer, EngineState neverReady, EngineState wasReady, string reason)
    {
        var fresh = EngineHealth.NotAsked(Start);
        Next(fresh, answer, Start).State.ShouldBe(neverReady, what);

        var after = Next(Next(fresh, Ok, Start), answer, Start.AddSeconds(5));
        after.State.ShouldBe(wasReady, what);
        after.Reason.ShouldBe(reason, what);
        after.Message.ShouldMatch(@"[.?]$", what + ": a sentence");
        after.EverReady.ShouldBeTrue();
    }

    [Fact]
    public void A_503_after_ready_is_borne_for_five_minutes()
    {
        var health = Next(EngineHealth.NotAsked(Start), Ok, Start);
        health = Next(health, Down, Start.AddSeconds(5));
        var since = health.Since;
        health = Next(health, Down, Start.AddMinutes(5));
        health.State.ShouldBe(EngineState.Degraded);
        health.Since.ShouldBe(since);

        health = Next(health, Down, Start.AddMinutes(5).AddSeconds(5));
        (health.State, health.Reason).ShouldBe((EngineState.Dead, HealthReasons.UnreadyTooLong));
        health.Message.ShouldContain("LLM is unavailable");
    }

    [Fact]
    public void A_lost_answer_in_between_does_not_wind_the_clock_back()
    {
        var health = Next(Next(EngineHealth.NotAsked(Start), Ok, Start), Down, Start.AddSeconds(5));
        health = Next(health, Partition, Start.AddMinutes(3));
        health.State.ShouldBe(EngineState.Unreachable);
        Next(health, Down, Start.AddMinutes(6)).Reason.ShouldBe(HealthReasons.UnreadyTooLong);
    }

    [Fact]
    public void Ready_again_winds_the_clock_back()
    {
        var health = Next(Next(EngineHealth.NotAsked(Start), Ok, Start), Down, Start.AddSeconds(5));
        health = Next(health, Ok, Start.AddMinutes(4));
        Next(health, Down, Start.AddMinutes(8)).State.ShouldBe(EngineState.Degraded);
    }

    [Fact]
    public void A_partition_never_kills_however_long()
    {
        var health = Next(EngineHealth.NotAsked(Start), Ok, Start);
        for (var minute = 1; minute < 120; minute++) health = Next(health, Partition, Start.AddMinutes(minute));
        health.State.ShouldBe(EngineState.Unreachable);
        health.Since.ShouldBe(Start.AddMinutes(1));
    }

    [Fact]
    public void Loading_again_after_ready_is_never_death()
    {
        var health = Next(EngineHealth.NotAsked(Start), Ok, Start);
        for (var minute = 1; minute < 30; minute++) health = Next(health, Triton(false, false, (Model, "LOADING", "")), Start.AddMinutes(minute));
        health.State.ShouldBe(EngineState.Degraded);
    }

    [Fact]
    public void A_drained_engine_that_is_gone_has_exited()
    {
        var health = Next(Next(EngineHealth.NotAsked(Start), Ok, Start), Exiting, Start.AddSeconds(5));
        health = Next(health, Refused, Start.AddSeconds(10));
        (health.State, health.Reason).ShouldBe((EngineState.Dead, HealthReasons.Exited));
        Next(health, Refused, Start.AddSeconds(15)).ShouldBeSameAs(health);
    }

    [Fact]
    public void A_terminating_pod_drains_whatever_its_port_says()
    {
        var pod = new PodFacts { Terminating = true };
        foreach (var answer in new[] { Ok, Down, Refused, Exiting, Partition })
        {
            var health = HealthRules.Next(Next(EngineHealth.NotAsked(Start), Ok, Start), answer, Model, pod, Start.AddSeconds(5));
            (health.State, health.Reason).ShouldBe((EngineState.Draining, HealthReasons.PodTerminating));
        }
    }

    [Fact]
    public void An_operator_that_has_just_started_trusts_the_startup_probe()
    {
        var pod = new PodFacts { StartupPassed = true };
        HealthRules.Next(EngineHealth.NotAsked(Start, everReady: true), Refused, Model, pod, Start).State.ShouldBe(EngineState.Dead);
        HealthRules.Next(EngineHealth.NotAsked(Start), Down, Model, pod, Start).State.ShouldBe(EngineState.Degraded);
    }

    [Fact]
    public void A_start_that_takes_too_long_is_dead()
    {
        var pod = new PodFacts { StartedAt = Start, StartupLimit = TimeSpan.FromMinutes(20) };
        var health = HealthRules.Next(EngineHealth.NotAsked(Start.AddMinutes(10)), Refused, Model, pod, Start.AddMinutes(19));
        (health.State, health.Reason).ShouldBe((EngineState.Starting, HealthReasons.NotListeningYet));
        health = HealthRules.Next(health, Refused, Model, pod, Start.AddMinutes(20));
        (health.State, health.Reason).ShouldBe((EngineState.Dead, HealthReasons.StartTimedOut));
        HealthRules.Next(health, Ok, Model, pod, Start.AddMinutes(21)).State.ShouldBe(EngineState.Ready);
    }

    [Fact]
    public void Nothing_new_is_the_same_object()
    {
        var health = Next(EngineHealth.NotAsked(Start), Ok, Start);
        Next(health, Ok, Start.AddSeconds(5)).ShouldBeSameAs(health);
        var starting = Next(EngineHealth.NotAsked(Start), Refused, Start);
        Next(starting, Refused, Start.AddSeconds(5)).ShouldBeSameAs(starting);
    }

    [Fact]
    public void The_message_names_the_model_and_the_reason()
    {
        var health = Next(EngineHealth.NotAsked(Start), Triton(true, false, ("super", "UNAVAILABLE", "out of memory")), Start);
        health.Message.ShouldBe("Triton runs, but model super is not ready: its state is UNAVAILABLE (out of memory).");
        health = Next(EngineHealth.NotAsked(Start), Triton(false, true, ("super", "READY", ""), ("nano", "LOADING", "")), Start);
        health.Message.ShouldBe("Model super serves, but Triton calls itself not ready while model nano is LOADING.");
    }

    [Fact]
    public void Without_a_named_model_any_ready_model_will_do()
    {
        Of(new HealthAnswer.Triton(true, null, [new("nano", "1", "READY", "")])).ShouldBe(EngineState.Ready);
        Of(new HealthAnswer.Triton(true, null, [])).ShouldBe(EngineState.Starting);

        static EngineState Of(HealthAnswer answer) => HealthRules.Next(EngineHealth.NotAsked(Start), answer, null, PodFacts.None, Start).State;
    }

    private static EngineHealth Next(EngineHealth before, HealthAnswer answer, DateTimeOffset now) => HealthRules.Next(before, answer, Model, PodFacts.None, now);

    private static HealthAnswer.Triton Triton(bool server, bool model, params (string Name, string State, string Reason)[] index) =>
        new(server, model, [.. index.Select(m => new RepositoryModel(m.Name, "1", m.State, m.Reason))]);
}
