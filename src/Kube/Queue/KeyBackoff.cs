using System.Collections.Concurrent;

namespace Nemotron.Kube;

/// <summary>
/// Delays per key after failures in a row: 5 ms, doubling to 1,000 s (client-go's item exponential failure limiter). A key is never given up.
/// Thread-safe.
/// </summary>
internal sealed class KeyBackoff<TKey>
    where TKey : notnull
{
    internal static readonly TimeSpan First = TimeSpan.FromMilliseconds(5);
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(1000);

    private readonly ConcurrentDictionary<TKey, int> failures = new();

    /// <summary>Counts a failure.</summary>
    /// <returns>The delay before the next attempt.</returns>
    internal TimeSpan Next(TKey key)
    {
        var count = failures.AddOrUpdate(key, 1, static (_, n) => n + 1);
        return DelayAfter(count);
    }

    /// <summary>The delay after this many failures in a row (1 or more).</summary>
    internal static TimeSpan DelayAfter(int failuresInARow)
    {
        // 5 ms · 2^18 is more than the longest delay; beyond that the power would only overflow.
        var delay = First * Math.Pow(2, Math.Min(failuresInARow - 1, 18));
        return delay < Longest ? delay : Longest;
    }

    /// <summary>Counts a failure without asking for a delay.</summary>
    internal void Count(TKey key) => failures.AddOrUpdate(key, 1, static (_, n) => n + 1);

    /// <summary>The key is well again.</summary>
    internal void Forget(TKey key) => failures.TryRemove(key, out _);

    /// <summary>Failures in a row.</summary>
    internal int Failures(TKey key) => failures.GetValueOrDefault(key);
}
