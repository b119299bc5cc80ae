using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>What is made of a recorded trace before it is replayed: more or fewer requests, and reasoning, which the recording has none of.</summary>
public sealed record TraceShape
{
    /// <summary>How many times the recorded rate, above 0. The hour stays an hour: each request is sent so many times, each copy moved by up to <see cref="Jitter"/>.</summary>
    public double RateScale { get; init; } = 1;

    /// <summary>Share of the requests that think, in [0, 1].</summary>
    public double ReasoningShare { get; init; }

    /// <summary>The share from the middle of the trace on; null where it does not change.</summary>
    public double? ReasoningShareLater { get; init; }

    /// <summary>How much longer the output of a thinking request is: a factor drawn log-uniformly from this range (thinking multiplies output 5-30 times).</summary>
    public (double Least, double Most) ThinkingFactor { get; init; } = (5, 30);

    /// <summary>The longest output: the thinking budget and the answer.</summary>
    public int MostOutputTokens { get; init; } = 16_384;

    /// <summary>The longest prompt; longer ones are cut.</summary>
    public int MostPromptTokens { get; init; } = 16_384;

    /// <summary>How far copies of a request are moved, either way.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The seed of all draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Shapes a trace.</summary>
    /// <param name="recorded">The requests, in the order of sending.</param>
    /// <returns>Requests in the order of sending, numbered from 0, each with its mode; clients ask for no more output than they will get.</returns>
    public IReadOnlyList<TracedRequest> Apply(IReadOnlyList<TracedRequest> recorded)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(RateScale);
        var random = new Random(Seed);
        var end = recorded.Count == 0 ? TimeSpan.Zero : recorded[^1].Sent;
        var shaped = new List<TracedRequest>((int)(recorded.Count * RateScale) + 16);
        foreach (var (sent, request) in recorded)
        {
            var copies = (int)RateScale + (random.NextDouble() < RateScale - (int)RateScale ? 1 : 0);
            for (var copy = 0; copy < copies; copy++)
            {
                var at = copy == 0 ? sent : sent + (2 * random.NextDouble() - 1) * Jitter;
                at = at < TimeSpan.Zero ? TimeSpan.Zero : at > end ? end : at;
                var share = at > end / 2 && ReasoningShareLater is { } later ? later : ReasoningShare;
                // Both are drawn for every request, so that the same requests think whatever else changes.
                var thinks = random.NextDouble() < share;
                var factor = ThinkingFactor.Least * Math.Pow(ThinkingFactor.Most / ThinkingFactor.Least, random.NextDouble());
                var output = (int)Math.Clamp(thinks ? request.OutputTokens * factor : request.OutputTokens, 1, MostOutputTokens);
                var mode = (thinks ? ReasoningMode.On : ReasoningMode.Off).ToString();
                shaped.Add(new TracedRequest(at, new ServingRequest(0, Math.Min(request.PromptTokens, MostPromptTokens), output, output, mode)));
            }
        }
        return [.. shaped.OrderBy(item => item.Sent).Select((item, i) => item with { Request = item.Request with { Id = i } })];
    }
}
