using BenchmarkDotNet.Attributes;
using Nemotron.Planning.Scaling;

namespace Nemotron.Planning.Bench;

/// <summary>
/// One tick of a fleet of 1,000 deployments with four replicas each. The budget is 50 ms.
/// Run with <c>dotnet run -c Release --project bench/Planning.Bench -- -i --filter '*Scaling*'</c>, and <c>--job short</c> where time is short.
/// </summary>
[MemoryDiagnoser]
public class ScalingBenchmarks
{
    private const int Deployments = 1000;
    private const int WarmTicks = 40;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);
    private readonly ScalingState[] _states = new ScalingState[Deployments];
    private readonly ScalingSignals[] _signals = new ScalingSignals[Deployments];
    private ScalingPolicySpec _spec = null!;
    private DateTimeOffset _now = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private static ReplicaCapacity Capacity { get; } = new()
    {
        KvTokens = 500_000, MaxSequences = 256, StepSeconds = 0.012, SequenceSeconds = 0.0001, ContextTokenSeconds = 2e-8, PromptSeconds = 0.005,
        PromptTokenSeconds = 0.00008, ReservedOutput = 1, LeadTime = TimeSpan.FromSeconds(120),
    };

    [GlobalSetup]
    public void Setup()
    {
        var objective = new LatencyObjective(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(60));
        _spec = new ScalingPolicySpec
        {
            MaxReplicas = 20,
            Latency = new ByMode<LatencyObjective?>(objective, objective),
            Schedules = [new ScalingSchedule("office", "0 8 * * 1-5", TimeSpan.FromHours(10), "Europe/Berlin", MinReplicas: 2)],
        };
        var random = new Random(1);
        Array.Fill(_states, ScalingState.Empty);
        for (var i = 0; i < Deployments; i++)
        {
            var rate = 12 * random.NextDouble();
            _signals[i] = new ScalingSignals
            {
                Replicas = 4,
                Ready = 4,
                Modes = new ByMode<ModeSignals>(Mode(rate, 200), Mode(rate / 10, 2400)),
                PerReplica = [.. Enumerable.Range(0, 4).Select(replica => new ReplicaSignals($"pod-{replica}") { Queued = Now(0), Running = Now(8), KvTokensUsed = Now(50_000), KvTokensTotal = Now(500_000) })],
                Held = Now(0),
                Scraped = 1,
            };
        }
        // With as long a history as they come to have.
        for (var tick = 0; tick < WarmTicks; tick++) DecideAll();
    }

    [Benchmark]
    public int DecideAll()
    {
        var sum = 0;
        for (var i = 0; i < Deployments; i++)
        {
            var (decision, state) = ScalingDecider.Decide(_spec, Capacity, _signals[i], _states[i], _now);
            _states[i] = state;
            sum += decision.Desired;
        }
        _now += Tick;
        return sum;
    }

    private static ModeSignals Mode(double rate, double output) => new()
    {
        Arrivals = Now(rate), Completions = Now(rate), PromptTokens = Now(rate * 1000), OutputTokens = Now(rate * output), CompletedTokens = Now(rate * output),
        InFlight = Now(rate * output * 0.02), TtftSeconds = Now(0.2), ItlSeconds = Now(0.02), Errors = Now(0),
    };

    private static Reading Now(double value) => new(value, TimeSpan.FromSeconds(5));
}
