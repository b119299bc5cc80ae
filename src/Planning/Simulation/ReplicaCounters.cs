using Nemotron.Planning.Capacity;
using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>What the gateway and the engine of a simulated replica would tell Prometheus, by reasoning mode (0: off, 1: on). Counters only grow.</summary>
internal sealed class ReplicaCounters
{
    public const int Modes = 2;

    public long[] Arrived { get; } = new long[Modes];

    public long[] Ended { get; } = new long[Modes];

    public long[] Errors { get; } = new long[Modes];

    // Engines state the length of a prompt at the end of the answer.
    public long[] PromptTokens { get; } = new long[Modes];

    public long[] OutputTokens { get; } = new long[Modes];

    // Output tokens of the answers that have ended: what mean lengths are taken from.
    public long[] EndedOutputTokens { get; } = new long[Modes];

    public int[] InFlight { get; } = new int[Modes];

    public int[] Decoding { get; } = new int[Modes];

    public LatencyHistogram[] Ttft { get; } = [new(), new()];

    public LatencyHistogram[] Itl { get; } = [new(), new()];

    public static int ModeOf(in ServingRequest request) => request.Mode == nameof(ReasoningMode.On) ? 1 : 0;

    public void CountSteps(int steps, in StepWork work)
    {
        if (work.DecodeSequences == 0) return;
        for (var mode = 0; mode < Modes; mode++) OutputTokens[mode] += (long)steps * Decoding[mode];
    }

    public void CountEnd(in ServedRequest served)
    {
        var mode = ModeOf(served.Request);
        InFlight[mode]--;
        if (served.Cancelled)
        {
            Errors[mode]++;
            return;
        }
        Decoding[mode]--;
        Ended[mode]++;
        PromptTokens[mode] += served.Request.PromptTokens;
        EndedOutputTokens[mode] += served.Tokens;
        if (served.TimePerOutputToken is { } itl) Itl[mode].Add(itl.TotalSeconds);
    }
}
