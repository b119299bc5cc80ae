using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Tests.Capacity;

namespace Nemotron.Planning.Tests.Serving;

public sealed class EngineSimulatorTests
{
    private readonly Heard _heard = new();

    [Fact]
    public void One_request_takes_a_prefill_and_a_step_per_further_token()
    {
        var engine = Engines.Engine();
        var model = Engines.Model();
        engine.Submit(new ServingRequest(7, 100, 5, 20, "On"), TimeSpan.Zero);
        Drain(engine, most: 1);
        var served = _heard.Served.ShouldHaveSingleItem();
        served.Request.Mode.ShouldBe("On");
        served.Tokens.ShouldBe(5);
        var prefill = TimeSpan.FromSeconds(model.Step(Replicas.Prefill(100)).TotalSeconds);
        served.TimeToFirstToken.ShouldBe(prefill);
        var steps = Enumerable.Range(0, 4).Sum(i => model.Step(StepWork.Decode(1, 101 + i)).TotalSeconds);
        (served.Finished - prefill).TotalSeconds.ShouldBe(steps, 1e-6);
        served.TimePerOutputToken!.Value.TotalSeconds.ShouldBe(steps / 4, 1e-6);
        engine.Steps.ShouldBe(5);
        (engine.KvBlocksUsed, engine.Running, engine.Waiting, engine.TokensProduced, engine.TokensPrefilled).ShouldBe((0, 0, 0, 5, 100));
    }

    [Fact]
    public void Prompts_join_while_others_decode_and_slow_them_down()
    {
        var engine = Engines.Engine();
        engine.Submit(new ServingRequest(1, 100, 10), TimeSpan.Zero);
        Step(engine);
        engine.Submit(new ServingRequest(2, 1000, 10), engine.StepsEnd);
        engine.StartSteps(engine.StepsEnd).ShouldBeTrue();
        (engine.Work.DecodeSequences, engine.Work.PrefillTokens, engine.Running).ShouldBe((1, 1000, 2));
        engine.FinishSteps(_heard);
        engine.Decoding.ShouldBe(2);
        engine.TokensProduced.ShouldBe(3);
    }

    [Fact]
    public void A_long_prompt_is_prefilled_in_chunks_beside_decoding()
    {
        var engine = Engines.Engine(Engines.Limits(tokens: 512));
        engine.Submit(new ServingRequest(1, 10, 100), TimeSpan.Zero);
        Step(engine);
        engine.Submit(new ServingRequest(2, 1200, 2), engine.StepsEnd);
        int[] chunks = [511, 511, 178];
        foreach (var chunk in chunks)
        {
            engine.StartSteps(engine.StepsEnd).ShouldBeTrue();
            (engine.Work.PrefillTokens, engine.Work.DecodeSequences).ShouldBe((chunk, 1));
            engine.FinishSteps(_heard);
        }
        _heard.First.ShouldBe([1, 2]);
    }

