namespace Nemotron.Kube;

/// <summary>
/// Delays between attempts that fail: 0.8 s, doubling to 30 s, each stretched by up to its own length at random (client-go's reflector).
/// Starts anew when two minutes pass without a failure. Not thread-safe.
/// </summary>
internal sealed class Backoff(TimeProvider time, Jitter jitter)
{
    internal static readonly TimeSpan First = TimeSpan.FromMilliseconds(800);
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(2);

    private TimeSpan next = First;
    private long? lastFailure;

    /// <summary>The delay before the next attempt.</summary>
    internal TimeSpan Next()
    {
        if (lastFailure is { } last && time.GetElapsedTime(last) > ResetAfter)
        {
            next = First;
        }

        lastFailure = time.GetTimestamp();
        var delay = next * (1 + jitter.NextDouble());
        next = next * 2 < Longest ? next * 2 : Longest;
        return delay;
    }
}

/// <summary>The one source of randomness, seeded, safe from any thread.</summary>
internal sealed class Jitter(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);

    /// <summary>At least 0, less than 1.</summary>
    internal double NextDouble()
    {
        lock (gate)
        {
            return random.NextDouble();
        }
    }
}
