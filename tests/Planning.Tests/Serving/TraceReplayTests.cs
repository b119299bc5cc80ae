using System.Globalization;
using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;
using Nemotron.Planning.Tests.Capacity;

namespace Nemotron.Planning.Tests.Serving;

public sealed class TraceReplayTests
{
    private static EngineLimits Limits(StepModel model) => EngineLimits.Of(
        MemoryPlanner.Plan(new PlanRequest { Model = model.Spec.Model, Gpu = model.Spec.Gpu, TensorParallel = model.Spec.TensorParallel, Precision = model.Spec.Precision, ContextTokens = 8192 }),
        model.Engine);

    [Fact]
    public void A_request_is_served_with_the_clients_times()
    {
        var model = Replicas.Model("Nano");
        var sent = TimeSpan.FromSeconds(3);
        var served = TraceReplay.Run(model, Limits(model), [new TracedRequest(sent, new ServingRequest(1, 500, 10, 10, "Off"))]).ShouldHaveSingleItem();
        served.Arrived.ShouldBe(sent);
        served.Request.Mode.ShouldBe("Off");
        served.TimeToFirstToken!.Value.TotalSeconds.ShouldBeGreaterThan(model.Step(Replicas.Prefill(500)).TotalSeconds);
    }

    [Fact]
    public void What_is_too_large_is_turned_away_and_the_rest_is_served()
    {
        var model = Replicas.Model("Nano");
        var served = TraceReplay.Run(model, Limits(model),
        [
            new TracedRequest(TimeSpan.Zero, new ServingRequest(1, 100_000, 1)),
            new TracedRequest(TimeSpan.Zero, new ServingRequest(2, 100, 1)),
        ]);
        served.Single(request => request.Request.Id == 1).Cancelled.ShouldBeTrue();
        served.Single(request => request.Request.Id == 2).Tokens.ShouldBe(1);
    }

    [Fact]
    public void A_burst_queues_and_a_trickle_does_not()
    {
        var model = Replicas.Model("Nano");
        Mean(Trace(0.0)).ShouldBeGreaterThan(5 * Mean(Trace(1.0)));

        double Mean(TracedRequest[] trace) => TraceReplay.Run(model, Limits(model), trace).Average(served => served.TimeToFirstToken!.Value.TotalSeconds);

        static TracedRequest[] Trace(double gap) =>
            [.. Enumerable.Range(0, 50).Select(i => new TracedRequest(TimeSpan.FromSeconds(gap * i), new ServingRequest(i, 1000, 20)))];
    }

    [Fact]
    public void An_hour_of_a_production_service_runs_through()
    {
        var trace = Azure(SharedData.Read("azure-llm-2023-conv.csv"));
        var model = Replicas.Model("Super", 2, Precision.FP8);
        // The longest prompt has 14050 tokens, and TensorRT-LLM does not split it.
        var limits = Limits(model) with { MaxBatchedTokens = 16_384 };
        var served = TraceReplay.Run(model, limits, trace);
        served.Count.ShouldBe(trace.Length);
        served.ShouldAllBe(request => !request.Cancelled && request.Tokens == request.Request.OutputTokens);
        served.Sum(request => (long)request.Tokens).ShouldBe(trace.Sum(request => (long)request.Request.OutputTokens));
        served.Max(request => request.Finished).ShouldBeLessThan(trace[^1].Sent + TimeSpan.FromMinutes(5));
        TraceReplay.Run(model, limits, trace).ShouldBe(served);
    }

    private static TracedRequest[] Azure(string csv)
    {
        var rows = csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Trim().Split(',')).ToArray();
        var start = Time(rows[0]);
        return [.. rows.Select((row, id) => new TracedRequest(
            Time(row) - start, new ServingRequest(id, Math.Max(1, Whole(row[1])), Math.Max(1, Whole(row[2])))))];

        static DateTimeOffset Time(string[] row) => DateTimeOffset.Parse(row[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }
}
