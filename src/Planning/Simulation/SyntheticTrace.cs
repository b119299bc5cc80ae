using Nemotron.Planning.Serving;

namespace Nemotron.Planning.Simulation;

/// <summary>A made-up load: Poisson arrivals whose rate follows a day in short, with bursts, and lengths as chats have them.</summary>
public sealed record SyntheticTrace
{
    /// <summary>How long it lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Mean requests per second, above 0.</summary>
    public double MeanRate { get; init; } = 5;

    /// <summary>How far the rate swings about its mean, in [0, 1): one sine over <see cref="Period"/>.</summary>
    public double Swing { get; init; } = 0.6;

    /// <summary>The length of the "day".</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bursts per hour, at random times.</summary>
    public double BurstsPerHour { get; init; } = 4;

    /// <summary>The rate within a burst, as a multiple.</summary>
    public double BurstFactor { get; init; } = 1.8;

    /// <summary>How long a burst lasts.</summary>
    public TimeSpan BurstDuration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Median tokens of a prompt; lengths are log-normal.</summary>
    public double MedianPromptTokens { get; init; } = 700;

    /// <summary>Median tokens of an output without thinking.</summary>
    public double MedianOutputTokens { get; init; } = 150;

    /// <summary>The seed of all draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Makes the requests, in the order of sending. Modes and rate scales are <see cref="TraceShape"/>'s.</summary>
    public IReadOnlyList<TracedRequest> Generate()
    {
        var random = new Random(Seed);
        var hours = Duration.TotalHours;
        var bursts = Enumerable.Range(0, (int)Math.Round(BurstsPerHour * hours)).Select(_ => random.NextDouble() * Duration).ToArray();
        var peak = MeanRate * (1 + Swing) * Math.Max(1, BurstFactor);
        var trace = new List<TracedRequest>();
        // Thinning: arrivals at the peak's rate, of which the share of the rate at that time is kept.
        for (var seconds = Exponential(random, peak); seconds < Duration.TotalSeconds; seconds += Exponential(random, peak))
        {
            var at = TimeSpan.FromSeconds(seconds);
            var rate = MeanRate * (1 - Swing * Math.Cos(2 * Math.PI * (at / Period)));
            if (bursts.Any(begin => at >= begin && at < begin + BurstDuration)) rate *= BurstFactor;
            var kept = random.NextDouble() * peak < rate;
            var prompt = (int)Math.Clamp(LogNormal(random, MedianPromptTokens, 0.9), 1, 8192);
            var output = (int)Math.Clamp(LogNormal(random, MedianOutputTokens, 0.8), 2, 2048);
            if (kept) trace.Add(new TracedRequest(at, new ServingRequest(trace.Count, prompt, output)));
        }
        return trace;
    }

    private static double Exponential(Random random, double rate) => -Math.Log(1 - random.NextDouble()) / rate;

    private static double LogNormal(Random random, double median, double sigma) =>
        median * Math.Exp(sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
