using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Nemotron.Engines.Clients;
using Nemotron.Engines.Fleet;
using Nemotron.Engines.Health;
using Nemotron.Engines.Health.Progress;
using Nemotron.Engines.Metrics;

namespace Nemotron.Engines.Tests.Fleet;

public sealed class EngineFleetTests : IAsyncDisposable
{
    private static readonly HealthAnswer Refused = new HealthAnswer.Refused();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ConcurrentDictionary<string, ScriptedEngine> _opened = new();
    private readonly ConcurrentQueue<EngineReport> _changes = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private EngineFleet? _fleet;

    [Fact]
    public async Task Each_engine_is_polled_once_an_interval_and_the_polls_are_spread()
    {
        var fleet = Start(new FleetOptions());
        for (var i = 0; i < 50; i++) fleet.Put(Endpoint($"e{i}"));
        await Pass(TimeSpan.FromSeconds(20));

        foreach (var engine in _opened.Values) engine.Polls.Count.ShouldBeInRange(3, 5);
        // 50 engines over 100 slots of 50 ms: never two in one slot.
        var times = _opened.Values.SelectMany(e => e.Polls).Where(t => t > _time.Start.AddSeconds(5)).GroupBy(t => t).Select(g => g.Count()).ToList();
        times.Max().ShouldBe(1);
    }