    [Fact]
    public void Without_chunks_a_prompt_waits_for_a_step_that_has_room_for_all_of_it()
    {
        var engine = Engines.Engine(Engines.Limits(tokens: 512), profile => profile with { ChunkedPrefill = false });
        engine.Submit(new ServingRequest(1, 300, 3), TimeSpan.Zero);
        engine.Submit(new ServingRequest(2, 300, 3), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        (engine.Work.PrefillTokens, engine.Blocked).ShouldBe((300, AdmissionBlock.Tokens));
        engine.CanServe(new ServingRequest(3, 513, 1)).ShouldBeFalse();
        Should.Throw<ArgumentException>(() => engine.Submit(new ServingRequest(3, 513, 1), TimeSpan.Zero)).Message.ShouldContain("larger than this engine can serve");
    }

    [Fact]
    public void An_engine_that_does_not_mix_lets_decoding_stand_still_for_prompts()
    {
        var engine = Engines.Engine(profile: profile => profile with { MixedSteps = false });
        engine.Submit(new ServingRequest(1, 100, 10), TimeSpan.Zero);
        Step(engine);
        engine.Submit(new ServingRequest(2, 100, 10), engine.StepsEnd);
        engine.StartSteps(engine.StepsEnd);
        (engine.Work.DecodeSequences, engine.Work.PrefillTokens).ShouldBe((0, 100));
        engine.FinishSteps(_heard);
        engine.TokensProduced.ShouldBe(2);
    }

    [Fact]
    public void A_batch_made_up_ahead_misses_who_comes_during_the_step_before()
    {
        var engine = Engines.Engine(profile: profile => profile with { ScheduledAhead = true });
        engine.Submit(new ServingRequest(1, 100, 10), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        engine.Submit(new ServingRequest(2, 100, 10), engine.StepsEnd / 2);
        engine.FinishSteps(_heard);
        engine.StartSteps(engine.StepsEnd);
        engine.Work.PrefillTokens.ShouldBe(0);
        engine.FinishSteps(_heard);
        engine.StartSteps(engine.StepsEnd);
        engine.Work.PrefillTokens.ShouldBe(100);
    }

    [Fact]
    public void First_come_first_served_even_if_a_later_one_would_fit()
    {
        var engine = Engines.Engine(Engines.Limits(blocks: 20), profile => profile with { ReservedOutput = 1 });
        engine.Submit(new ServingRequest(1, 160, 40), TimeSpan.Zero);
        engine.Submit(new ServingRequest(2, 160, 40), TimeSpan.Zero);
        engine.Submit(new ServingRequest(3, 10, 1), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        (engine.Running, engine.Waiting, engine.Blocked).ShouldBe((1, 2, AdmissionBlock.KvBlocks));
        engine.FinishSteps(_heard);
        Drain(engine);
        _heard.Served.Select(served => served.Request.Id).Order().ShouldBe([1, 2, 3]);
        _heard.First.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void Guaranteed_no_evict_sets_aside_the_longest_output_and_never_preempts()
    {
        var engine = Engines.Engine(Engines.Limits(blocks: 20), profile => profile with { ReservedOutput = 1 });
        // Each may grow to 10 blocks, though it will stop at 4.
        for (var i = 0; i < 5; i++) engine.Submit(new ServingRequest(i, 48, 16, 112), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        (engine.Running, engine.KvBlocksUsed).ShouldBe((2, 6));
        engine.FinishSteps(_heard);
        Drain(engine);
        (engine.Preemptions, engine.KvBlocksUsed).ShouldBe((0, 0));
        _heard.Served.Count.ShouldBe(5);
    }

    [Fact]
    public void Without_reservation_the_youngest_gives_way_and_comes_back()
    {
        var engine = Engines.Engine(Engines.Limits(blocks: 20));
        for (var i = 0; i < 4; i++) engine.Submit(new ServingRequest(i, 64, 100), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        engine.Running.ShouldBe(4);
        engine.FinishSteps(_heard);
        Drain(engine);
        engine.Preemptions.ShouldBeGreaterThan(0);
        _heard.Served.Single(served => served.Request.Id == 0).Preemptions.ShouldBe(0);
        _heard.Served.Single(served => served.Request.Id == 3).Preemptions.ShouldBeGreaterThan(0);
        _heard.Served.ShouldAllBe(served => served.Tokens == 100);
        // What is lost is prefilled again, tokens and all, and no token is produced twice.
        engine.TokensPrefilled.ShouldBeGreaterThan(4 * 64);
        engine.TokensProduced.ShouldBe(400);
    }

    [Fact]
    public void No_more_sequences_run_than_may()
    {
        var engine = Engines.Engine(Engines.Limits(sequences: 2));
        for (var i = 0; i < 3; i++) engine.Submit(new ServingRequest(i, 10, 5), TimeSpan.Zero);
        engine.StartSteps(TimeSpan.Zero);
        (engine.Running, engine.Waiting, engine.Blocked).ShouldBe((2, 1, AdmissionBlock.Sequences));
    }

    [Theory]
    [InlineData("waiting")]
    [InlineData("prefilling")]
    [InlineData("in its last chunk")]
    [InlineData("decoding")]
    [InlineData("decoding in a run")]
    public void A_request_can_be_cancelled_wherever_it_is(string where)
    {
        var engine = Engines.Engine(Engines.Limits(sequences: 2, tokens: 100));
        var heard = _heard;
        engine.Submit(new ServingRequest(1, 50, 30), TimeSpan.Zero);
        Step(engine);
        engine.Submit(new ServingRequest(2, where == "in its last chunk" ? 90 : 150, 40), engine.StepsEnd);
        engine.Submit(new ServingRequest(3, 20, 5), engine.StepsEnd);
        switch (where)
        {
            case "waiting":
                break;
            case "prefilling" or "in its last chunk":
                engine.StartSteps(engine.StepsEnd);
                break;
            default:
                Step(engine);
                Step(engine);
                engine.StartSteps(engine.StepsEnd, where == "decoding" ? 1 : 100);
                (engine.StepsUnderWay > 1).ShouldBe(where != "decoding");
                break;
        }
        engine.Cancel(where == "waiting" ? 3 : 2, engine.StepsEnd, heard).ShouldBeTrue();
        engine.Cancel(99, engine.StepsEnd, heard).ShouldBeFalse();
        var gone = heard.Served.ShouldHaveSingleItem();
        gone.Cancelled.ShouldBeTrue();
        gone.Tokens.ShouldBe(where.StartsWith("decoding") ? 1 : 0);
        (gone.FirstToken is null).ShouldBe(gone.Tokens == 0);
        if (engine.Busy) engine.FinishSteps(heard);
        Drain(engine);
        heard.Served.Count(served => !served.Cancelled).ShouldBe(2);
        (engine.KvBlocksUsed, engine.Running).ShouldBe((0, 0));
    }

    [Fact]
    public void Every_token_is_told_to_who_wants_them()
    {
        var heard = new Heard { WantsTokens = true };
        var engine = Engines.Engine();
        engine.Submit(new ServingRequest(1, 10, 7), TimeSpan.Zero);
        engine.Submit(new ServingRequest(2, 10, 3), TimeSpan.Zero);
        while (engine.StartSteps(engine.StepsEnd)) engine.FinishSteps(heard);
        heard.Tokens.ShouldBe(new Dictionary<long, int> { [1] = 7, [2] = 3 });
    }

    [Fact]
    public void Misuse_is_refused()
    {
        var engine = Engines.Engine();
        Should.Throw<InvalidOperationException>(() => engine.FinishSteps(_heard));
        Should.Throw<ArgumentException>(() => engine.Submit(new ServingRequest(1, 0, 1), TimeSpan.Zero));
        Should.Throw<ArgumentException>(() => engine.Submit(new ServingRequest(1, 1, 2, 1), TimeSpan.Zero));
        engine.StartSteps(TimeSpan.Zero).ShouldBeFalse();
        engine.Submit(new ServingRequest(1, 1, 2), TimeSpan.Zero);
        Should.Throw<ArgumentException>(() => engine.Submit(new ServingRequest(1, 1, 2), TimeSpan.Zero)).Message.ShouldContain("in flight already");
        engine.StartSteps(TimeSpan.Zero);
        Should.Throw<InvalidOperationException>(() => engine.StartSteps(TimeSpan.Zero));
    }

    private void Step(EngineSimulator engine)
    {
        engine.StartSteps(engine.StepsEnd).ShouldBeTrue();
        engine.FinishSteps(_heard);
    }

    private void Drain(EngineSimulator engine, int most = int.MaxValue)
    {
        while (engine.StartSteps(engine.StepsEnd, most)) engine.FinishSteps(_heard);
    }
}
