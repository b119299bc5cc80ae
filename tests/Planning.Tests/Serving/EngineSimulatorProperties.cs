using CsCheck;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Tests.Serving;

/// <summary>What holds for every load, engine and driver: nothing is lost, nothing is made twice, and a run is its steps.</summary>
public sealed class EngineSimulatorProperties
{
    private sealed record Scenario(EngineProfile Profile, EngineLimits Limits, TracedRequest[] Trace, long[] Cancelled);

    private static readonly Gen<EngineProfile> Profile =
        from chunked in Gen.Bool
        from mixed in Gen.Bool
        from overlapped in Gen.Bool
        from ahead in Gen.Bool
        from reserved in Gen.OneOf(0.0, 0.1, 0.5, 1.0)
        select CapacityParameters.Default.Engine(EngineKind.Vllm) with
        {
            ChunkedPrefill = chunked,
            MixedSteps = mixed,
            OverlappedHost = overlapped,
            ScheduledAhead = ahead,
            ReservedOutput = reserved,
        };

    private static readonly Gen<TracedRequest[]> Trace = Gen.Select(Gen.Int[0, 400], Gen.Int[1, 300], Gen.Int[1, 120], Gen.Int[0, 60])
        .Array[1, 60]
        .Select(requests =>
        {
            var at = 0;
            return requests.Select((request, id) => new TracedRequest(
                TimeSpan.FromMilliseconds(at += request.Item1), new ServingRequest(id, request.Item2, request.Item3, request.Item3 + request.Item4))).ToArray();
        });

    private static readonly Gen<Scenario> Any =
        from profile in Profile
        from block in Gen.OneOf(1, 16, 32)
        from blocks in Gen.Int[600, 3000]
        from sequences in Gen.Int[1, 40]
        from tokens in Gen.Int[340, 1000]
        from trace in Trace
        from cancelled in Gen.Int[0, 59].Array[0, 5]
        select new Scenario(
            profile,
            Engines.Limits(Math.Max(1, blocks / block), block, sequences, tokens),
            trace,
            [.. cancelled.Select(id => (long)id).Distinct()]);

    [Fact]
    public void Requests_tokens_and_blocks_are_conserved() => Any.Sample(scenario =>
    {
        var heard = new Heard { WantsTokens = true };
        var (engine, _) = Run(scenario, heard, most: 1);
        var able = scenario.Trace.Count(traced => engine.CanServe(traced.Request));
        heard.Served.Count.ShouldBe(able);
        heard.Served.Select(served => served.Request.Id).Distinct().Count().ShouldBe(able);
        foreach (var served in heard.Served)
        {
            if (!served.Cancelled) served.Tokens.ShouldBe(served.Request.OutputTokens);
            heard.Tokens.GetValueOrDefault(served.Request.Id).ShouldBe(served.Tokens);
            served.Finished.ShouldBeGreaterThanOrEqualTo(served.Admitted);
            served.Admitted.ShouldBeGreaterThanOrEqualTo(served.Arrived);
        }
        engine.TokensProduced.ShouldBe(heard.Served.Sum(served => (long)served.Tokens));
        if (scenario.Profile.ReservedOutput >= 1) engine.Preemptions.ShouldBe(0);
        (engine.KvBlocksUsed, engine.Running, engine.Waiting).ShouldBe((0, 0, 0));
    }, iter: 300);

    [Fact]
    public void Runs_and_single_steps_tell_the_same() => Any.Sample(scenario =>
    {
        var single = new Heard();
        var runs = new Heard();
        var (_, steps) = Run(scenario with { Cancelled = [] }, single, most: 1);
        var (_, calls) = Run(scenario with { Cancelled = [] }, runs, most: int.MaxValue);
        calls.ShouldBeLessThanOrEqualTo(steps);
        runs.Served.Count.ShouldBe(single.Served.Count);
        var mine = single.Served.ToDictionary(served => served.Request.Id);
        foreach (var served in runs.Served)
        {
            var other = mine[served.Request.Id];
            // A request that comes within a hair of a step's start may be in time for it here and too late there.
            served.Finished.TotalSeconds.ShouldBe(other.Finished.TotalSeconds, 0.05 + 5e-3 * other.Finished.TotalSeconds);
            served.Tokens.ShouldBe(other.Tokens);
        }
    }, iter: 200);

    [Fact]
    public void The_same_load_ends_the_same_way() => Any.Sample(scenario =>
    {
        var one = new Heard();
        var two = new Heard();
        Run(scenario, one, most: int.MaxValue);
        Run(scenario, two, most: int.MaxValue);
        two.Served.ShouldBe(one.Served);
    }, iter: 100);

    private static (EngineSimulator Engine, int Calls) Run(Scenario scenario, Heard heard, int most)
    {
        var engine = Engines.Engine(scenario.Limits, _ => scenario.Profile);
        var now = TimeSpan.Zero;
        int next = 0, calls = 0;
        while (true)
        {
            while (next < scenario.Trace.Length && scenario.Trace[next].Sent <= now)
            {
                var (sent, request) = scenario.Trace[next++];
                if (engine.CanServe(request)) engine.Submit(request, sent);
                // Half of what is cancelled is so on arrival, the rest when the next request comes.
                foreach (var id in scenario.Cancelled.Where(id => id == next - 1 || id == next - 2)) engine.Cancel(id, now, heard);
            }
            TimeSpan? coming = next < scenario.Trace.Length ? scenario.Trace[next].Sent : null;
            if (engine.StartSteps(now, most, coming))
            {
                calls++;
                engine.KvBlocksUsed.ShouldBeLessThanOrEqualTo(engine.KvBlocksTotal);
                engine.Running.ShouldBeLessThanOrEqualTo(scenario.Limits.MaxSequences);
                engine.Work.Tokens.ShouldBeLessThanOrEqualTo(scenario.Limits.MaxBatchedTokens);
                now = engine.StepsEnd;
                engine.FinishSteps(heard);
                engine.KvBlocksUsed.ShouldBeLessThanOrEqualTo(engine.KvBlocksTotal);
            }
            else if (coming is { } at) now = at;
            else return (engine, calls);
        }
    }
}