    [Fact]
    public async Task A_report_has_health_models_version_and_age()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Unknown);
        fleet.Find("a")!.Age(_time.GetUtcNow()).ShouldBeNull();
        await Pass(TimeSpan.FromSeconds(6));

        var report = fleet.Find("a")!;
        report.Health.State.ShouldBe(EngineState.Ready);
        report.Info!.Version.ShouldBe("1");
        report.Models!.Select(m => m.Name).ShouldBe(["super"]);
        report.Age(_time.GetUtcNow())!.Value.ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(6));
        fleet.Find("b").ShouldBeNull();
    }

    [Fact]
    public async Task A_change_is_told_once()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        await Pass(TimeSpan.FromSeconds(30));
        _changes.Select(c => c.Health.State).ShouldBe([EngineState.Ready]);

        _opened["a"].Answer = Refused;
        await Pass(TimeSpan.FromSeconds(30));
        _changes.Select(c => c.Health.State).ShouldBe([EngineState.Ready, EngineState.Dead]);
    }

    [Fact]
    public async Task An_engine_whose_poll_does_not_end_is_not_polled_again_and_holds_up_no_other()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("slow"));
        fleet.Put(Endpoint("quick"));
        _opened["slow"].Hold = new TaskCompletionSource();
        await Pass(TimeSpan.FromSeconds(30));
        await Until(() => !_opened["slow"].Polls.IsEmpty);
        await Pass(TimeSpan.FromSeconds(10));
        _opened["slow"].Polls.Count.ShouldBe(1);
        fleet.PollsSkipped.ShouldBeGreaterThanOrEqualTo(4);
        _opened["quick"].Polls.Count.ShouldBeGreaterThanOrEqualTo(5);

        var hold = _opened["slow"].Hold!;
        _opened["slow"].Hold = null;
        hold.SetResult();
        await Pass(TimeSpan.FromSeconds(11));
        _opened["slow"].Polls.Count.ShouldBeGreaterThanOrEqualTo(2);
        _opened["slow"].MostAtOnce.ShouldBe(1);
    }

    [Fact]
    public async Task No_more_than_the_limit_are_polled_at_once()
    {
        var fleet = Start(new FleetOptions { MaxConcurrentPolls = 3 });
        for (var i = 0; i < 20; i++)
        {
            fleet.Put(Endpoint($"e{i}"));
            _opened[$"e{i}"].Hold = new TaskCompletionSource();
        }

        await Pass(TimeSpan.FromSeconds(10));
        await Until(() => _opened.Values.Sum(e => e.Polls.Count) >= 3);
        await Pass(TimeSpan.FromSeconds(5));
        _opened.Values.Sum(e => e.Polls.Count).ShouldBe(3);
        foreach (var engine in _opened.Values)
        {
            var hold = engine.Hold!;
            engine.Hold = null;
            hold.SetResult();
        }

        await Until(() => _opened.Values.All(e => !e.Polls.IsEmpty));
    }

    [Fact]
    public async Task A_removed_engine_is_stopped_in_the_middle_of_its_poll_and_closed()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        _opened["a"].Hold = new TaskCompletionSource();
        await Pass(TimeSpan.FromSeconds(6));
        await Until(() => !_opened["a"].Polls.IsEmpty);

        fleet.Remove("a").ShouldBeTrue();
        fleet.Remove("a").ShouldBeFalse();
        await Until(() => _opened["a"].Disposed);
        fleet.Count.ShouldBe(0);
        _changes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_incarnation_is_not_held_to_what_the_last_one_was()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a") with { Incarnation = "uid/0" });
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Ready);

        _opened["a"].Answer = Refused;
        fleet.Put(Endpoint("a") with { Incarnation = "uid/1" });
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Unknown);
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Starting, "the container started anew and loads");
        _opened["a"].Disposed.ShouldBeFalse("the same address needs no new client");
    }

    [Fact]
    public async Task Another_address_needs_another_client()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        var first = _opened["a"];
        fleet.Put(Endpoint("a") with { Host = "127.0.0.9" });
        await Until(() => first.Disposed);
        _opened["a"].Endpoint.Host.ShouldBe("127.0.0.9");
        fleet.Count.ShouldBe(1);
    }

    [Fact]
    public async Task New_secrets_need_another_client_and_the_history_stays()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        await Pass(TimeSpan.FromSeconds(6));
        var since = fleet.Find("a")!.Health.Since;
        fleet.Put(Endpoint("a") with { Headers = new Dictionary<string, string> { ["authorization"] = "Bearer new" } });
        fleet.Find("a")!.Health.Since.ShouldBe(since);
        _opened["a"].Answer = Refused;
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Dead, "it was ready before the secret changed");
    }

    [Fact]
    public async Task An_endpoint_that_cannot_be_opened_changes_nothing()
    {
        var fleet = Start(new FleetOptions(), e => e.HttpPort is null ? throw new ArgumentException("needs HttpPort") : new ScriptedEngine(e) { Time = _time });
        fleet.Put(Endpoint("a"));
        var first = _opened["a"];
        Should.Throw<ArgumentException>(() => fleet.Put(Endpoint("a") with { HttpPort = null }));
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.Health.State.ShouldBe(EngineState.Ready);
        first.Disposed.ShouldBeFalse();
    }

    [Fact]
    public async Task Pod_facts_reach_the_verdict_without_a_new_client()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Put(Endpoint("a") with { Pod = new PodFacts { Terminating = true } });
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.Health.Reason.ShouldBe(HealthReasons.PodTerminating);
        _opened["a"].Disposed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_silent_engine_with_work_is_probed_and_named_hung()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        _opened["a"].Probe = new TokenProbe(ProbeOutcome.TimedOut, TimeSpan.FromSeconds(30));
        for (var minute = 0; minute < 6; minute++)
        {
            fleet.ObserveGateway("a", new GatewayProgress(4, 1000, _time.GetUtcNow()));
            await Pass(TimeSpan.FromSeconds(50));
        }

        fleet.Find("a")!.Progress.Verdict.ShouldBe(ProgressVerdict.Hung);
        _opened["a"].Probes.ShouldBe(2);
        _changes.Select(c => c.Progress.Verdict).Distinct().ShouldBe([ProgressVerdict.Healthy, ProgressVerdict.Suspect, ProgressVerdict.Hung]);
    }

    [Fact]
    public async Task Load_that_cannot_be_read_is_said_and_stands_nothing_still()
    {
        var fleet = Start(new FleetOptions { LoadInterval = TimeSpan.FromSeconds(10) });
        fleet.Put(Endpoint("a"));
        await Pass(TimeSpan.FromSeconds(6));
        fleet.Find("a")!.QueryFailure.ShouldBe("no load");
        fleet.Find("a")!.Load.ShouldBeNull();
        fleet.Find("a")!.Progress.Verdict.ShouldBe(ProgressVerdict.Healthy);
    }

    [Fact]
    public async Task A_version_that_cannot_be_read_is_asked_for_again_and_holds_up_no_load()
    {
        var fleet = Start(new FleetOptions { LoadInterval = TimeSpan.FromSeconds(5) });
        fleet.Put(Endpoint("a"));
        _opened["a"].InfoFailure = "not yet";
        _opened["a"].Load = EngineMetrics.Read("vllm:num_requests_running 3\n"u8, default);
        await Pass(TimeSpan.FromSeconds(6));
        (fleet.Find("a")!.QueryFailure, fleet.Find("a")!.Load!.Running.Value).ShouldBe(("not yet", 3));

        _opened["a"].InfoFailure = null;
        await Pass(TimeSpan.FromSeconds(50));
        _opened["a"].Infos.ShouldBe(1, "not at every poll");
        await Pass(TimeSpan.FromSeconds(20));
        (fleet.Find("a")!.QueryFailure, fleet.Find("a")!.Info!.Version).ShouldBe((null, "1"));
        await Pass(TimeSpan.FromMinutes(2));
        _opened["a"].Infos.ShouldBe(2, "what is known is asked again only after the interval");
    }

    [Fact]
    public async Task What_the_last_incarnation_says_late_is_not_taken_for_the_new_ones()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a") with { Incarnation = "0" });
        var hold = _opened["a"].HoldInfo = new TaskCompletionSource();
        for (var i = 0; i < 120 && _opened["a"].Infos == 0; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            var position = (long)((_time.GetUtcNow() - _time.Start) / TimeSpan.FromMilliseconds(50));
            await Until(() => fleet.Position >= position);
        }

        await Until(() => _opened["a"].Infos == 1);
        fleet.Put(Endpoint("a") with { Incarnation = "1" });
        hold.SetResult();
        await fleet.PollOf("a");
        fleet.Find("a")!.Info.ShouldBeNull();
    }

    [Fact]
    public async Task A_handler_that_throws_stops_nothing()
    {
        var fleet = Start(new FleetOptions());
        fleet.Changed += _ => throw new InvalidOperationException("a bug in a handler");
        fleet.Put(Endpoint("a"));
        await Pass(TimeSpan.FromSeconds(21));
        _opened["a"].Polls.Count.ShouldBeGreaterThanOrEqualTo(3);
        _running.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Stopping_closes_every_engine_even_in_the_middle_of_a_poll()
    {
        var fleet = Start(new FleetOptions());
        fleet.Put(Endpoint("a"));
        fleet.Put(Endpoint("b"));
        _opened["a"].Hold = new TaskCompletionSource();
        await Pass(TimeSpan.FromSeconds(6));
        await _stop.CancelAsync();
        await _running;
        _opened.Values.ShouldAllBe(e => e.Disposed);
    }

    private EngineFleet Start(FleetOptions options, Func<EngineEndpoint, ScriptedEngine>? open = null)
    {
        _fleet = new EngineFleet(e => _opened[e.Key] = open?.Invoke(e) ?? new ScriptedEngine(e) { Time = _time }, options, _time);
        _fleet.Changed += _changes.Enqueue;
        _running = _fleet.RunAsync(_stop.Token);
        return _fleet;
    }

    /// <summary>Lets time pass in steps of one slot, and waits after each for what it started, but for polls that are held.</summary>
    private async Task Pass(TimeSpan span)
    {
        var step = TimeSpan.FromMilliseconds(50);
        for (var passed = TimeSpan.Zero; passed < span; passed += step)
        {
            _time.Advance(step);
            var position = (long)((_time.GetUtcNow() - _time.Start) / step);
            await Until(() => _fleet!.Position >= position);
            foreach (var (key, engine) in _opened)
                if (engine.Hold is null) await _fleet!.PollOf(key);
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static EngineEndpoint Endpoint(string key) => new() { Key = key, Protocol = EngineProtocol.TrtLlmHttp, Host = "127.0.0.1", HttpPort = 1 };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        if (_fleet is not null) await _fleet.DisposeAsync();
        _stop.Dispose();
    }
}
